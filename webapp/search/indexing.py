"""Puts what is new where search finds it: in the background, and before a search, so that nothing new is missed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, Protocol

from webapp.background import background, end
from webapp.db.job_log import JobLog

logger = logging.getLogger(__name__)

LOOK_INTERVAL: Final = 5.0  # seconds between two looks at whether something waits
CATCH_UP: Final = 0.3  # seconds that a search waits for what is new
PAUSE: Final = 0.05  # seconds between two batches: others are to write, too


class Store(Protocol):
    """Where documents wait."""

    async def index_some(self) -> int: ...


class Indexer:
    def __init__(self, store: Store, *, interval: float = LOOK_INTERVAL, pause: float = PAUSE) -> None:
        self._store = store
        self._interval = interval
        self._pause = pause
        self._catching_up: asyncio.Task[int] | None = None
        self._log = JobLog(logger, "The index of search could not be kept")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Indexes while the block runs: what is new, and after an upgrade all that there is."""
        async with background(self._keep_indexing(), name="search index"):
            try:
                yield
            finally:
                if self._catching_up is not None:
                    await end(self._catching_up)

    async def catch_up(self) -> None:
        """Indexes what came last, and returns when that is done or CATCH_UP is over.

        Where it fails or takes longer, what is there already is found all the same.
        """
        if self._catching_up is None or self._catching_up.done():
            self._catching_up = asyncio.create_task(self._index(), name="search index, for a search")
            await asyncio.wait([self._catching_up], timeout=CATCH_UP)

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
