"""What imported conversations and their messages are called where they came from, so that they are known again.

An item of a file also says what it became.
"""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Words

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.add_column("conversations", sa.Column("origins", sa.JSON(), nullable=True))
    op.add_column("messages", sa.Column("origin", Words(200), server_default="", nullable=False))
    op.add_column("import_items", sa.Column("conversation_id", sa.Uuid(), nullable=True))
