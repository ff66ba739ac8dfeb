"""Messages that were edited, deleted, copied or judged, and where those of a conversation part."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime, Words

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    # Null or with defaults of the server's, as the code before this writes rows without them.
    op.add_column("messages", sa.Column("edited_at", UtcDateTime(), nullable=True))
    op.add_column("messages", sa.Column("deleted_at", UtcDateTime(), nullable=True))
    op.add_column("messages", sa.Column("copied_from", sa.Uuid(), nullable=True))
    op.add_column("messages", sa.Column("feedback", Words(8), nullable=False, server_default=""))
    op.add_column("messages", sa.Column("feedback_note", Words(), nullable=False, server_default=""))
    op.create_index("ix_messages_tree", "messages", ["conversation_id", "parent_id", "deleted_at"])
    op.drop_index("ix_messages_conversation_id", "messages")  # the other one begins with it
    is_deleted = sa.text("deleted_at IS NOT NULL")
    op.create_index(
        "ix_messages_deleted", "messages", ["deleted_at"], sqlite_where=is_deleted, postgresql_where=is_deleted
    )
