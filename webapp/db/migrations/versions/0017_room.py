# ruff: noqa: S608  # the words in these statements are our own
"""How many bytes each user has here, kept by triggers: whoever writes or deletes need not know of it.

A picture's owner is that of its message, an item's that of its import. When those go, they are subtracted before: after
that nobody could say whose they were. On SQLite there is one row for each user and kind. On Postgres each change adds
a row, so that nobody waits for another's; the app sums them up from time to time.
"""

from collections.abc import Callable, Iterator

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime

revision = "0017"
down_revision = "0016"

ROW = 500  # what a row takes beside its texts, about
JSON = {"parameters", "origins", "citations", "sent"}

Octets = Callable[[str, str], str]  # how many bytes a value has that comes from a column


class Counted:
    """A table and what is counted of it. `of` is the table and column by which its owner is found, if not its own."""

    def __init__(self, table: str, kind: str, *columns: str, of: tuple[str, str, str] | None = None) -> None:
        self.table = table
        self.kind = kind
        self.columns = columns
        self.of = of

    def owner(self, row: str) -> str:
        return f"{row}.owner_id" if self.of is None else f"whose.{self.of[2]}"

    def source(self, row: str) -> str:
        """What stands behind SELECT, up to conditions of the caller's."""
        return "" if self.of is None else f"FROM {self.of[0]} whose WHERE whose.id = {row}.{self.of[1]}"


COUNTED = (
    Counted("conversations", "conversations", "title", "system_prompt", "parameters", "origins"),
    Counted(
        "messages",
        "conversations",
        *("content", "reasoning", "html", "reasoning_html"),
        *("citations", "sent", "error_message", "feedback_note"),
    ),
    Counted("attachments", "pictures", "size", of=("messages", "message_id", "owner_id")),
    Counted("import_items", "imports", "title", "remark", "document", of=("imports", "import_id", "user_id")),
    Counted("prompts", "library", "name", "text"),
    Counted("personas", "library", "name", "system_prompt", "parameters"),
)


def upgrade() -> None:
    is_postgres = op.get_bind().dialect.name == "postgresql"
    make = postgres if is_postgres else sqlite
    for statement in make():
        op.execute(statement)
    op.create_table(
        "uploads",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("claim", sa.Uuid(), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_uploads_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("user_id", name="pk_uploads"),
    )


def sqlite() -> Iterator[str]:
    yield (
        "CREATE TABLE storage (user_id CHAR(32) NOT NULL, kind VARCHAR(16) NOT NULL, bytes BIGINT NOT NULL, "
        "CONSTRAINT pk_storage PRIMARY KEY (user_id, kind))"
    )
    yield fill(octets_on_sqlite)
    for one in COUNTED:
        new, old = size(one, "NEW", octets_on_sqlite), size(one, "OLD", octets_on_sqlite)
        columns = ", ".join(written(one))
        yield f"CREATE TRIGGER storage_{one.table}_added AFTER INSERT ON {one.table} BEGIN {add(one, 'NEW', new)}; END"
        yield (
            f"CREATE TRIGGER storage_{one.table}_changed AFTER UPDATE OF {columns} ON {one.table} "
            f"WHEN {new} <> {old} BEGIN {add(one, 'NEW', f'{new} - ({old})')}; END"
        )
        gone = add(one, "OLD", f"-({old})")
        yield f"CREATE TRIGGER storage_{one.table}_gone AFTER DELETE ON {one.table} BEGIN {gone}; END"
        if one.of is not None:
            parent, key, owner = one.of
            all_of = (
                f"(SELECT -sum({size(one, 'one', octets_on_sqlite)}) FROM {one.table} one WHERE one.{key} = OLD.id)"
            )
            yield (
                f"CREATE TRIGGER storage_{parent}_going BEFORE DELETE ON {parent} "
                f"WHEN EXISTS (SELECT 1 FROM {one.table} one WHERE one.{key} = OLD.id) BEGIN "
                f"INSERT INTO storage (user_id, kind, bytes) VALUES (OLD.{owner}, '{one.kind}', {all_of}) {UPSERT}; END"
            )
    yield "CREATE TRIGGER storage_user_gone AFTER DELETE ON users BEGIN DELETE FROM storage WHERE user_id = OLD.id; END"


UPSERT = "ON CONFLICT (user_id, kind) DO UPDATE SET bytes = bytes + excluded.bytes"


def add(one: Counted, row: str, change: str) -> str:
    source = one.source(row) or "WHERE true"  # without a WHERE, ON CONFLICT would be read as a join's
    return (
        f"INSERT INTO storage (user_id, kind, bytes) SELECT {one.owner(row)}, '{one.kind}', {change} {source} {UPSERT}"
    )


def postgres() -> Iterator[str]:
    """A copy of an older version that was put back has left the table and its functions behind."""
    yield "DROP TABLE IF EXISTS storage"
    yield (
        "CREATE TABLE storage (id BIGINT GENERATED ALWAYS AS IDENTITY, user_id UUID NOT NULL, kind TEXT NOT NULL, "
        "bytes BIGINT NOT NULL, CONSTRAINT pk_storage PRIMARY KEY (id))"
    )
    yield "CREATE INDEX ix_storage_user_id ON storage (user_id)"
    for one in COUNTED:
        new, old = size(one, "NEW", octets_on_postgres), size(one, "OLD", octets_on_postgres)
        yield function(f"{one.table}_added", summed(one, "added"))
        yield function(f"{one.table}_gone", summed(one, "gone", "-", f"WHERE {is_there(one.owner('one'))}"))
        yield function(
            f"{one.table}_changed",
            f"IF {new} <> {old} THEN INSERT INTO storage (user_id, kind, bytes) "
            f"SELECT {one.owner('NEW')}, '{one.kind}', {new} - ({old}) {one.source('NEW')}; END IF",
        )
        yield trigger(
            f"{one.table}_added", f"AFTER INSERT ON {one.table} REFERENCING NEW TABLE AS added FOR EACH STATEMENT"
        )
        yield trigger(
            f"{one.table}_gone", f"AFTER DELETE ON {one.table} REFERENCING OLD TABLE AS gone FOR EACH STATEMENT"
        )
        grows = "WHEN (OLD.status <> 'streaming' OR NEW.status <> 'streaming')" if one.table == "messages" else ""
        columns = ", ".join(written(one))
        yield trigger(f"{one.table}_changed", f"AFTER UPDATE OF {columns} ON {one.table} FOR EACH ROW {grows}")
        if one.of is not None:
            parent, key, owner = one.of
            yield function(
                f"{parent}_going",
                f"INSERT INTO storage (user_id, kind, bytes) SELECT OLD.{owner}, '{one.kind}', "
                f"-sum({size(one, 'one', octets_on_postgres)}) FROM {one.table} one WHERE one.{key} = OLD.id "
                f"AND {is_there(f'OLD.{owner}')} HAVING count(*) > 0",
                "OLD",
            )
            yield trigger(f"{parent}_going", f"BEFORE DELETE ON {parent} FOR EACH ROW")
    yield function("user_gone", "DELETE FROM storage WHERE user_id = OLD.id")
    yield trigger("user_gone", "AFTER DELETE ON users FOR EACH ROW")
    yield fill(octets_on_postgres)  # nobody writes these tables by now until it is counted


def function(name: str, body: str, returns: str = "NULL") -> str:
    return (
        f"CREATE OR REPLACE FUNCTION storage_{name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body}; RETURN {returns}; END $$"
    )


def trigger(name: str, when: str) -> str:
    return f"CREATE TRIGGER storage_{name} {when} EXECUTE FUNCTION storage_{name}()"


def is_there(owner: str) -> str:
    """What goes with a user is deleted after the user's own trigger has run there."""
    return f"EXISTS (SELECT 1 FROM users WHERE users.id = {owner})"


def summed(one: Counted, rows: str, sign: str = "", condition: str = "") -> str:
    """One row for each owner of what a statement has added or deleted. Those of a parent that is gone have none."""
    join = "" if one.of is None else f"JOIN {one.of[0]} whose ON whose.id = one.{one.of[1]}"
    of = size(one, "one", octets_on_postgres)
    return (
        f"INSERT INTO storage (user_id, kind, bytes) SELECT {one.owner('one')}, '{one.kind}', {sign}sum({of}) "
        f"FROM {rows} one {join} {condition} GROUP BY 1 HAVING sum({of}) <> 0"
    )


def fill(octets: Octets) -> str:
    parts = []
    for one in COUNTED:
        join = "" if one.of is None else f"JOIN {one.of[0]} whose ON whose.id = one.{one.of[1]}"
        parts.append(
            f"SELECT {one.owner('one')} AS user_id, '{one.kind}' AS kind, {size(one, 'one', octets)} AS bytes "
            f"FROM {one.table} one {join}"
        )
    return (
        "INSERT INTO storage (user_id, kind, bytes) SELECT user_id, kind, sum(bytes) FROM "
        f"({' UNION ALL '.join(parts)}) every GROUP BY user_id, kind"
    )


def size(one: Counted, row: str, octets: Octets) -> str:
    """What a row counts. An answer that grows counts when it has ended: so nothing is added up while it does."""
    if one.table == "attachments":
        return f"({ROW} + {row}.size)"
    whole = f"{ROW} + " + " + ".join(octets(f"{row}.{column}", column) for column in one.columns)
    return (
        f"(CASE WHEN {row}.status = 'streaming' THEN 0 ELSE {whole} END)" if one.table == "messages" else f"({whole})"
    )


def written(one: Counted) -> list[str]:
    return [*one.columns, *(["status"] if one.table == "messages" else [])]


def octets_on_sqlite(value: str, column: str) -> str:
    return f"coalesce(length(CAST({value} AS BLOB)), 0)"


def octets_on_postgres(value: str, column: str) -> str:
    return f"coalesce(octet_length({f'CAST({value} AS text)' if column in JSON else value}), 0)"
