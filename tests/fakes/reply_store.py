"""The real store of growing answers, which tells of its checkpoints, and which a test can hold up or make fail."""

import asyncio
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import update

from tests.fakes.model import PATIENCE
from webapp.conversations.replies_store import Checkpoint, Ending, Kept, Progress, ReplyStore
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE
from webapp.db.tables import Message as MessageRow


class TroubledReplyStore(ReplyStore):
    """`failing` has how many times the next calls of a method are to fail, with `error`."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.failing = {"checkpoint": 0, "end": 0, "read": 0, "reap": 0}
        self.error: Exception = OSError("No space left on device")
        self.reads = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.may_read = asyncio.Event()
        self.may_read.set()
        self._ending = asyncio.Event()
        self._checkpoints = 0
        self._checkpointed = asyncio.Event()

    async def checkpointed(self) -> None:
        """Returns after a checkpoint that began later than this."""
        async with asyncio.timeout(PATIENCE):
            at_least = self._checkpoints + 2  # one may be under way
            while self._checkpoints < at_least:
                self._checkpointed.clear()
                await self._checkpointed.wait()

    async def is_ending(self) -> None:
        """Returns when somebody wants to keep the end of an answer."""
        async with asyncio.timeout(PATIENCE):
            await self._ending.wait()

    async def checkpoint(self, changed: Iterable[Progress], live: Mapping[UUID, int]) -> Kept:
        self._fail("checkpoint")
        kept = await super().checkpoint(changed, live)
        self._checkpoints += 1
        self._checkpointed.set()
        return kept

    async def end(self, ending: Ending, now: datetime) -> bool:
        self._ending.set()
        await self.may_end.wait()
        self._fail("end")
        return await super().end(ending, now)

    async def read(self, message_ids: Iterable[UUID], silent_after: timedelta) -> dict[UUID, Checkpoint]:
        self.reads += 1
        await self.may_read.wait()
        self._fail("read")
        return await super().read(message_ids, silent_after)

    async def reap(self, silent_after: timedelta) -> int:
        self._fail("reap")
        return await super().reap(silent_after)

    async def silence(self, message_id: UUID, silent_for: timedelta) -> None:
        """Makes the last heartbeat of a growing answer one of so long ago."""
        async with self._database.write() as session:
            change = update(MessageRow).where(MessageRow.id == message_id, IS_LIVE)
            await session.execute(change.values(heartbeat_at=moment(ago=silent_for)))

    def _fail(self, method: str) -> None:
        if self.failing[method]:
            self.failing[method] -= 1
            raise self.error
