"""What growing answers come to, who pays for them, and calls whose cost is still to be asked for."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count, Money, UtcDateTime, Words

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    # With defaults of the server's, as the code before this writes rows without them.
    op.add_column("messages", sa.Column("running_cost", Money(), nullable=True))
    op.add_column("messages", sa.Column("by_own_key", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("spending", sa.Column("own_cost", Money(), nullable=False, server_default="0"))
    op.create_table(
        "open_bills",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("generation_id", Words(200), nullable=False),
        sa.Column("day", Words(10), nullable=False),
        sa.Column("model", Words(200), nullable=False),
        sa.Column("estimate", Money(), nullable=False),
        sa.Column("has_tokens", sa.Boolean(), nullable=False),
        sa.Column("by_own_key", sa.Boolean(), nullable=False),
        sa.Column("tries", Count(), nullable=False),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_open_bills_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_open_bills"),
    )
    for column in ("user_id", "message_id", "due_at"):
        op.create_index(f"ix_open_bills_{column}", "open_bills", [column])
