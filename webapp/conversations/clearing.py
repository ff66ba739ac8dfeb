"""Deletes conversations for good, a few at a time, while whoever asked for it looks on or goes elsewhere."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Protocol
from uuid import UUID

from webapp.background import end
from webapp.db.patience import outlast

logger = logging.getLogger(__name__)

BATCH: Final = 20  # conversations deleted at once: nobody who writes waits for longer
PAUSE: Final = 0.05  # seconds between two batches


class Store(Protocol):
    """Where what was deleted is kept for a while."""

    async def clear(self, owner: UUID, deleted_before: datetime, limit: int) -> int: ...


class Clearing:
    """One task for each owner. What a process that ends leaves, the sweep of retention finds."""

    def __init__(self, store: Store, for_good: datetime, *, pause: float = PAUSE) -> None:
        """`for_good` is when conversations were deleted that are to go now, as they say."""
        self._store = store
        self._before = for_good + timedelta(days=1)
        self._pause = pause
        self._tasks: dict[UUID, asyncio.Task[None]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await end(*self._tasks.values())

    def start(self, owner: UUID) -> None:
        """Begins to delete what of the owner's is to go. Returns at once, also where that is under way."""
        if owner not in self._tasks:
            self._tasks[owner] = asyncio.create_task(self._clear(owner), name="clearing")
            self._tasks[owner].add_done_callback(lambda _: self._tasks.pop(owner))

    async def _clear(self, owner: UUID) -> None:
        try:
            is_left = True
            while is_left:
                is_left = await outlast(partial(self._store.clear, owner, self._before, BATCH)) > 0
                await asyncio.sleep(self._pause)
        except Exception:  # what is left goes with the next sweep
            logger.exception("Deleted conversations could not be cleared away")
