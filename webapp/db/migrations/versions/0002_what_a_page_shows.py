"""What a page shows without a jump or a new rendering: thoughts as HTML and their time, the sizes of pictures."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count, Words

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("messages", sa.Column("reasoning_html", Words(), nullable=True))
    op.add_column("messages", sa.Column("reasoning_ms", Count(), nullable=True))
    op.add_column("attachments", sa.Column("width", Count(), nullable=True))
    op.add_column("attachments", sa.Column("height", Count(), nullable=True))
