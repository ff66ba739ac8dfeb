"""Puts what is new where search finds it: in the background, and before a search, so that nothing new is missed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from webapp.background import background
from webapp.db.job_log import JobLog

logger = logging.getLogger(__name__)

LOOK_INTERVAL: Final = 5.0  # seconds between two looks at whether something waits
PAUSE: Final = 0.05  # seconds between two batches: others are to write, too


class Store(Protocol):
    """Where documents wait."""

    async def index_some(self) -> int: ...


class Indexer:
    def __init__(self, store: Store, *, interval: float = LOOK_INTERVAL, pause: float = PAUSE) -> None:
        self._store = store
        self._interval = interval
        self._pause = pause
        self._log = JobLog(logger, "The index of search could not be kept")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Indexes while the block runs: what is new, and after an upgrade all that there is."""
        async with background(self._keep_indexing(), name="search index"):
            yield

    async def catch_up(self) -> None:
        """Indexes what came last. Where that fails, what is there already is found all the same."""
        await self._index()

    async def _keep_indexing(self) -> None:
        while True:
            more_waits = await self._index()
            await asyncio.sleep(self._pause if more_waits else self._interval)

    async def _index(self) -> int:
        try:
            count = await self._store.index_some()
        except Exception as error:  # what is left waits for the next time
            self._log.failed(error)
            return 0
        self._log.worked()
        return count
