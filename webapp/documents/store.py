"""Conversations out of the database as documents: one at a time, each as it is at one moment."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Row, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.users import User
from webapp.background import by_turns
from webapp.conversations.gallery import Gallery
from webapp.conversations.listing import View
from webapp.conversations.listing_store import are_chosen
from webapp.conversations.messages import Sent, kept_sources
from webapp.conversations.tree import Node, Tree
from webapp.db.engine import Database
from webapp.db.tables import IS_THERE
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow
from webapp.documents.document import Document, DocumentMessage, DocumentPicture
from webapp.web.refusals import NotFoundError

# Fields that a column has as it is.
OF_MESSAGE: Final = frozenset(DocumentMessage.__struct_fields__) - {"id", "parent_id", "sent", "sources", "pictures"}
OF_CONVERSATION: Final = frozenset(Document.__struct_fields__) - {
    "version",
    "id",
    "active_leaf_id",
    "origins",
    "messages",
}

_COLUMNS: Final = tuple(
    getattr(MessageRow, name) for name in sorted(OF_MESSAGE | {"id", "parent_id", "sent", "citations", "deleted_at"})
)


class DocumentStore:
    def __init__(self, database: Database, gallery: Gallery) -> None:
        self._database = database
        self._gallery = gallery

    async def users(self) -> list[User]:
        """Everybody: whoever asks for this runs the installation."""
        async with self._database.read() as session:
            rows = await session.execute(select(UserRow.id, UserRow.name).order_by(UserRow.name))
            return [User(*row) for row in rows]

    async def count(self, owner: UUID) -> int:
        query = select(func.count()).select_from(ConversationRow).where(ConversationRow.owner_id == owner, IS_THERE)
        async with self._database.read() as session:
            return (await session.execute(query)).scalar_one()

    async def documents(self, owner: UUID, chosen: Iterable[UUID] | View | None = None) -> AsyncIterator[Document]:
        """Those of the owner's that were chosen, all for None, oldest first, with pictures that are painted.

        What is deleted meanwhile is left out. Raises UnavailableError where a picture can't be painted now.
        """
        query = select(ConversationRow.id).where(ConversationRow.owner_id == owner, IS_THERE)
        if chosen is not None:
            query = query.where(*are_chosen(chosen))
        async with self._database.read() as session:
            ids = list(await session.scalars(query.order_by(ConversationRow.created_at, ConversationRow.id)))
        for one in ids:
            await self._gallery.paint_all(owner, one)
            if (document := await self._document(owner, one)) is not None:
                yield document

    async def document(self, owner: UUID, conversation_id: UUID) -> Document:
        found = await self._document(owner, conversation_id)
        if found is None:
            raise NotFoundError("There is no such conversation. It may have been deleted.")
        return found

    async def message(self, owner: UUID, conversation_id: UUID, message_id: str | None) -> DocumentMessage | None:
        """A message of a conversation as it is now; None if it has been deleted."""
        document = await self._document(owner, conversation_id)
        return next((one for one in document.messages if one.id == message_id), None) if document else None

    async def document_with_pictures(self, owner: UUID, conversation_id: UUID) -> Document:
        """The same, with pictures that are painted. Raises UnavailableError where one can't be painted now."""
        await self._gallery.paint_all(owner, conversation_id)
        return await self.document(owner, conversation_id)

    async def picture(self, owner: UUID, picture: DocumentPicture) -> bytes | None:
        """The painted bytes of a picture of one of the owner's messages; None if it has none, or is gone."""
        if not picture.is_shown:
            return None
        try:
            return (await self._gallery.picture(owner, UUID(picture.id))).data
        except NotFoundError:
            return None

    async def _document(self, owner: UUID, conversation_id: UUID) -> Document | None:
        is_it = (ConversationRow.id == conversation_id, ConversationRow.owner_id == owner, IS_THERE)
        are_its = (MessageRow.conversation_id == conversation_id, MessageRow.owner_id == owner)
        async with self._database.read() as session:
            row = await session.scalar(select(ConversationRow).where(*is_it))
            if row is None:
                return None
            pictures = await _pictures(session, *are_its)
            query = select(*_COLUMNS).where(*are_its).order_by(MessageRow.id)
            connection = await session.connection()  # which reads a row when it's asked for, and a session reads all
            rows = [one async for one in by_turns(await connection.execute(query))]
            tree = Tree([_node(one) async for one in by_turns(rows)])
            messages = [_message(one, tree, pictures.get(one.id, ())) async for one in by_turns(rows) if one.id in tree]
            return Document(
                id=str(row.id),
                active_leaf_id=None if row.active_leaf_id is None else str(row.active_leaf_id),
                **{name: getattr(row, name) for name in OF_CONVERSATION},
                origins=tuple(row.origins or ()),
                messages=tuple(messages),
            )


async def _pictures(session: AsyncSession, *are_its: object) -> dict[UUID, tuple[DocumentPicture, ...]]:
    query = (
        select(AttachmentRow.message_id, AttachmentRow.id, AttachmentRow.media_type, AttachmentRow.name)
        .join(MessageRow, MessageRow.id == AttachmentRow.message_id)
        .where(*are_its)  # type: ignore[arg-type]  # conditions, typed more widely
        .order_by(AttachmentRow.id)
    )
    found: dict[UUID, tuple[DocumentPicture, ...]] = {}
    for message_id, key, media_type, name in await session.execute(query):
        picture = DocumentPicture(id=str(key), media_type=media_type, name=name)
        found[message_id] = (*found.get(message_id, ()), picture)
    return found


def _node(row: Row[Any]) -> Node:
    """A deleted one is passed through: what stands below it stands below the nearest one above that is there."""
    return Node(row.id, row.parent_id, row.role, row.created_at, row.deleted_at is not None)


def _message(row: Row[Any], tree: Tree, pictures: tuple[DocumentPicture, ...]) -> DocumentMessage:
    parent = tree.parent(row.id)
    return DocumentMessage(
        id=str(row.id),
        parent_id=None if parent is None else str(parent),
        **{name: getattr(row, name) for name in OF_MESSAGE},
        sent=None if row.sent is None else msgspec.convert(row.sent, Sent),
        sources=kept_sources(row.citations),
        pictures=pictures,
    )
