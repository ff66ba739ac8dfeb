"""Text of any length and numbers of 64 bits on Postgres too, as SQLite has them: the tables were made for SQLite."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

TEXTS = {
    "models": ("id", "canonical_slug", "name"),
    "users": ("name",),
    "api_tokens": ("name",),
    "conversations": ("title", "model"),
    "messages": ("role", "status", "finish_reason", "error_code", "model", "provider", "generation_id", "client_id"),
    "attachments": ("name", "media_type"),
}
NUMBERS = {
    "models": ("context_length", "position"),
    "messages": (
        "renderer_version",
        "prompt_tokens",
        "completion_tokens",
        "reasoning_tokens",
        "cached_tokens",
        "first_token_ms",
        "duration_ms",
    ),
    "attachments": ("size",),
}


def upgrade() -> None:
    if op.get_bind().dialect.name != "postgresql":
        return
    for kind, tables in ((sa.Text(), TEXTS), (sa.BigInteger(), NUMBERS)):
        for table, columns in tables.items():
            for column in columns:
                op.alter_column(table, column, type_=kind)
