"""A document as rows of the database: a conversation of its own, or what one that is here does not have yet."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from msgspec import to_builtins
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.background import by_turns
from webapp.conversations.pictures import Picture, picture_of
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.ids import MessageIds, Named, end_of
from webapp.documents.store import OF_CONVERSATION, OF_MESSAGE

M = TypeVar("M", bound=Named)

ROWS: Final = 200  # of messages in one statement


class Known:
    """The messages of a conversation that is here, by the ids that they have in files."""

    def __init__(self, conversation: UUID, rows: Iterable[tuple[UUID, str]], *, is_there: bool = True) -> None:
        """With `is_there` False it is deleted: then nothing in a file is new to it."""
        self.conversation = conversation
        self._ids = MessageIds(conversation)
        self.is_there = is_there
        self._by_name, self._by_end = dict[str, UUID](), dict[int, UUID]()
        for key, origin in rows:
            self._by_name[str(key)] = key
            self._by_end[end_of(key)] = key  # of what came before origins were kept
            if origin:
                self._by_name[origin] = key

    @property
    def last(self) -> UUID | None:
        return max(self._by_end.values(), default=None)

    def find(self, message: Named) -> UUID | None:
        return self._by_name.get(message.first_id) or self._by_end.get(self._ids.end(message))

    def new_of(self, messages: Iterable[M]) -> list[M]:
        """The messages that are not here yet."""
        return [one for one in messages if self.find(one) is None] if self.is_there else []


async def here(session: AsyncSession, owner: UUID, keys: Sequence[UUID]) -> dict[UUID, Known]:
    """Those among `keys` that conversations of the owner's have."""
    conversations = await session.execute(
        select(ConversationRow.id, ConversationRow.deleted_at).where(
            ConversationRow.owner_id == owner, ConversationRow.id.in_(keys)
        )
    )
    there = {key: deleted_at is None for key, deleted_at in conversations}
    rows = await session.execute(
        select(MessageRow.conversation_id, MessageRow.id, MessageRow.origin).where(
            MessageRow.owner_id == owner, MessageRow.conversation_id.in_(there)
        )
    )
    messages: dict[UUID, list[tuple[UUID, str]]] = {key: [] for key in there}
    for conversation, key, origin in rows:
        messages[conversation].append((key, origin))
    return {key: Known(key, messages[key], is_there=is_there) for key, is_there in there.items()}


class Intake(NamedTuple):
    """A conversation that messages of a document come into: what ids they get, by those that they have there.

    `new` has the ids in the document of those that are not here yet.
    """

    owner: UUID
    conversation: UUID
    by_name: Mapping[str, UUID]
    new: frozenset[str]


async def begin(session: AsyncSession, owner: UUID, key: UUID, document: Document, origins: Sequence[str]) -> Intake:
    """Begins the conversation `key` for a sound document. Its messages are added by `add_messages`, all of them."""
    ids = MessageIds(key)
    by_name = {message.id: ids.next(message) async for message in by_turns(document.messages)}
    values = {name: getattr(document, name) for name in OF_CONVERSATION}
    leaf = None if document.active_leaf_id is None else by_name[document.active_leaf_id]
    row = ConversationRow(id=key, owner_id=owner, active_leaf_id=leaf, origins=list(origins), **values)
    session.add(row)
    await session.flush()
    return Intake(owner, key, by_name, frozenset(by_name))


async def grow(session: AsyncSession, owner: UUID, known: Known, document: Document) -> Intake:
    """Makes a conversation ready for those messages of a sound document that it does not have.

    Nothing of what is here changes. Where the reader is at the end of what the file goes on from, the end of the file's
    branch is shown.
    """
    new = frozenset(one.id for one in known.new_of(document.messages))
    if not new:
        return Intake(owner, known.conversation, {}, new)
    ids = MessageIds(known.conversation, after=known.last)
    by_name = {one.id: known.find(one) or ids.next(one) async for one in by_turns(document.messages)}
    row = await session.get_one(ConversationRow, known.conversation)
    if _goes_on(document, by_name, row.active_leaf_id):
        row.active_leaf_id = by_name[document.active_leaf_id or ""]
    row.updated_at = max(row.updated_at, document.updated_at)
    return Intake(owner, known.conversation, by_name, new)


def _goes_on(document: Document, by_name: Mapping[str, UUID], leaf: UUID | None) -> bool:
    """Whether the branch that a document shows leads on from a message."""
    branch = [by_name[one.id] for one in document.branch]
    return bool(branch) and (leaf is None or leaf in branch[:-1])


async def add_messages(session: AsyncSession, intake: Intake, messages: Sequence[DocumentMessage]) -> None:
    """Adds those that are new, with the pictures that they have; parents come before their children."""
    new = [one for one in messages if one.id in intake.new]
    for some in (new[start : start + ROWS] for start in range(0, len(new), ROWS)):
        await session.execute(insert(MessageRow), [_message_row(intake, one) for one in some])
        for message in some:
            for picture in message.pictures:
                await add_picture(session, intake, message, picture.data or b"")


async def add_picture(session: AsyncSession, intake: Intake, message: DocumentMessage, data: bytes) -> None:
    """Adds a picture to a message, unless that was here, or it is none."""
    picture = picture_of(data) if message.id in intake.new else None
    if picture is not None:
        row = _picture_row(intake.by_name[message.id], message, picture)
        await session.execute(insert(AttachmentRow), row)


def _message_row(intake: Intake, message: DocumentMessage) -> dict[str, Any]:
    return {
        **{name: getattr(message, name) for name in OF_MESSAGE},
        "id": intake.by_name[message.id],
        "conversation_id": intake.conversation,
        "owner_id": intake.owner,
        "parent_id": None if message.parent_id is None else intake.by_name[message.parent_id],
        "origin": message.first_id,
        "sent": None if message.sent is None else to_builtins(message.sent),
        "citations": [{"url": one.url, "title": one.title} for one in message.sources],
    }


def _picture_row(message_id: UUID, message: DocumentMessage, picture: Picture) -> dict[str, Any]:
    width, height = picture.size or (None, None)
    return {
        "id": new_id(),
        "message_id": message_id,
        "name": "",  # as it came from outside: it goes to nobody before it is painted
        "media_type": picture.media_type,
        "size": len(picture.data),
        "width": width,
        "height": height,
        "data": picture.data,
        "created_at": message.created_at,
    }
