"""The words by which somebody keeps conversations together. Every method takes the owner first."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy import delete, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.conversations.listing import Tag, View
from webapp.conversations.listing_store import are_chosen
from webapp.db.engine import Database
from webapp.db.tables import IS_THERE
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Tag as TagRow
from webapp.db.tables import Tagging as TaggingRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError

MAX_NAME: Final = 40  # characters
MAX_TAGS: Final = 200  # of one owner


class Tags:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self, owner: UUID) -> list[Tag]:
        """The owner's tags, by their names."""
        async with self._database.read() as session:
            rows = await session.execute(
                select(TagRow.id, TagRow.name).where(TagRow.owner_id == owner).order_by(TagRow.folded)
            )
            return [Tag(*row) for row in rows]

    async def find(self, owner: UUID, tag_id: UUID) -> Tag:
        async with self._database.read() as session:
            row = await _find(session, owner, tag_id)
            return Tag(row.id, row.name)

    async def add(self, owner: UUID, chosen: Iterable[UUID] | View, name: str) -> Tag:
        """Puts a tag on some of the owner's conversations, or a whole view, and makes it where none has that name."""
        name = _checked(name)
        async with self._database.write(owner) as session:
            tag = await session.scalar(select(TagRow).where(TagRow.owner_id == owner, TagRow.folded == name.lower()))
            if tag is None:
                tag = await _make(session, owner, name)
            own = select(ConversationRow.id).where(ConversationRow.owner_id == owner, IS_THERE, *are_chosen(chosen))
            have = select(TaggingRow.conversation_id).where(TaggingRow.tag_id == tag.id)
            lack = (await session.scalars(own.where(ConversationRow.id.not_in(have)))).all()
            if lack:
                rows = [{"id": new_id(), "tag_id": tag.id, "conversation_id": one} for one in lack]
                await session.execute(insert(TaggingRow), rows)
            return Tag(tag.id, tag.name)

    async def take_off(self, owner: UUID, chosen: Iterable[UUID] | View, tag_id: UUID) -> None:
        async with self._database.write(owner) as session:
            await _find(session, owner, tag_id)
            own = select(ConversationRow.id).where(ConversationRow.owner_id == owner, *are_chosen(chosen))
            its = (TaggingRow.tag_id == tag_id, TaggingRow.conversation_id.in_(own))
            await session.execute(delete(TaggingRow).where(*its))

    async def rename(self, owner: UUID, tag_id: UUID, name: str) -> None:
        """Raises ConflictError where another tag has that name."""
        name = _checked(name)
        async with self._database.write(owner) as session:
            row = await _find(session, owner, tag_id)
            same = select(TagRow.id).where(TagRow.owner_id == owner, TagRow.folded == name.lower(), TagRow.id != tag_id)
            if (await session.execute(same)).first():
                raise ConflictError(f"There is a tag “{name}” already.")
            row.name, row.folded = name, name.lower()

    async def remove(self, owner: UUID, tag_id: UUID) -> None:
        """Takes a tag away from all conversations, which stay."""
        async with self._database.write(owner) as session:
            await _find(session, owner, tag_id)
            await session.execute(delete(TagRow).where(TagRow.id == tag_id, TagRow.owner_id == owner))


async def _find(session: AsyncSession, owner: UUID, tag_id: UUID) -> TagRow:
    row: TagRow | None = await session.scalar(select(TagRow).where(TagRow.id == tag_id, TagRow.owner_id == owner))
    if row is None:
        raise NotFoundError("There is no such tag. It may have been removed.")
    return row


async def _make(session: AsyncSession, owner: UUID, name: str) -> TagRow:
    count = select(func.count()).select_from(TagRow).where(TagRow.owner_id == owner)
    if (await session.execute(count)).scalar_one() >= MAX_TAGS:
        raise ConflictError(f"There are {MAX_TAGS} tags already, as many as there may be. Remove one first.")
    tag = TagRow(owner_id=owner, name=name, folded=name.lower(), created_at=datetime.now(UTC))
    session.add(tag)
    await session.flush()
    return tag


def _checked(name: str) -> str:
    """The name on one line. Raises InvalidError for one that is none."""
    line = " ".join(name.split())
    if not line or len(line) > MAX_NAME or '"' in line or not line.isprintable():
        raise InvalidError(f"A tag has 1 to {MAX_NAME} characters, and no quotation marks.")
    return line
