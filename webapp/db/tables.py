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
    UniqueConstraint,
    Uuid,
    false,
    literal_column,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, MappedAsDataclass, mapped_column

from webapp.db.types import Count, Money, UtcDateTime, Words, new_id

_LIVE = text("status = 'streaming'")
_THERE = text("deleted_at IS NULL")
_DELETED = text("deleted_at IS NOT NULL")


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
        str: Words,
        int: Count,
        dict[str, Any]: JSON,
        list[Any]: JSON,
    }


def key() -> Mapped[UUID]:
    return mapped_column(primary_key=True, default_factory=new_id)


def owned_by(column: str) -> Any:
    """A reference to a row that takes this one along when it goes."""
    return ForeignKey(column, ondelete="CASCADE")


class User(Base, kw_only=True):
    """Who owns conversations. `name` is what one signs in with, an e-mail address in small letters.

    Without accounts there is one, named `local`; the first administrator takes over that row with all that it owns. The
    limits are dollars a month; where they are null, those of the installation hold. `openrouter_key` is encrypted.
    """

    __tablename__ = "users"
    __table_args__ = (Index("uq_users_identity", "identity", unique=True),)

    id: Mapped[UUID] = key()
    name: Mapped[str] = mapped_column(Words(200), unique=True)
    full_name: Mapped[str] = mapped_column(Words(200), default="", server_default="")
    role: Mapped[str] = mapped_column(Words(16), default="member", server_default="member")
    password_hash: Mapped[str | None] = mapped_column(Words(300), default=None)
    identity: Mapped[str | None] = mapped_column(Words(600), default=None)
    soft_limit: Mapped[Decimal | None] = mapped_column(default=None)
    hard_limit: Mapped[Decimal | None] = mapped_column(default=None)
    openrouter_key: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)
    created_at: Mapped[datetime]
    signed_in_at: Mapped[datetime | None] = mapped_column(default=None)
    disabled_at: Mapped[datetime | None] = mapped_column(default=None)


class Session(Base, kw_only=True):
    """A signed-in browser. The cookie's token is kept as a hash only.

    `confirmed_at` is when its user last showed who they are, null where a provider hasn't said when that was.
    """

    __tablename__ = "sessions"

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    method: Mapped[str] = mapped_column(Words(16), default="", server_default="")
    browser: Mapped[str] = mapped_column(Words(300), default="", server_default="")
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None] = mapped_column(default=None)


class ApiToken(Base, kw_only=True):
    """A key to the JSON API, kept as a hash only. `scopes` are words with spaces between."""

    __tablename__ = "api_tokens"

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    name: Mapped[str] = mapped_column(Words(200))
    scopes: Mapped[str] = mapped_column(Words(100), default="read", server_default="read")
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)
    expires_at: Mapped[datetime | None] = mapped_column(default=None)


class Passkey(Base, kw_only=True):
    """A WebAuthn credential of a user."""

    __tablename__ = "passkeys"

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    name: Mapped[str] = mapped_column(Words(200))
    credential_id: Mapped[bytes] = mapped_column(LargeBinary, unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[Any]] = mapped_column(default_factory=list)
    created_at: Mapped[datetime]
    last_used_at: Mapped[datetime | None] = mapped_column(default=None)


class Ticket(Base, kw_only=True):
    """A secret that works once and for a while, kept as a hash only: whoever brings it may do what `purpose` says.

    Set-up, invitation, new password; what a sign-in elsewhere or with a passkey has to come back with. `data` is what
    it is about. One of a user goes with the user; `made_by` is the name of whoever made it.
    """

    __tablename__ = "tickets"

    id: Mapped[UUID] = key()
    purpose: Mapped[str] = mapped_column(Words(32), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    user_id: Mapped[UUID | None] = mapped_column(owned_by("users.id"), index=True, default=None)
    data: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    made_by: Mapped[str] = mapped_column(Words(200), default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class Attempts(Base, kw_only=True):
    """How often something was tried, as signing in to an account: `subject` names account or address, as a hash."""

    __tablename__ = "attempts"

    subject: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    count: Mapped[int]
    began_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)


class SecurityEvent(Base, kw_only=True):
    """A line of the log that administrators read. Names are copied: it outlives whom it is about."""

    __tablename__ = "security_events"

    id: Mapped[UUID] = key()
    kind: Mapped[str] = mapped_column(Words(64))
    actor: Mapped[str] = mapped_column(Words(200), default="")
    subject: Mapped[str] = mapped_column(Words(200), default="")
    detail: Mapped[str] = mapped_column(Words(500), default="")
    address: Mapped[str] = mapped_column(Words(64), default="")
    created_at: Mapped[datetime]


class Option(Base, kw_only=True):
    """What an administrator has chosen for the whole installation. A variable of the environment wins over it."""

    __tablename__ = "options"

    name: Mapped[str] = mapped_column(Words(64), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)
    updated_at: Mapped[datetime]


class Spending(Base, kw_only=True):
    """What a user's answers of one day by one model have cost. It stays when conversations are deleted.

    `own_cost` is the part of `cost` that the user's own OpenRouter key has paid.
    """

    __tablename__ = "spending"
    __table_args__ = (UniqueConstraint("user_id", "day", "model"),)

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"))
    day: Mapped[str] = mapped_column(Words(10))
    model: Mapped[str] = mapped_column(Words(200))
    answers: Mapped[int] = mapped_column(default=0)
    prompt_tokens: Mapped[int] = mapped_column(default=0)
    completion_tokens: Mapped[int] = mapped_column(default=0)
    cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    own_cost: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")


class OpenBill(Base, kw_only=True):
    """A call whose cost OpenRouter has not told: its answer was stopped or cut, or its process died.

    Until OpenRouter is asked for it, `estimate` stands in the ledger, in the user's row of that day and model, and what
    the call may have cost beyond that is `held` back from the user's month. The message may be gone by then.
    """

    __tablename__ = "open_bills"

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    message_id: Mapped[UUID] = mapped_column(index=True)
    generation_id: Mapped[str] = mapped_column(Words(200))
    day: Mapped[str] = mapped_column(Words(10))
    model: Mapped[str] = mapped_column(Words(200))
    estimate: Mapped[Decimal] = mapped_column(default=Decimal(0))
    held: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    has_tokens: Mapped[bool] = mapped_column(default=False)
    by_own_key: Mapped[bool] = mapped_column(default=False)
    tries: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)


class Reservation(Base, kw_only=True):
    """The most that a call under way may cost: `amount` is held back from its user's month until it has ended.

    The call is that of a message in a `run`; of a temporary answer or a title, whose message is in no table, there is
    more to know here: `generation_id`, and what it was taken to have cost lately. Who makes the call renews
    `expires_at`, or takes less time than that; what has expired was left by a process that died. Calls that an own key
    pays for have no reservation.
    """

    __tablename__ = "reservations"
    __table_args__ = (UniqueConstraint("message_id", "run"),)

    id: Mapped[UUID] = key()
    message_id: Mapped[UUID]
    run: Mapped[int]
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    model: Mapped[str] = mapped_column(Words(200))
    amount: Mapped[Decimal]
    generation_id: Mapped[str] = mapped_column(Words(200), default="")
    running_cost: Mapped[Decimal] = mapped_column(default=Decimal(0))
    expires_at: Mapped[datetime]


class Conversation(Base, kw_only=True):
    """A tree of messages. `active_leaf_id` is the message at the end of the branch that is shown.

    One that has `deleted_at` can be brought back for a while, and is not there for anything else. `read_at` is when its
    owner last looked at it. `origins` are the names that one that was imported had elsewhere, as "format:id".
    """

    __tablename__ = "conversations"
    __table_args__ = (
        Index("ix_conversations_listed", "owner_id", "archived", "pinned", "updated_at", "id"),
        Index(
            "ix_conversations_used",
            *("owner_id", "archived", "updated_at", "id"),
            sqlite_where=_THERE,
            postgresql_where=_THERE,
        ),
        Index(
            "ix_conversations_deleted",
            *("owner_id", "deleted_at", "id"),
            sqlite_where=_DELETED,
            postgresql_where=_DELETED,
        ),
    )

    id: Mapped[UUID] = key()
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"))
    title: Mapped[str] = mapped_column(Words(200))
    title_is_given: Mapped[bool] = mapped_column(default=False)
    model: Mapped[str] = mapped_column(Words(200))
    system_prompt: Mapped[str] = mapped_column(default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    active_leaf_id: Mapped[UUID | None] = mapped_column(default=None)
    pinned: Mapped[bool] = mapped_column(default=False)
    archived: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    read_at: Mapped[datetime | None] = mapped_column(default=None)
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
    origins: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True), default=None)


class Tag(Base, kw_only=True):
    """A word by which somebody keeps conversations together. `folded` is its name in small letters, as it is found."""

    __tablename__ = "tags"
    __table_args__ = (UniqueConstraint("owner_id", "folded"),)

    id: Mapped[UUID] = key()
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"))
    name: Mapped[str] = mapped_column(Words(60))
    folded: Mapped[str] = mapped_column(Words(60))
    created_at: Mapped[datetime]


class Tagging(Base, kw_only=True):
    """That a conversation has a tag."""

    __tablename__ = "taggings"
    __table_args__ = (UniqueConstraint("tag_id", "conversation_id"),)

    id: Mapped[UUID] = key()
    tag_id: Mapped[UUID] = mapped_column(owned_by("tags.id"))
    conversation_id: Mapped[UUID] = mapped_column(owned_by("conversations.id"), index=True)


class Message(Base, kw_only=True):
    """A question, or an answer with all that is known of how it came.

    `client_id` is made by the sender of a question, so that a repeated send finds the first. An answer that is
    `streaming` has a heartbeat; without one for a while its process is taken for dead. `run` goes up whenever a writer
    begins or is done: each writes in its own run alone. `running_cost` is what the call of an answer was taken to have
    cost at the last checkpoint; `by_own_key`, that its owner's own key pays for it. `owner_id` repeats the
    conversation's, so that no look-up can do without it. A parent takes no children along: SQLite gives up on cascades
    a thousand levels deep, and a long conversation is that deep.

    One that is deleted stays for a while, with `deleted_at`, and is passed through on the way up: nobody sees it, what
    stands below it stays. A copy names its origin in `copied_from` and has neither cost nor tokens, which are counted
    there. `origin` is the id that a message had in the file it was imported from. `edited_at` is when its text was
    changed in place. `sent` is what the model was sent for an answer beside the messages above it; null for answers
    that are older than the column.
    """

    __tablename__ = "messages"
    __table_args__ = (
        UniqueConstraint("owner_id", "client_id"),
        Index("ix_messages_live", "heartbeat_at", sqlite_where=_LIVE, postgresql_where=_LIVE),
        Index("ix_messages_tree", "conversation_id", "parent_id", "deleted_at"),
        Index("ix_messages_deleted", "deleted_at", sqlite_where=_DELETED, postgresql_where=_DELETED),
        CheckConstraint("role IN ('system', 'user', 'assistant')", name="role"),
        CheckConstraint("status IN ('streaming', 'complete', 'stopped', 'interrupted', 'failed')", name="status"),
    )

    id: Mapped[UUID] = key()
    conversation_id: Mapped[UUID] = mapped_column(owned_by("conversations.id"))
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"))
    parent_id: Mapped[UUID | None] = mapped_column(ForeignKey("messages.id"), index=True, default=None)
    role: Mapped[str] = mapped_column(Words(16))
    content: Mapped[str] = mapped_column(default="")
    reasoning: Mapped[str] = mapped_column(default="")
    reasoning_html: Mapped[str | None] = mapped_column(default=None)
    reasoning_ms: Mapped[int | None] = mapped_column(default=None)
    citations: Mapped[list[Any]] = mapped_column(default_factory=list)
    html: Mapped[str | None] = mapped_column(default=None)
    renderer_version: Mapped[int | None] = mapped_column(default=None)
    status: Mapped[str] = mapped_column(Words(16))
    stop_requested: Mapped[bool] = mapped_column(default=False)
    finish_reason: Mapped[str] = mapped_column(Words(64), default="")
    error_code: Mapped[str] = mapped_column(Words(64), default="")
    error_message: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(Words(200), default="")
    provider: Mapped[str] = mapped_column(Words(200), default="")
    generation_id: Mapped[str] = mapped_column(Words(200), default="")
    prompt_tokens: Mapped[int | None] = mapped_column(default=None)
    completion_tokens: Mapped[int | None] = mapped_column(default=None)
    reasoning_tokens: Mapped[int | None] = mapped_column(default=None)
    cached_tokens: Mapped[int | None] = mapped_column(default=None)
    cost: Mapped[Decimal | None] = mapped_column(default=None)
    running_cost: Mapped[Decimal | None] = mapped_column(default=None)
    by_own_key: Mapped[bool] = mapped_column(default=False, server_default=false())
    first_token_ms: Mapped[int | None] = mapped_column(default=None)
    duration_ms: Mapped[int | None] = mapped_column(default=None)
    sent: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)
    origin: Mapped[str] = mapped_column(Words(200), default="", server_default="")
    client_id: Mapped[str | None] = mapped_column(Words(64), default=None)
    run: Mapped[int] = mapped_column(default=0, server_default="0")
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None] = mapped_column(default=None)
    heartbeat_at: Mapped[datetime | None] = mapped_column(default=None)
    edited_at: Mapped[datetime | None] = mapped_column(default=None)
    deleted_at: Mapped[datetime | None] = mapped_column(default=None)
    copied_from: Mapped[UUID | None] = mapped_column(default=None)
    feedback: Mapped[str] = mapped_column(Words(8), default="", server_default="")
    feedback_note: Mapped[str] = mapped_column(default="", server_default="")


class Attachment(Base, kw_only=True):
    """A file of a message: pictures that a model made, later also what people send along."""

    __tablename__ = "attachments"

    id: Mapped[UUID] = key()
    message_id: Mapped[UUID] = mapped_column(owned_by("messages.id"), index=True)
    name: Mapped[str] = mapped_column(Words(200), default="")
    media_type: Mapped[str] = mapped_column(Words(100))
    size: Mapped[int]
    width: Mapped[int | None] = mapped_column(default=None)
    height: Mapped[int | None] = mapped_column(default=None)
    data: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)
    created_at: Mapped[datetime]


class Upload(Base, kw_only=True):
    """That a file of somebody's is coming, one at a time: `claim` is that upload's, which gives a heartbeat."""

    __tablename__ = "uploads"

    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), primary_key=True)
    claim: Mapped[UUID]
    heartbeat_at: Mapped[datetime]


class Import(Base, kw_only=True):
    """A file of conversations that somebody sent: being read, waiting for a word, becoming conversations, or done.

    Whoever works on it gives a heartbeat. `problem` says why nothing more could be read of it, or what else is in it.
    """

    __tablename__ = "imports"
    __table_args__ = (CheckConstraint("state IN ('reading', 'ready', 'importing', 'done', 'failed')", name="state"),)

    id: Mapped[UUID] = key()
    user_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    name: Mapped[str] = mapped_column(Words(200))
    state: Mapped[str] = mapped_column(Words(16))
    problem: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    heartbeat_at: Mapped[datetime | None] = mapped_column(default=None)


class ImportItem(Base, kw_only=True):
    """A conversation of such a file. `document` is its JSON until it is a conversation here, `conversation_id`.

    A large one has no document: it waits as pieces.
    """

    __tablename__ = "import_items"
    __table_args__ = (
        Index("ix_import_items_place", "import_id", "place"),
        CheckConstraint("state IN ('waiting', 'done', 'known', 'bad')", name="state"),
    )

    id: Mapped[UUID] = key()
    import_id: Mapped[UUID] = mapped_column(owned_by("imports.id"))
    place: Mapped[int]
    state: Mapped[str] = mapped_column(Words(16))
    title: Mapped[str] = mapped_column(Words(200))
    remark: Mapped[str] = mapped_column(default="")
    format: Mapped[str] = mapped_column(Words(32), default="")
    source_id: Mapped[str] = mapped_column(Words(200), default="")
    messages: Mapped[int] = mapped_column(default=0)
    conversation_id: Mapped[UUID | None] = mapped_column(default=None)
    document: Mapped[bytes | None] = mapped_column(LargeBinary, default=None)


class ImportPiece(Base, kw_only=True):
    """A part of a large conversation of a file, as long as that waits. The owner is that of the import."""

    __tablename__ = "import_pieces"
    __table_args__ = (
        Index("ix_import_pieces_number", "item_id", "number", unique=True),
        CheckConstraint("kind IN ('outline', 'messages', 'picture', 'more')", name="kind"),
    )

    id: Mapped[UUID] = key()
    item_id: Mapped[UUID] = mapped_column(owned_by("import_items.id"))
    number: Mapped[int]
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    kind: Mapped[str] = mapped_column(Words(16))
    data: Mapped[bytes] = mapped_column(LargeBinary)


class Share(Base, kw_only=True):
    """A branch that whoever has the address may read: down to `leaf_id`, or, with `with_later`, as far as it leads.

    The token is kept as it is, as its owner wants to see the address again: whoever can read this table can read the
    conversation as well. One that is revoked is deleted.
    """

    __tablename__ = "shares"

    id: Mapped[UUID] = key()
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    conversation_id: Mapped[UUID] = mapped_column(owned_by("conversations.id"), index=True)
    leaf_id: Mapped[UUID] = mapped_column(owned_by("messages.id"), index=True)
    token: Mapped[str] = mapped_column(Words(64), unique=True)
    with_later: Mapped[bool]
    is_live: Mapped[bool]
    created_at: Mapped[datetime]


class Prompt(Base, kw_only=True):
    """A text that its owner sends again and again, with places to fill."""

    __tablename__ = "prompts"

    id: Mapped[UUID] = key()
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    name: Mapped[str] = mapped_column(Words(200))
    text: Mapped[str]
    created_at: Mapped[datetime]


class Persona(Base, kw_only=True):
    """What its owner's conversations can start from. At most one of an owner is the default."""

    __tablename__ = "personas"

    id: Mapped[UUID] = key()
    owner_id: Mapped[UUID] = mapped_column(owned_by("users.id"), index=True)
    name: Mapped[str] = mapped_column(Words(200))
    system_prompt: Mapped[str] = mapped_column(default="")
    model: Mapped[str] = mapped_column(Words(200), default="")
    parameters: Mapped[dict[str, Any]] = mapped_column(default_factory=dict)
    is_default: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]


class CatalogModel(Base, kw_only=True):
    """A model that OpenRouter offers, as its list said when it was last read. Prices are dollars per token.

    `request_price` is for each call. The highest prices are those of long prompts, pictures or thoughts.
    """

    __tablename__ = "models"

    id: Mapped[str] = mapped_column(Words(200), primary_key=True)
    canonical_slug: Mapped[str] = mapped_column(Words(200), default="")
    name: Mapped[str] = mapped_column(Words(200))
    description: Mapped[str] = mapped_column(default="")
    context_length: Mapped[int | None] = mapped_column(default=None)
    prompt_price: Mapped[Decimal | None] = mapped_column(default=None)
    completion_price: Mapped[Decimal | None] = mapped_column(default=None)
    longest_answer: Mapped[int | None] = mapped_column(default=None)
    request_price: Mapped[Decimal | None] = mapped_column(default=None)
    highest_prompt_price: Mapped[Decimal | None] = mapped_column(default=None)
    highest_completion_price: Mapped[Decimal | None] = mapped_column(default=None)
    input_modalities: Mapped[list[Any]] = mapped_column(default_factory=list)
    output_modalities: Mapped[list[Any]] = mapped_column(default_factory=list)
    supported_parameters: Mapped[list[Any]] = mapped_column(default_factory=list)
    position: Mapped[int]
    fetched_at: Mapped[datetime]


# For the WHERE of queries. The word is written out: for a bound one, SQLite would not use the index of growing answers.
IS_LIVE = Message.status == literal_column("'streaming'")

# Conversations that are not deleted; written as in their indexes, so that SQLite uses these.
IS_THERE = Conversation.deleted_at.is_(None)
