"""Answers that do not grow in this process: those that another one writes, and those that have just ended.

They are copied from their checkpoints for as long as somebody here reads them.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from webapp.conversations.messages import Message, Status
from webapp.conversations.replies_store import ReplyStore
from webapp.conversations.reply import Reply

logger = logging.getLogger(__name__)

POLL_INTERVAL: Final = 0.25  # seconds between two looks at a checkpoint
SILENT_AFTER: Final = timedelta(seconds=15)  # without a heartbeat for so long, an answer's process has died


class _Mirror:
    """A copy, how many read it, and the task that keeps it up to date."""

    def __init__(self, reply: Reply, task: asyncio.Task[None]) -> None:
        self.reply = reply
        self.task = task
        self.readers = 0


class Mirrors:
    """One copy of an answer for all its readers in this process."""

    def __init__(self, store: ReplyStore) -> None:
        self._store = store
        self._mirrors: dict[UUID, _Mirror] = {}

    @asynccontextmanager
    async def reading(self, answer: Message) -> AsyncIterator[Reply]:
        """A copy of `answer` that grows while the block runs, and ends when the answer does."""
        mirror = self._mirrors.get(answer.id) or self._open(answer)
        mirror.readers += 1
        try:
            yield mirror.reply
        finally:
            mirror.readers -= 1
            if not mirror.readers:
                mirror.task.cancel()
                self._mirrors.pop(answer.id, None)

    def replies(self) -> Iterator[Reply]:
        """All copies that are being read."""
        return (mirror.reply for mirror in self._mirrors.values())

    def _open(self, answer: Message) -> _Mirror:
        reply = Reply(answer)
        mirror = _Mirror(reply, asyncio.create_task(self._poll(reply), name=f"mirror {answer.id}"))
        self._mirrors[answer.id] = mirror
        return mirror

    async def _poll(self, reply: Reply) -> None:
        """Looks at the checkpoint until the answer has ended; a look that fails is made good by the next."""
        while True:
            try:
                await self._look(reply)
            except Exception as error:
                logger.warning("Reply %s could not be read: %s", reply.id, error)
            if not reply.is_live:
                return
            await asyncio.sleep(POLL_INTERVAL)

    async def _look(self, reply: Reply) -> None:
        checkpoint = await self._store.read(reply.id)
        if checkpoint is None:  # deleted
            reply.end(Status.INTERRUPTED)
            return
        reply.catch_up(checkpoint.progress)
        if checkpoint.status is not Status.STREAMING:
            reply.end(checkpoint.status)
            return
        now = datetime.now(UTC)
        if checkpoint.heartbeat_at is None or now - checkpoint.heartbeat_at > SILENT_AFTER:
            await self._store.reap(now - SILENT_AFTER, now)
