"""Streams that people have open, and their end when the right to read them ends.

A session that is ended in another process is noticed within INTERVAL, by one query for all streams that are open here.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing, asynccontextmanager, suppress
from typing import Final, TypeVar
from uuid import UUID

from webapp.accounts.users import Caller
from webapp.background import background
from webapp.db.job_log import JobLog
from webapp.web.refusals import SignedOutError

logger = logging.getLogger(__name__)

INTERVAL: Final = 1.0

Version = TypeVar("Version")
Alive = Callable[[Iterable[UUID]], Awaitable[set[UUID]]]


class _Reading:
    """One open stream."""

    def __init__(self) -> None:
        self.is_over = False
        self._waiting: asyncio.Timeout | None = None

    async def next(self, versions: AsyncGenerator[Version, None]) -> Version:
        """What comes next, for as long as it is waited for. Raises SignedOutError as soon as it is over."""
        try:
            async with asyncio.timeout(None) as self._waiting:
                version = await anext(versions)
        except TimeoutError:
            if not self.is_over:
                raise
        finally:
            self._waiting = None
        if self.is_over:
            raise SignedOutError
        return version

    def end(self) -> None:
        self.is_over = True
        if self._waiting is not None:
            self._waiting.reschedule(0)  # a time that has passed


class Presence:
    def __init__(self, *alive: Alive) -> None:
        """Each of `alive` tells which of some credentials have not ended."""
        self._alive = alive
        self._readings: dict[UUID, set[_Reading]] = {}
        self._is_needed = asyncio.Event()
        self._log = JobLog(logger, "Sessions could not be looked up")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        async with background(self._watch(), name="presence"):
            yield

    async def reading(self, caller: Caller, versions: AsyncGenerator[Version, None]) -> AsyncGenerator[Version, None]:
        """Passes on what `versions` yields for as long as the caller may read it; then raises SignedOutError."""
        if caller.credential is None:
            async with aclosing(versions):
                async for version in versions:
                    yield version
            return
        reading = _Reading()
        self._readings.setdefault(caller.credential, set()).add(reading)
        self._is_needed.set()
        try:
            async with aclosing(versions):
                with suppress(StopAsyncIteration):
                    while True:
                        yield await reading.next(versions)
        finally:
            self._forget(caller.credential, reading)

    def end(self, credentials: Iterable[UUID]) -> None:
        """Ends what is open by sessions or tokens that were ended here, also what is silent just now."""
        for credential in credentials:
            for reading in self._readings.get(credential, ()):
                reading.end()

    def _forget(self, credential: UUID, reading: _Reading) -> None:
        left = self._readings.get(credential, set())
        left.discard(reading)
        if not left:
            self._readings.pop(credential, None)

    async def _watch(self) -> None:
        while True:
            await self._is_needed.wait()
            await asyncio.sleep(INTERVAL)
            await self._look()
            if not self._readings:
                self._is_needed.clear()

    async def _look(self) -> None:
        """While the database is away nobody can have been signed out elsewhere; what is open stays open."""
        open_now = list(self._readings)
        try:
            alive = set().union(*[await alive(open_now) for alive in self._alive])
        except Exception as error:
            self._log.failed(error)
            return
        self._log.worked()
        self.end(set(open_now) - alive)
