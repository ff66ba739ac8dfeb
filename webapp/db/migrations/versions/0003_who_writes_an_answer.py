"""Which of an answer's writers is the present one, for when one comes back that was taken for dead."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import Count

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    # With a default of the server's, as the code before this writes rows without it.
    op.add_column("messages", sa.Column("run", Count(), nullable=False, server_default="0"))
