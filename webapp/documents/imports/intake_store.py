"""A document as rows of the database."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.conversations.pictures import picture_of
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.ids import MessageIds
from webapp.documents.store import OF_CONVERSATION, OF_MESSAGE


async def here(session: AsyncSession, owner: UUID, keys: Sequence[UUID]) -> set[UUID]:
    """Those ids among `keys` that conversations of the owner's have."""
    query = select(ConversationRow.id).where(ConversationRow.owner_id == owner, ConversationRow.id.in_(keys))
    return set(await session.scalars(query))


async def add_document(session: AsyncSession, owner: UUID, key: UUID, document: Document) -> None:
    """Adds a sound document as the conversation `key`, all of it."""
    ids = MessageIds(key)
    by_name = {message.id: ids.next(message) for message in document.messages}
    values = {name: getattr(document, name) for name in OF_CONVERSATION}
    leaf = None if document.active_leaf_id is None else by_name[document.active_leaf_id]
    session.add(ConversationRow(id=key, owner_id=owner, active_leaf_id=leaf, **values))
    await session.flush()
    if document.messages:
        rows = [_message_row(owner, key, by_name, message) for message in document.messages]
        await session.execute(insert(MessageRow), rows)
    pictures = [row for message in document.messages for row in _picture_rows(by_name[message.id], message)]
    if pictures:
        await session.execute(insert(AttachmentRow), pictures)


def _message_row(owner: UUID, key: UUID, by_name: dict[str, UUID], message: DocumentMessage) -> dict[str, Any]:
    return {
        **{name: getattr(message, name) for name in OF_MESSAGE},
        "id": by_name[message.id],
        "conversation_id": key,
        "owner_id": owner,
        "parent_id": None if message.parent_id is None else by_name[message.parent_id],
        "sent": None if message.sent is None else to_builtins(message.sent),
        "citations": [{"url": one.url, "title": one.title} for one in message.sources],
    }


def _picture_rows(message_id: UUID, message: DocumentMessage) -> list[dict[str, Any]]:
    rows = []
    for one in message.pictures:
        picture = picture_of(one.data or b"")
        if picture is None:
            continue
        width, height = picture.size or (None, None)
        rows.append(
            {
                "id": new_id(),
                "message_id": message_id,
                "name": "",  # as it came from outside: it is painted anew before a browser sees it
                "media_type": picture.media_type,
                "size": len(picture.data),
                "width": width,
                "height": height,
                "data": picture.data,
                "created_at": message.created_at,
            }
        )
    return rows
