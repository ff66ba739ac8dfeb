"""Answers that do not grow in this process: those that another one writes, and those that have just ended.

They are copied from their checkpoints for as long as somebody here reads them. Where there is a bus, whoever writes
them is asked for what is new, and the checkpoints are a net below it: what the bus loses is read there.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final
from uuid import UUID

from webapp.background import end
from webapp.bus.bus import EVERYONE, Bus, Piece, Watch
from webapp.conversations.messages import Message, Status
from webapp.conversations.replies_store import Checkpoint, ReplyKeeper
from webapp.conversations.reply import Reply
from webapp.db.job_log import JobLog

logger = logging.getLogger(__name__)

POLL_INTERVAL: Final = 0.25  # seconds between two looks at a checkpoint
FED_POLL_INTERVAL: Final = 2.0  # the same while the bus tells what is new
LOOK_PAUSE: Final = 0.02  # at least between two looks, whatever happens
LOOK_PATIENCE: Final = 5.0  # for one look; meanwhile the bus goes on telling
SILENT_AFTER: Final = timedelta(seconds=15)  # without a heartbeat for so long, an answer's process has died


class _Mirror:
    """A copy, and how many read it."""

    def __init__(self, answer: Message) -> None:
        self.reply = Reply(answer)
        self.run = answer.run
        self.readers = 0
        self.look_at = 0.0  # the loop's time of the next look at the checkpoint
        self.is_fed = False  # whether the last question to its writer was answered
        self.has_heard = False  # the same for the question that is under way

    def take(self, piece: Piece) -> bool:
        """Adds what is new in a piece; False if the checkpoint has to tell what happened."""
        if piece.run < self.run:
            return True  # of a writer that has been replaced, and does not know it yet
        text_missing = piece.text_at - self.reply.length
        reasoning_missing = piece.reasoning_at - len(self.reply.reasoning)
        if piece.run > self.run or text_missing > 0 or reasoning_missing > 0:
            return False
        self.has_heard = True
        text, reasoning = piece.text[-text_missing:], piece.reasoning[-reasoning_missing:]
        if text or reasoning:
            self.reply.extend(text, reasoning)
        return not piece.has_ended


class Mirrors:
    """One copy of an answer for all its readers in this process, and one look at the database for all copies."""

    def __init__(self, store: ReplyKeeper, bus: Bus, *, silent_after: timedelta = SILENT_AFTER) -> None:
        self._store = store
        self._bus = bus
        self._silent_after = silent_after
        self._mirrors: dict[UUID, _Mirror] = {}
        self._looker: asyncio.Task[None] | None = None
        self._is_due = asyncio.Event()
        self._log = JobLog(logger, "Answers that grow elsewhere could not be read")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """At the end of the block the look that is under way has ended: it needs the database."""
        try:
            yield
        finally:
            if self._looker is not None:
                await end(self._looker)

    @asynccontextmanager
    async def reading(self, answer: Message) -> AsyncIterator[Reply]:
        """A copy of `answer` that grows while the block runs, and ends when the answer does."""
        mirror = self._mirrors.get(answer.id) or self._open(answer)
        mirror.readers += 1
        try:
            yield mirror.reply
        finally:
            mirror.readers -= 1
            if not mirror.readers and self._mirrors.get(answer.id) is mirror:
                self._close(answer.id)

    def replies(self) -> Iterator[Reply]:
        """All copies that are being read."""
        return (mirror.reply for mirror in self._mirrors.values())

    def hear(self, piece: Piece) -> None:
        """What the bus tells of an answer."""
        mirror = self._mirrors.get(piece.id)
        if mirror is not None and mirror.reply.is_live and not mirror.take(piece):
            self._look_soon(mirror)

    def bus_changed(self) -> None:
        """The bus has gone, and the checkpoints have to do; or it is back, and may have lost something."""
        for mirror in self._mirrors.values():
            mirror.is_fed = False
            self._look_soon(mirror)

    def _open(self, answer: Message) -> _Mirror:
        mirror = self._mirrors[answer.id] = _Mirror(answer)
        if self._looker is None or self._looker.done():
            self._looker = asyncio.create_task(self._look(), name="mirrors")
        self._look_soon(mirror)
        return mirror

    def _close(self, message_id: UUID) -> None:
        """The looker ends by itself where none is left: cancelled in mid-read it would cost a connection."""
        del self._mirrors[message_id]
        self._is_due.set()

    def _look_soon(self, mirror: _Mirror) -> None:
        mirror.look_at = 0.0
        self._is_due.set()

    async def _look(self) -> None:
        """Looks at the checkpoints of copies that are due while there are any; the next look makes failures good."""
        loop = asyncio.get_running_loop()
        while self._mirrors:
            self._is_due.clear()
            growing = [mirror for mirror in self._mirrors.values() if mirror.reply.is_live]
            now = loop.time()
            due = [mirror for mirror in growing if mirror.look_at <= now]
            if due:
                await self._look_at(due)
                await asyncio.sleep(LOOK_PAUSE)
                continue
            next_look = min((mirror.look_at for mirror in growing), default=None)
            try:
                async with asyncio.timeout_at(next_look):
                    await self._is_due.wait()
            except TimeoutError:
                pass

    async def _look_at(self, due: list[_Mirror]) -> None:
        """Asks the writers of all for what is new, and looks at what is kept."""
        now = asyncio.get_running_loop().time()
        for mirror in due:
            mirror.is_fed, mirror.has_heard = mirror.has_heard and self._bus.is_up, False
            mirror.look_at = now + (FED_POLL_INTERVAL if mirror.is_fed else POLL_INTERVAL)
        self._bus.send(EVERYONE, *map(self._watch, due))
        try:
            async with asyncio.timeout(LOOK_PATIENCE):
                await self._read(due)
                self._log.worked()
        except Exception as error:
            self._log.failed(error)

    async def _read(self, due: list[_Mirror]) -> None:
        found = await self._store.read([mirror.reply.id for mirror in due], self._silent_after)
        for mirror in due:
            self._take(mirror, found.get(mirror.reply.id))
        if any(checkpoint.is_silent and checkpoint.status is Status.STREAMING for checkpoint in found.values()):
            await self._store.reap(self._silent_after)

    def _take(self, mirror: _Mirror, checkpoint: Checkpoint | None) -> None:
        reply = mirror.reply
        if checkpoint is None:  # deleted
            reply.end(Status.INTERRUPTED)
            return
        progress = checkpoint.progress
        if progress.run != mirror.run:
            mirror.run = progress.run
            if checkpoint.status is Status.STREAMING and not progress.content.startswith(reply.text):
                self._let_go(mirror)
                return
        if len(progress.reasoning) > len(reply.reasoning) and not progress.content.startswith(reply.text):
            self._let_go(mirror)  # what was text has been found to be thoughts
            return
        reply.catch_up(progress)
        if checkpoint.status is not Status.STREAMING:
            reply.end(checkpoint.status)

    def _let_go(self, mirror: _Mirror) -> None:
        """It has words that its answer has no longer: readers come back, and get it as it is."""
        self._mirrors.pop(mirror.reply.id, None)
        mirror.reply.lose()

    def _watch(self, mirror: _Mirror) -> Watch:
        reply = mirror.reply
        return Watch(reply.id, self._bus.address, reply.length, len(reply.reasoning))
