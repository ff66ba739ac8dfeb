"""Which branches are shared, and under which address.

The owner's methods take the owner first. A reader has nothing but a token: what they may read is the branch of that
share and nothing else, and each look-up of theirs goes by the ids of the branch.
"""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import and_, delete, func, select

from webapp.conversations.windows_store import way
from webapp.db.engine import Database
from webapp.db.tables import IS_THERE
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import Share as ShareRow
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError

TOKEN_BYTES: Final = 20  # 160 bits: nobody guesses one
MOST: Final = 500  # of one owner
PAGE: Final = 100  # shares on a page of their list
LOOKUPS: Final = 3  # of pictures at a time

_GONE: Final = "There is nothing at this address. What was shared here may have been withdrawn."


class Share(Struct, frozen=True):
    """A share as its owner sees it; `title` is the conversation's."""

    id: UUID
    token: str
    conversation_id: UUID
    title: str
    with_later: bool
    is_live: bool
    created_at: datetime


class Shared(Struct, frozen=True):
    """A share as a reader finds it. `branch` has the ids of all messages that they may read, from the top down."""

    id: UUID
    token: str
    owner_id: UUID
    conversation_id: UUID
    title: str
    is_live: bool
    branch: tuple[UUID, ...]

    def require(self, message_id: UUID) -> None:
        """NotFoundError for a message that is not on the branch."""
        if message_id not in self.branch:
            raise NotFoundError("There is no such message here.")


class ShareStore:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._lookups = asyncio.Semaphore(LOOKUPS)

    # The owner's

    async def add(self, owner: UUID, conversation_id: UUID, *, with_later: bool, is_live: bool) -> UUID:
        """Shares the branch that is shown, as far as it has come.

        Raises InvalidError if there is no message yet, and ConflictError above MOST.
        """
        async with self._database.write(owner) as session:
            number = await session.scalar(select(func.count()).select_from(ShareRow).where(ShareRow.owner_id == owner))
            if (number or 0) >= MOST:
                raise ConflictError(
                    f"You have {MOST} links already, those of deleted conversations included. Withdraw one first."
                )
            conversation = (
                await session.execute(
                    select(ConversationRow.active_leaf_id).where(
                        ConversationRow.id == conversation_id, ConversationRow.owner_id == owner, IS_THERE
                    )
                )
            ).first()
            if conversation is None:
                raise NotFoundError("There is no such conversation. It may have been deleted.")
            if conversation.active_leaf_id is None:
                raise InvalidError("There is no message to share yet. Ask something first.")
            row = ShareRow(
                owner_id=owner,
                conversation_id=conversation_id,
                leaf_id=conversation.active_leaf_id,
                token=secrets.token_urlsafe(TOKEN_BYTES),
                with_later=with_later,
                is_live=is_live,
                created_at=datetime.now(UTC),
            )
            session.add(row)
            return row.id

    async def listed(self, owner: UUID, before: UUID | None = None, limit: int = PAGE) -> list[Share]:
        """The owner's shares, the newest first; `before` is the id of the last one of the page above."""
        query = (
            select(
                ShareRow.id,
                ShareRow.token,
                ShareRow.conversation_id,
                ConversationRow.title,
                ShareRow.with_later,
                ShareRow.is_live,
                ShareRow.created_at,
            )
            .join(ConversationRow, ConversationRow.id == ShareRow.conversation_id)
            .where(ShareRow.owner_id == owner, IS_THERE)
            .order_by(ShareRow.id.desc())
            .limit(limit)
        )
        if before is not None:
            query = query.where(ShareRow.id < before)
        async with self._database.read() as session:
            return [Share(*row) for row in await session.execute(query)]

    async def revoke(self, owner: UUID, share_id: UUID) -> None:
        async with self._database.write(owner) as session:
            gone = delete(ShareRow).where(ShareRow.id == share_id, ShareRow.owner_id == owner).returning(ShareRow.id)
            if (await session.execute(gone)).first() is None:
                raise NotFoundError("There is no such share. It may have been withdrawn already.")

    # Readers'

    async def find(self, token: str) -> Shared:
        """What is shared by that token, as it is now."""
        query: Any = (
            select(ShareRow, ConversationRow.title, ConversationRow.active_leaf_id)
            .join(ConversationRow, ConversationRow.id == ShareRow.conversation_id)
            .where(ShareRow.token == token, ConversationRow.owner_id == ShareRow.owner_id, IS_THERE)
        )
        async with self._database.read() as session:
            found = (await session.execute(query)).first()
            if found is None:
                raise NotFoundError(_GONE)
            share, title, active_leaf_id = found
            branch = await way(session, share.leaf_id)
            if share.with_later and active_leaf_id is not None:
                shown = await way(session, active_leaf_id)
                branch = shown if share.leaf_id in shown else branch
        readable = tuple(one for one, is_there in branch.items() if is_there)
        return Shared(share.id, token, share.owner_id, share.conversation_id, title, share.is_live, readable)

    async def is_shared(self, share_id: UUID) -> bool:
        its = and_(ConversationRow.id == ShareRow.conversation_id, IS_THERE)
        query = select(ShareRow.id).join(ConversationRow, its).where(ShareRow.id == share_id)
        async with self._database.read() as session:
            return await session.scalar(query) is not None

    async def find_picture(self, token: str, picture_id: UUID) -> Shared:
        """What is shared by that token, if it has that picture.

        A page asks for many at once: a few are looked up at a time, so that others don't stand behind all of them.
        """
        async with self._lookups:
            shared = await self.find(token)
            await self.require_picture(shared, picture_id)
            return shared

    async def require_picture(self, shared: Shared, picture_id: UUID) -> None:
        """NotFoundError for a picture of a message that is not on the branch."""
        query = (
            select(AttachmentRow.message_id)
            .join(MessageRow, MessageRow.id == AttachmentRow.message_id)
            .where(AttachmentRow.id == picture_id, MessageRow.owner_id == shared.owner_id)
        )
        async with self._database.read() as session:
            if await session.scalar(query) not in shared.branch:
                raise NotFoundError("There is no such picture here.")
