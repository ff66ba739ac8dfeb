"""Lets go of what was deleted a while ago, and by RETENTION_DAYS of unused conversations, a few at a time."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from webapp.background import background
from webapp.db.job_log import JobLog

logger = logging.getLogger(__name__)

SWEEP_INTERVAL: Final = 3600.0  # seconds
FIRST_SWEEP_DELAY: Final = 60.0  # a start has other things to do
BATCH: Final = 20  # conversations deleted at once: nobody who writes waits for longer
BATCH_OF_MESSAGES: Final = 200
PAUSE: Final = 0.2  # seconds between two batches
KEPT_FOR: Final = timedelta(days=30)  # what was deleted, so that it can be brought back


class Store(Protocol):
    """Where conversations are."""

    async def owners(self) -> list[UUID]: ...

    async def delete_unused(self, owner: UUID, unused_for: timedelta, limit: int) -> int: ...

    async def purge(self, owner: UUID, limit: int) -> int: ...
    async def clear_deleted(self, owner: UUID, kept_for: timedelta, limit: int) -> int: ...


class Retention:
    def __init__(
        self,
        store: Store,
        days: int,
        count: Callable[[int], None],
        *,
        first_delay: float = FIRST_SWEEP_DELAY,
        interval: float = SWEEP_INTERVAL,
        pause: float = PAUSE,
    ) -> None:
        """With 0 `days` all stays that is not deleted. `count` is told how many unused ones each batch has let go."""
        self._store = store
        self._days = days
        self._count = count
        self._first_delay = first_delay
        self._interval = interval
        self._pause = pause
        self._log = JobLog(logger, "Old conversations could not be deleted")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Sweeps from time to time while the block runs."""
        async with background(self._keep_sweeping(), name="retention"):
            yield

    async def sweep(self) -> int:
        """Lets go of all that nobody has used for so long, and of what was deleted; returns how many were unused."""
        total = 0
        for owner in await self._store.owners():
            await self._in_batches(partial(self._store.purge, owner, BATCH_OF_MESSAGES))
            await self._in_batches(partial(self._store.clear_deleted, owner, KEPT_FOR, BATCH))
            if self._days:
                unused = partial(self._store.delete_unused, owner, timedelta(days=self._days), BATCH)
                total += await self._in_batches(unused, self._count)
        if total:
            logger.info("Deleted %d conversations that nobody had used for %d days", total, self._days)
        return total

    async def _in_batches(
        self, delete: Callable[[], Awaitable[int]], count: Callable[[int], None] | None = None
    ) -> int:
        total = 0
        while deleted := await delete():
            total += deleted
            if count:
                count(deleted)
            await asyncio.sleep(self._pause)
        return total

    async def _keep_sweeping(self) -> None:
        await asyncio.sleep(self._first_delay)
        while True:
            try:
                await self.sweep()
                self._log.worked()
            except Exception as error:  # whatever it was, the next sweep will find what this one has left
                self._log.failed(error)
            await asyncio.sleep(self._interval)
