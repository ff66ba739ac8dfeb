"""Keeps how answers have ended, with as much patience as it takes: until then they are in memory, for their readers."""

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime
from itertools import chain, repeat
from typing import Final
from uuid import UUID

from webapp.conversations.messages import Status
from webapp.conversations.mirrors import SILENT_AFTER
from webapp.conversations.replies_store import Ending, ReplyKeeper
from webapp.conversations.reply import Reply
from webapp.db.outages import AwayError
from webapp.web.refusals import UnavailableError

logger = logging.getLogger(__name__)

DELAYS: Final = (0.2, 1.0, 3.0, 10.0)  # seconds between two tries; the last one for as long as it takes
LAST_CHANCE: Final = 5.0  # seconds after the drain in which the process still tries, at least once
LAST_DELAY: Final = 1.0
MOST_WAITING: Final = 64_000_000  # characters and bytes of answers that wait; beyond that no new ones are begun


class Endings:
    """An answer that waits to be kept counts as growing: it has its heartbeat, its readers, and its place in a page."""

    def __init__(self, store: ReplyKeeper) -> None:
        self._store = store
        self._closing = asyncio.Event()
        self._closes_at = 0.0
        self._waiting: dict[UUID, int] = {}  # how large they are

    def check_room(self) -> None:
        """Raises UnavailableError while so much waits that nothing may be added."""
        if sum(self._waiting.values()) > MOST_WAITING:
            raise UnavailableError(
                "Too many answers wait to be saved, because the database can't be written. Send again in a minute.",
                retry_after=60,
            )

    async def keep(self, reply: Reply, ending: Ending) -> bool:
        """Keeps an ending as soon as that can be done. False if it's given up.

        That is when the process ends before, or for an error that doesn't pass. Where the answer goes on elsewhere,
        the reply is lost.
        """
        ended_at, tries = datetime.now(UTC), 0
        try:
            for delay in chain(DELAYS, repeat(DELAYS[-1])):
                tries += 1
                try:
                    await self._end(reply, ending, ended_at)
                    break
                except Exception as error:
                    self._note(reply, ending, error, is_first=tries == 1)
                    if self._is_last(tries, error):
                        logger.error("Reply %s is given up, and stays as its last checkpoint has it", reply.id)
                        return False
                await self._pause(delay)
        finally:
            self._waiting.pop(reply.id, None)
        if tries > 1:
            logger.info("Reply %s is kept, at try %d", reply.id, tries)
        return True

    def close(self) -> None:
        """Says that the process ends: what waits is tried at once, and given up after LAST_CHANCE. Once is enough."""
        if self._closing.is_set():
            return
        self._closes_at = asyncio.get_running_loop().time() + LAST_CHANCE
        self._closing.set()

    async def _end(self, reply: Reply, ending: Ending, ended_at: datetime) -> None:
        if not await self._store.end(ending, ended_at) and await self._goes_on(reply):
            reply.lose()

    async def _goes_on(self, reply: Reply) -> bool:
        """Whether another process has taken the answer over, and it grows there."""
        kept = (await self._store.read([reply.id], SILENT_AFTER)).get(reply.id)
        return kept is not None and kept.status is Status.STREAMING

    def _note(self, reply: Reply, ending: Ending, error: Exception, *, is_first: bool) -> None:
        if not is_first:
            return
        self._waiting[reply.id] = _size(ending)
        if not isinstance(error, AwayError):  # an outage is in the log already
            logger.error("Reply %s could not be kept", reply.id, exc_info=not isinstance(error, ConnectionError))
        why = f"{error.trouble.what}, so this" if isinstance(error, AwayError) else "This"
        reply.notice = f"{why} answer isn't saved yet. The server goes on trying."
        reply.changed()

    def _is_last(self, tries: int, error: Exception) -> bool:
        if self._closing.is_set() and asyncio.get_running_loop().time() >= self._closes_at:
            return True
        return tries > len(DELAYS) and not _may_pass(error)

    async def _pause(self, delay: float) -> None:
        if self._closing.is_set():
            await asyncio.sleep(min(delay, LAST_DELAY))
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(delay):
                await self._closing.wait()


def _may_pass(error: Exception) -> bool:
    return error.trouble.passes if isinstance(error, AwayError) else isinstance(error, OSError)


def _size(ending: Ending) -> int:
    progress, rendering = ending.progress, ending.rendering
    texts = (progress.content, progress.reasoning, rendering.html, rendering.reasoning_html)
    return sum(map(len, texts)) + sum(len(picture.data) for picture in ending.pictures)
