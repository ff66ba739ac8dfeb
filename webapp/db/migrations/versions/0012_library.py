"""Prompts that are used again, and personas that conversations start from."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime, Words

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "prompts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", Words(200), nullable=False),
        sa.Column("text", Words(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_prompts_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_prompts"),
    )
    op.create_index("ix_prompts_owner_id", "prompts", ["owner_id"])
    op.create_table(
        "personas",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", Words(200), nullable=False),
        sa.Column("system_prompt", Words(), nullable=False),
        sa.Column("model", Words(200), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_personas_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_personas"),
    )
    op.create_index("ix_personas_owner_id", "personas", ["owner_id"])
