"""Rows of conversations and messages: found for their owner, made, and read as values. For stores, inside a session."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Uuid, and_, bindparam, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.budgets import Terms
from webapp.conversations.messages import (
    Conversation,
    Feedback,
    KeptPicture,
    Message,
    PromptMessage,
    Receipt,
    Sent,
    Status,
    kept_sources,
)
from webapp.conversations.tree import Copied
from webapp.conversations.windows_store import texts
from webapp.db.clock import moment
from webapp.db.tables import IS_THERE
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError

# Made once: to put a statement together costs more than to execute it.
_OWNER: Final[Any] = bindparam("owner")
_KEY: Final[Any] = bindparam("key")
_CONVERSATION_BY_ID: Final = select(ConversationRow).where(
    ConversationRow.id == _KEY, ConversationRow.owner_id == _OWNER, IS_THERE
)
_MESSAGE_BY_ID: Final = (
    select(MessageRow)
    .join(ConversationRow, and_(ConversationRow.id == MessageRow.conversation_id, IS_THERE))
    .where(MessageRow.id == _KEY, MessageRow.owner_id == _OWNER, MessageRow.deleted_at.is_(None))
)
_PICTURES: Final = (
    select(
        AttachmentRow.message_id, AttachmentRow.id, AttachmentRow.width, AttachmentRow.height, AttachmentRow.media_type
    )
    .where(AttachmentRow.message_id.in_(bindparam("messages", expanding=True)))
    .order_by(AttachmentRow.id)
)

_ATTACHED: Final = tuple(AttachmentRow.__table__.columns)
# What a copy has of its original. Cost and tokens count once, where they came about.
_COPIED: Final = (
    "role",
    "content",
    "reasoning",
    "reasoning_ms",
    "citations",
    "status",
    "finish_reason",
    "error_code",
    "error_message",
    "model",
    "provider",
    "first_token_ms",
    "duration_ms",
    "sent",
    "created_at",
    "finished_at",
    "edited_at",
)
_COPY_COLUMNS: Final[Mapping[str, Any]] = {
    "id": bindparam("copy", type_=Uuid()),
    "parent_id": bindparam("parent", type_=Uuid()),
    "conversation_id": bindparam("target", type_=Uuid()),
    "owner_id": MessageRow.owner_id,
    "copied_from": func.coalesce(MessageRow.copied_from, MessageRow.id),
    **{name: getattr(MessageRow, name) for name in _COPIED},
}
_COPY: Final = insert(MessageRow).from_select(
    list(_COPY_COLUMNS),
    select(*_COPY_COLUMNS.values()).where(
        MessageRow.id == bindparam("original"), MessageRow.conversation_id == bindparam("source")
    ),
)

Pictures = Mapping[UUID, tuple[KeptPicture, ...]]


async def find_conversation(session: AsyncSession, owner: UUID, conversation_id: UUID) -> ConversationRow:
    row: ConversationRow | None = await session.scalar(_CONVERSATION_BY_ID, {"owner": owner, "key": conversation_id})
    if row is None:
        raise NotFoundError("There is no such conversation. It may have been deleted.")
    return row


async def find_message(
    session: AsyncSession, owner: UUID, message_id: UUID, conversation_id: UUID | None = None, role: str | None = None
) -> MessageRow:
    """One that is deleted is not found."""
    row: MessageRow | None = await session.scalar(_MESSAGE_BY_ID, {"owner": owner, "key": message_id})
    if row is None or conversation_id not in (None, row.conversation_id) or role not in (None, row.role):
        raise NotFoundError("There is no such message. It may have been deleted.")
    return row


async def pictures_of(session: AsyncSession, message_ids: Sequence[UUID]) -> Pictures:
    """The pictures of messages, by message, in the order in which they came."""
    rows = await session.execute(_PICTURES, {"messages": message_ids})
    found: dict[UUID, tuple[KeptPicture, ...]] = {}
    for message_id, picture_id, width, height, media_type in rows:
        kept = KeptPicture(picture_id, width, height, media_type.startswith("image/"))
        found[message_id] = (*found.get(message_id, ()), kept)
    return found


async def prompt(
    session: AsyncSession, conversation: ConversationRow, leaf: UUID | None, *below: PromptMessage
) -> tuple[PromptMessage, ...]:
    """What the model is to read: the system prompt, the branch down to `leaf`, oldest first, and what comes `below`.

    Answers without text are left out. If the last is an answer with a beginning, the model is to go on from there.
    """
    system = [PromptMessage("system", conversation.system_prompt)] if conversation.system_prompt else []
    earlier = await texts(session, leaf) if leaf else []
    return (*system, *(PromptMessage(role, text) for role, text in earlier if text), *below)


def new_conversation(session: AsyncSession, owner: UUID, model: str, title: str) -> ConversationRow:
    now = datetime.now(UTC)
    row = ConversationRow(
        id=new_id(),
        owner_id=owner,
        model=model,
        title=title,
        system_prompt="",
        created_at=now,
        updated_at=now,
        read_at=now,
    )
    session.add(row)
    return row


def new_message(
    conversation: ConversationRow, parent: UUID | None, role: str, status: Status, *, content: str = "", model: str = ""
) -> MessageRow:
    return MessageRow(
        id=new_id(),
        conversation_id=conversation.id,
        owner_id=conversation.owner_id,
        parent_id=parent,
        role=role,
        status=status,
        content=content,
        model=model,
        created_at=datetime.now(UTC),
    )


def add_answer(
    session: AsyncSession, conversation: ConversationRow, parent: UUID | None, sent: Sent, terms: Terms
) -> MessageRow:
    """An empty growing answer by the model of `sent`, at the end of the branch that is shown."""
    answer = new_message(conversation, parent, "assistant", Status.STREAMING, model=sent.model)
    answer.sent = msgspec.to_builtins(sent)
    answer.by_own_key, answer.running_cost = terms.own_key is not None, terms.hold.prompt or None
    answer.heartbeat_at = moment()
    session.add(answer)
    conversation.active_leaf_id = answer.id
    conversation.updated_at = answer.created_at
    conversation.archived = False  # who asks in it wants it at hand
    return answer


def check_unchanged(row: MessageRow, run: int) -> None:
    """Raises ConflictError if the message has been written since it was read in `run`, or is being written."""
    if row.status == Status.STREAMING:
        raise ConflictError("This answer is still growing. Wait for its end or stop it.")
    if row.run != run:
        raise ConflictError(
            "This message has been edited in the meantime, perhaps in another tab. Send again to keep both versions."
        )


def copy_of(row: MessageRow, copied: Copied, conversation_id: UUID) -> MessageRow:
    """The message once more, without what it cost; its HTML, which has anchors of its own, is made when it is shown."""
    values = {name: getattr(row, name) for name in _COPIED}
    return MessageRow(
        id=copied.id,
        parent_id=copied.parent_id,
        conversation_id=conversation_id,
        owner_id=row.owner_id,
        copied_from=row.copied_from or row.id,
        **values,
    )


async def copy_messages(session: AsyncSession, copies: Sequence[Copied], source: UUID, target: UUID) -> None:
    """Copies messages with their pictures into another conversation. What they say does not leave the database."""
    connection = await session.connection()
    conversations = {"source": source, "target": target}
    rows = [{"copy": one.id, "parent": one.parent_id, "original": one.source, **conversations} for one in copies]
    await connection.execute(_COPY, rows)
    await copy_pictures(session, {one.source: one.id for one in copies})


async def copy_pictures(session: AsyncSession, copies: Mapping[UUID, UUID]) -> None:
    """Gives the pictures of messages to their copies also. They do not leave the database."""
    await session.flush()
    rows = await session.execute(_PICTURES, {"messages": list(copies)})
    for message_id, picture_id, *_ in rows.all():
        changed = {"id": new_id(), "message_id": copies[message_id]}
        columns = [literal(changed[one.name], one.type) if one.name in changed else one for one in _ATTACHED]
        await session.execute(
            insert(AttachmentRow).from_select(
                [one.name for one in _ATTACHED], select(*columns).where(AttachmentRow.id == picture_id)
            )
        )


def as_conversation(row: ConversationRow) -> Conversation:
    return Conversation(**{name: getattr(row, name) for name in Conversation.__struct_fields__})


def as_message(row: MessageRow, renderer_version: int | None = None, pictures: tuple[KeptPicture, ...] = ()) -> Message:
    """HTML of another `renderer_version` is not handed out, and without one none."""
    is_current = renderer_version is not None and row.renderer_version == renderer_version
    return Message(
        id=row.id,
        conversation_id=row.conversation_id,
        owner_id=row.owner_id,
        parent_id=row.parent_id,
        role=row.role,  # type: ignore[arg-type]  # held to these words by a constraint of the table
        content=row.content,
        status=Status(row.status),
        created_at=row.created_at,
        reasoning=row.reasoning,
        sources=kept_sources(row.citations),
        pictures=pictures,
        html=row.html if is_current else None,
        reasoning_html=row.reasoning_html if is_current else None,
        error_code=row.error_code,
        error_message=row.error_message,
        receipt=Receipt(**{name: getattr(row, name) for name in Receipt.__struct_fields__}),
        sent=None if row.sent is None else msgspec.convert(row.sent, Sent),
        run=row.run,
        edited_at=row.edited_at,
        copied_from=row.copied_from,
        feedback=Feedback(row.feedback),
        feedback_note=row.feedback_note,
    )
