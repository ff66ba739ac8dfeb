"""Accounts: who may sign in and how, what was tried, what is allowed, and what was spent."""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count, Money, UtcDateTime, Words, new_id

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _widen()
    _add_tables()
    _begin_spending()


def _widen() -> None:
    # With defaults of the server's, as the code before this writes rows without them.
    op.add_column("users", sa.Column("full_name", Words(200), nullable=False, server_default=""))
    op.add_column("users", sa.Column("role", Words(16), nullable=False, server_default="member"))
    op.add_column("users", sa.Column("password_hash", Words(300), nullable=True))
    op.add_column("users", sa.Column("identity", Words(600), nullable=True))
    op.add_column("users", sa.Column("soft_limit", Money(), nullable=True))
    op.add_column("users", sa.Column("hard_limit", Money(), nullable=True))
    op.add_column("users", sa.Column("openrouter_key", sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("signed_in_at", UtcDateTime(), nullable=True))
    op.add_column("users", sa.Column("disabled_at", UtcDateTime(), nullable=True))
    op.create_index("uq_users_identity", "users", ["identity"], unique=True)
    op.add_column("sessions", sa.Column("method", Words(16), nullable=False, server_default=""))
    op.add_column("sessions", sa.Column("browser", Words(300), nullable=False, server_default=""))
    op.add_column("api_tokens", sa.Column("scopes", Words(100), nullable=False, server_default="read"))


def _add_tables() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", Words(200), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", Count(), nullable=False),
        sa.Column("transports", sa.JSON(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("last_used_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_passkeys_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_passkeys"),
        sa.UniqueConstraint("credential_id", name="uq_passkeys_credential_id"),
    )
    op.create_index("ix_passkeys_user_id", "passkeys", ["user_id"])
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("purpose", Words(32), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(length=32), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("made_by", Words(200), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tickets_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tickets"),
        sa.UniqueConstraint("token_hash", name="uq_tickets_token_hash"),
    )
    op.create_index("ix_tickets_purpose", "tickets", ["purpose"])
    op.create_index("ix_tickets_user_id", "tickets", ["user_id"])
    op.create_table(
        "attempts",
        sa.Column("subject", sa.LargeBinary(length=32), nullable=False),
        sa.Column("count", Count(), nullable=False),
        sa.Column("began_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_attempts"),
    )
    op.create_index("ix_attempts_expires_at", "attempts", ["expires_at"])
    op.create_table(
        "security_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", Words(64), nullable=False),
        sa.Column("actor", Words(200), nullable=False),
        sa.Column("subject", Words(200), nullable=False),
        sa.Column("detail", Words(500), nullable=False),
        sa.Column("address", Words(64), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_security_events"),
    )
    op.create_table(
        "options",
        sa.Column("name", Words(64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_options"),
    )
    op.create_table(
        "spending",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("day", Words(10), nullable=False),
        sa.Column("model", Words(200), nullable=False),
        sa.Column("answers", Count(), nullable=False),
        sa.Column("prompt_tokens", Count(), nullable=False),
        sa.Column("completion_tokens", Count(), nullable=False),
        sa.Column("cost", Money(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_spending_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_spending"),
        sa.UniqueConstraint("user_id", "day", "model", name="uq_spending_user_id_day_model"),
    )


def _begin_spending() -> None:
    """What has been spent so far, from the answers that are there."""
    connection = op.get_bind()
    is_postgres = connection.dialect.name == "postgresql"
    day = "to_char(finished_at AT TIME ZONE 'UTC', 'YYYY-MM-DD')" if is_postgres else "substr(finished_at, 1, 10)"
    sums = ", ".join(f"coalesce(sum({name}), 0)" for name in ("prompt_tokens", "completion_tokens", "cost"))
    rows = connection.exec_driver_sql(
        f"SELECT owner_id, {day}, model, count(*), {sums} FROM messages "  # noqa: S608  # all words are our own
        "WHERE role = 'assistant' AND finished_at IS NOT NULL GROUP BY 1, 2, 3"
    )
    texts, numbers = ("day", "model"), ("answers", "prompt_tokens", "completion_tokens", "cost")
    columns = [sa.column(name, sa.Text()) for name in texts] + [sa.column(name, sa.BigInteger()) for name in numbers]
    spending = sa.table("spending", sa.column("id", sa.Uuid()), sa.column("user_id", sa.Uuid()), *columns)
    names = ("user_id", *texts, *numbers)
    given = [{"id": new_id(), **dict(zip(names, row, strict=True))} for row in rows]
    for row in given:
        row["user_id"] = UUID(str(row["user_id"]))
        row["cost"] = int(row["cost"])
    if given:
        connection.execute(spending.insert(), given)
