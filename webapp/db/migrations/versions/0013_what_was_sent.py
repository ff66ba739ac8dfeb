"""What the model was sent for an answer: kept with those that begin to grow from now on."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("messages", sa.Column("sent", sa.JSON(), nullable=True))
