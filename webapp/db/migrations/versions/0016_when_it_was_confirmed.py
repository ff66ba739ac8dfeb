"""When whoever has a session last showed who they are. Sessions from before are asked once."""

import sqlalchemy as sa
from alembic import op

from webapp.db.types import UtcDateTime

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.add_column("sessions", sa.Column("confirmed_at", UtcDateTime(), nullable=True))
