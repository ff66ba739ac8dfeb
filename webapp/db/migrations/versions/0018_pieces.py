# ruff: noqa: S608  # the words in these statements are our own
"""Large conversations of a file wait in pieces. What they take counts as what their owner has, as in 0017."""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count, Words

revision = "0018"
down_revision = "0017"

SIZE = "500 + {octets}({row}.data)"
CHANGES = (("added", "INSERT", "NEW", ""), ("gone", "DELETE", "OLD", "-"))
UPSERT = "ON CONFLICT (user_id, kind) DO UPDATE SET bytes = bytes + excluded.bytes"


def upgrade() -> None:
    op.create_table(
        "import_pieces",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_id", sa.Uuid(), nullable=False),
        sa.Column("number", Count(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("kind", Words(16), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("kind IN ('outline', 'messages', 'picture', 'more')", name="ck_import_pieces_kind"),
        sa.ForeignKeyConstraint(["item_id"], ["import_items.id"], name="fk_import_pieces_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_import_pieces_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_import_pieces"),
    )
    op.create_index("ix_import_pieces_number", "import_pieces", ["item_id", "number"], unique=True)
    op.create_index("ix_import_pieces_owner_id", "import_pieces", ["owner_id"])
    is_postgres = op.get_bind().dialect.name == "postgresql"
    for statement in postgres() if is_postgres else sqlite():
        op.execute(statement)


def sqlite() -> Iterator[str]:
    for name, event, row, sign in CHANGES:
        size = SIZE.format(octets="length", row=row)
        yield (
            f"CREATE TRIGGER storage_import_pieces_{name} AFTER {event} ON import_pieces BEGIN "
            f"INSERT INTO storage (user_id, kind, bytes) VALUES ({row}.owner_id, 'imports', {sign}({size})) "
            f"{UPSERT}; END"
        )


def postgres() -> Iterator[str]:
    """What goes with a user is deleted after the user's own trigger has run there."""
    for name, event, row, sign in CHANGES:
        size = SIZE.format(octets="octet_length", row="one")
        yield (
            f"CREATE OR REPLACE FUNCTION storage_import_pieces_{name}() RETURNS trigger LANGUAGE plpgsql AS "
            f"$$ BEGIN INSERT INTO storage (user_id, kind, bytes) SELECT one.owner_id, 'imports', {sign}sum({size}) "
            f"FROM {name} one WHERE EXISTS (SELECT 1 FROM users WHERE users.id = one.owner_id) "
            "GROUP BY 1; RETURN NULL; END $$"
        )
        yield (
            f"CREATE TRIGGER storage_import_pieces_{name} AFTER {event} ON import_pieces "
            f"REFERENCING {row} TABLE AS {name} FOR EACH STATEMENT EXECUTE FUNCTION storage_import_pieces_{name}()"
        )
