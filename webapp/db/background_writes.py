"""Writes for which nobody waits long: what a page notes on the way, so that reading never waits for writing."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Hashable
from math import inf
from typing import Final

from webapp.background import end
from webapp.db.job_log import JobLog
from webapp.db.outages import AwayError

logger = logging.getLogger(__name__)

PATIENCE: Final = 0.2  # seconds that whoever asks for a write waits for it: it's almost always done in a few ms
DELAYS: Final = (0.5, 2.0, 5.0)  # seconds until the next try, while the database is away
MOST: Final = 1_000  # writes that wait; beyond that the oldest are let go of
LAST_CHANCE: Final = 2.0  # seconds for what is left when the process ends


class _Write:
    def __init__(self, work: Callable[[], Awaitable[object]], *, is_kept: bool) -> None:
        self.work = work
        self.is_kept = is_kept
        self.done = asyncio.get_running_loop().create_future()

    def end(self) -> None:
        if not self.done.done():
            self.done.set_result(None)


class BackgroundWrites:
    """Done one after another. What an outage keeps from being done is tried again until it's over."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, _Write] = {}
        self._worker: asyncio.Task[None] | None = None
        self._began_at = -inf  # when the write that is under way was begun; -inf between two tries
        self._log = JobLog(logger, "Something could not be written in the background")

    async def do(
        self, key: Hashable, work: Callable[[], Awaitable[object]], *, keep: bool = True, patience: float = PATIENCE
    ) -> None:
        """Has `work` done, and returns when it is, or after `patience`. Never raises what `work` raises.

        Where others already wait for longer than that, it returns at once.

        Of writes with one key that wait, the last is done. Where it's not to be kept, it's let go of as soon as there
        is something in its way: for what is large, and will come again.
        """
        if self._waiting and not keep:
            return
        loop, write = asyncio.get_running_loop(), _Write(work, is_kept=keep)
        self._drop(key)
        self._waiting[key] = write
        if len(self._waiting) > MOST:
            self._drop(next(iter(self._waiting)))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work(), name="background writes")
            self._began_at = loop.time()
        if loop.time() - self._began_at < patience:
            await asyncio.wait([write.done], timeout=patience)

    async def close(self) -> None:
        """Tries what is left once more, in little time."""
        if self._worker is not None:
            await end(self._worker)
        last = asyncio.create_task(self._try_all(), name="last background writes")
        await asyncio.wait([last], timeout=LAST_CHANCE)
        await end(last)
        for key in list(self._waiting):
            self._drop(key)

    async def _work(self) -> None:
        failures = 0
        while self._waiting:
            key, write = next(iter(self._waiting.items()))
            self._began_at = asyncio.get_running_loop().time()
            if await self._try(key, write):
                failures = 0
                continue
            self._began_at = -inf
            await asyncio.sleep(DELAYS[min(failures, len(DELAYS) - 1)])
            failures += 1

    async def _try_all(self) -> None:
        for key, write in list(self._waiting.items()):
            await self._try(key, write)

    async def _try(self, key: Hashable, write: _Write) -> bool:
        """False if it has to wait for the end of an outage, behind all others."""
        try:
            await write.work()
            self._log.worked()
        except Exception as error:
            self._log.failed(error)
            if write.is_kept and isinstance(error, AwayError) and error.trouble.passes:
                if self._waiting.get(key) is write:
                    self._waiting[key] = self._waiting.pop(key)
                return False
        if self._waiting.get(key) is write:
            del self._waiting[key]
        write.end()
        return True

    def _drop(self, key: Hashable) -> None:
        if (write := self._waiting.pop(key, None)) is not None:
            write.end()
