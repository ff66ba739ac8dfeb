"""Money that is held back for calls under way, and what the catalogue says of the most that a call may cost."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count, Money, UtcDateTime, Words

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "reservations",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("run", Count(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("model", Words(200), nullable=False),
        sa.Column("amount", Money(), nullable=False),
        sa.Column("generation_id", Words(200), nullable=False),
        sa.Column("running_cost", Money(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_reservations_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_reservations"),
        sa.UniqueConstraint("message_id", "run", name="uq_reservations_message_id_run"),
    )
    op.create_index("ix_reservations_user_id", "reservations", ["user_id"])
    op.add_column("open_bills", sa.Column("held", Money(), server_default="0", nullable=False))
    op.add_column("models", sa.Column("longest_answer", Count(), nullable=True))
    for name in ("request_price", "highest_prompt_price", "highest_completion_price"):
        op.add_column("models", sa.Column(name, Money(), nullable=True))
