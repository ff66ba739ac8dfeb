"""Every table, on one page. A migration in `migrations/versions` makes each; a test compares the two."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    JSON,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from webapp.db.types import Money, UtcDateTime, new_id

_LIVE = text("status = 'streaming'")


class Base(MappedAsDataclass, DeclarativeBase, kw_only=True):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UtcDateTime,
        Decimal: Money,
        UUID: Uuid,
        str: Text,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def key() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default_factory=new_id)


def owned_by(column: str) -> Any:
    """A reference to a row that takes this one along when it goes."""
    return ForeignKey(column, ondelete="CASCADE")


class User(Base, kw_only=True):
    """Who owns conversations. Until accounts arrive there is one, named `local`."""

    __tablename__ = "users"

    id: Mapped[UUID] = key()
    name: Mapped[str] = mapped_column(String(200), unique=True)
    created_at: Mapped[datetime]


class Session(Base, kw_only=True):
    """A signed-in browser. The cookie's token is kept as a hash only."""

    __tablename__ = "sessions"

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class ApiToken(Base, kw_only=True):
    """A key to the JSON API, kept as a hash only."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    name: Mapped[str] = mapped_column(String(200))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)


class Conversation(Base, kw_only=True):
    """A tree of messages. `active_leaf_id` is the message at the end of the branch that is shown."""

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_listed", "owner_id", "archived", "pinned", "updated_at", "id"),)

    id: Mapped[UUID] = key()
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"))
    title: Mapped[str] = mapped_column(String(200))
    title_is_given: Mapped[bool] = mapped_column(default=False)
    model: Mapped[str] = mapped_column(String(200))
    system_prompt: Mapped[str] = mapped_column(default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    active_leaf_id: Mapped[UUID | None] = mapped_column(default=None)
    pinned: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Message(Base, kw_only=True):
    """A question, or an answer with all that is known of how it came.

    `client_id` is made by the sender of a question, so that a repeated send finds the first. An answer that is
    `streaming` has a heartbeat; without one for a while its process is taken for dead. `owner_id` repeats the
    conversation's, so that no look-up can do without it. A parent takes no children along: SQLite gives up on
    cascades a thousand levels deep, and a long conversation is that deep.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("owner_id", "client_id"),
        Index("ix_messages_live", "heartbeat_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
        CheckConstraint("role IN ('system', 'user', 'assistant')", name="role"),
        CheckConstraint("status IN ('streaming', 'complete', 'stopped', 'interrupted', 'failed')", name="status"),
    )

    id: Mapped[UUID] = key()
    conversation_id: Mapped[UUID] = mapped_column(owned_by("conversations.id"), index=True)
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"), index=True, default=None)
    role: Mapped[str] = mapped_column(String(16))
    content: Mapped[str] = mapped_column(default="")
    reasoning: Mapped[str] = mapped_column(default="")
    citations: Mapped[list[Any]] = mapped_column(default_factory=list)
    html: Mapped[str | None] = mapped_column(default=None)
    renderer_version: Mapped[int | None] = mapped_column(default=None)
    status: Mapped[str] = mapped_column(String(16))
    stop_requested: Mapped[bool] = mapped_column(default=False)
    finish_reason: Mapped[str] = mapped_column(String(64), default="")
    error_code: Mapped[str] = mapped_column(String(64), default="")
    error_message: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(String(200), default="")
    provider: Mapped[str] = mapped_column(String(200), default="")
    generation_id: Mapped[str] = mapped_column(String(200), default="")
    prompt_tokens: Mapped[int | None] = mapped_column(default=None)
    completion_tokens: Mapped[int | None] = mapped_column(default=None)
    reasoning_tokens: Mapped[int | None] = mapped_column(default=None)
    cached_tokens: Mapped[int | None] = mapped_column(default=None)
    cost: Mapped[Decimal | None] = mapped_column(default=None)
    first_token_ms: Mapped[int | None] = mapped_column(default=None)
    duration_ms: Mapped[int | None] = mapped_column(default=None)
    client_id: Mapped[str | None] = mapped_column(String(64), default=None)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    heartbeat_at: Mapped[datetime | None] = mapped_column(default=None)


class Attachment(Base, kw_only=True):
    """A file of a message: pictures that a model made, later also what people send along."""

    __tablename__ = "attachments"

    id: Mapped[UUID] = key()
    message_id: Mapped[UUID] = mapped_column(owned_by("messages.id"), index=True)
    name: Mapped[str] = mapped_column(String(200), default="")
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class CatalogModel(Base, kw_only=True):
    """A model that OpenRouter offers, as its list said when it was last read. Prices are dollars per token."""

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(String(200), primary_key=True)
    canonical_slug: Mapped[str] = mapped_column(String(200), default="")
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(default="")
    context_length: Mapped[int | None] = mapped_column(default=None)
    prompt_price: Mapped[Decimal | None] = mapped_column(default=None)
    completion_price: Mapped[Decimal | None] = mapped_column(default=None)
    input_modalities: Mapped[list[Any]] = mapped_column(default_factory=list)
    output_modalities: Mapped[list[Any]] = mapped_column(default_factory=list)
    supported_parameters: Mapped[list[Any]] = mapped_column(default_factory=list)
    position: Mapped[int]
    fetched_at: Mapped[datetime]
