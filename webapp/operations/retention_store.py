"""Conversations that nobody has used for long, and their end."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import delete, exists, or_, select, update

from webapp.conversations.listing_store import Listing
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow

PURGED_AFTER: Final = timedelta(days=7)  # until then a deletion of messages can be taken back


class RetentionStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def owners(self) -> list[UUID]:
        """Everybody who may have conversations."""
        async with self._database.read() as session:
            return list(await session.scalars(select(UserRow.id).order_by(UserRow.id)))

    async def clear_deleted(self, owner: UUID, kept_for: timedelta, limit: int) -> int:
        """Deletes up to `limit` conversations for good that their owner deleted so long ago; returns how many."""
        return await Listing(self._database).clear(owner, datetime.now(UTC) - kept_for, limit)

    async def delete_unused(self, owner: UUID, unused_for: timedelta, limit: int) -> int:
        """Deletes up to `limit` of the owner's conversations, those first that have been unused the longest.

        Used is a conversation in which something was asked, or an answer ended. Pinned ones stay, and those with a
        growing answer. Returns how many are gone, with their messages and what belongs to them.
        """
        since = moment(unused_for)
        used = exists().where(
            MessageRow.conversation_id == ConversationRow.id, or_(IS_LIVE, MessageRow.finished_at >= since)
        )
        unused = (
            select(ConversationRow.id)
            .where(
                ConversationRow.owner_id == owner,
                ConversationRow.pinned.is_(False),
                ConversationRow.updated_at < since,
                ~used,
            )
            .order_by(ConversationRow.updated_at)
            .limit(limit)
        )
        async with self._database.write(owner) as session:
            ids = list(await session.scalars(unused))
            if ids:
                await session.execute(delete(MessageRow).where(MessageRow.conversation_id.in_(ids)))
                await session.execute(delete(ConversationRow).where(ConversationRow.id.in_(ids)))
            return len(ids)

    async def purge(self, owner: UUID, limit: int) -> int:
        """Lets go of up to `limit` messages of the owner's that were deleted PURGED_AFTER ago; returns how many.

        What stands below them comes to stand below the nearest message above that stays.
        """
        expired = (
            select(MessageRow.id, MessageRow.parent_id)
            .where(
                MessageRow.owner_id == owner,
                MessageRow.deleted_at.is_not(None),
                MessageRow.deleted_at < moment(PURGED_AFTER),
            )
            .order_by(MessageRow.deleted_at)
            .limit(limit)
        )
        async with self._database.write(owner) as session:
            gone = {row.id: row.parent_id for row in await session.execute(expired)}
            below = select(MessageRow.id, MessageRow.parent_id).where(MessageRow.parent_id.in_(gone))
            for key, parent in (await session.execute(below)).all():
                if key not in gone:
                    await session.execute(
                        update(MessageRow).where(MessageRow.id == key).values(parent_id=_staying(gone, parent))
                    )
            await session.execute(delete(MessageRow).where(MessageRow.id.in_(gone)))
            return len(gone)


def _staying(gone: Mapping[UUID, UUID | None], message_id: UUID | None) -> UUID | None:
    while message_id is not None and message_id in gone:
        message_id = gone[message_id]
    return message_id
