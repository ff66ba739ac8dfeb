"""When whoever has a session last showed who they are. Sessions from before are asked once."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime

revision = "0018"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("confirmed_at", UtcDateTime(), nullable=True))
