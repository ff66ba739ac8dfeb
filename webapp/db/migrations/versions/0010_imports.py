"""Files of conversations that people send, and what is in them until it has become conversations."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count, UtcDateTime, Words

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("name", Words(200), nullable=False),
        sa.Column("state", Words(16), nullable=False),
        sa.Column("problem", Words(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("heartbeat_at", UtcDateTime(), nullable=True),
        sa.CheckConstraint("state IN ('reading', 'ready', 'importing', 'done', 'failed')", name="ck_imports_state"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_imports_user_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_imports"),
    )
    op.create_index("ix_imports_user_id", "imports", ["user_id"])
    op.create_index("ix_imports_expires_at", "imports", ["expires_at"])
    op.create_table(
        "import_items",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("import_id", sa.Uuid(), nullable=False),
        sa.Column("place", Count(), nullable=False),
        sa.Column("state", Words(16), nullable=False),
        sa.Column("title", Words(200), nullable=False),
        sa.Column("remark", Words(), nullable=False),
        sa.Column("format", Words(32), nullable=False),
        sa.Column("source_id", Words(200), nullable=False),
        sa.Column("messages", Count(), nullable=False),
        sa.Column("document", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'done', 'known', 'bad')", name="ck_import_items_state"),
        sa.ForeignKeyConstraint(["import_id"], ["imports.id"], name="fk_import_items_import_id", ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name="pk_import_items"),
    )
    op.create_index("ix_import_items_place", "import_items", ["import_id", "place"])
