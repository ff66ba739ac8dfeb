"""Addresses under which branches of conversations can be read."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime, Words

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "shares",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.Column("leaf_id", sa.Uuid(), nullable=False),
        sa.Column("token", Words(64), nullable=False),
        sa.Column("with_later", sa.Boolean(), nullable=False),
        sa.Column("is_live", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_shares_owner_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_shares_conversation_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["leaf_id"], ["messages.id"], name="fk_shares_leaf_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_shares"),
        sa.UniqueConstraint("token", name="uq_shares_token"),
    )
    for column in ("owner_id", "conversation_id", "leaf_id"):
        op.create_index(f"ix_shares_{column}", "shares", [column])
