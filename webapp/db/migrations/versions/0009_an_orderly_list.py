"""What a list of thousands is kept in order by: tags, what has been read, and a place for what was deleted."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime, Words

revision = "0009"
down_revision = "0008"

THERE = sa.text("deleted_at IS NULL")


def upgrade() -> None:
    op.add_column("conversations", sa.Column("deleted_at", UtcDateTime(), nullable=True))
    op.add_column("conversations", sa.Column("read_at", UtcDateTime(), nullable=True))
    op.create_index(
        "ix_conversations_used",
        "conversations",
        ["owner_id", "archived", "updated_at", "id"],
        sqlite_where=THERE,
        postgresql_where=THERE,
    )
    op.create_index(
        "ix_conversations_deleted",
        "conversations",
        ["owner_id", "deleted_at", "id"],
        sqlite_where=sa.text("deleted_at IS NOT NULL"),
        postgresql_where=sa.text("deleted_at IS NOT NULL"),
    )
    op.create_table(
        "tags",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", Words(60), nullable=False),
        sa.Column("folded", Words(60), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["users.id"], name="fk_tags_owner_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_tags"),
        sa.UniqueConstraint("owner_id", "folded", name="uq_tags_owner_id_folded"),
    )
    op.create_table(
        "taggings",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tag_id", sa.Uuid(), nullable=False),
        sa.Column("conversation_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tags.id"], name="fk_taggings_tag_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversations.id"], name="fk_taggings_conversation_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_taggings"),
        sa.UniqueConstraint("tag_id", "conversation_id", name="uq_taggings_tag_id_conversation_id"),
    )
    op.create_index("ix_taggings_conversation_id", "taggings", ["conversation_id"])
