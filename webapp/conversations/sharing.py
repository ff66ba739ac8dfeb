"""What other processes hear of the answers that grow in this one: what somebody there reads, and nothing else."""

import asyncio
from collections.abc import Iterator
from typing import Final
from uuid import UUID

from webapp.bus.bus import LONGEST_TEXT, Bus, Piece, Watch
from webapp.conversations.reply import FRAME_INTERVAL, Reply

SHARE_INTERVAL: Final = FRAME_INTERVAL / 2  # from one post to the next; what is in it has waited for a frame already
WATCHED_FOR: Final = 10.0  # seconds after which a reader elsewhere who has not asked again is forgotten


class _Reader:
    """A process where somebody reads an answer, and what it has of it when all that was sent has come."""

    def __init__(self, reply: Reply, watch: Watch, until: float) -> None:
        self.reply = reply
        self.address = watch.reader
        self.text_length = watch.text_length
        self.reasoning_length = watch.reasoning_length
        self.until = until
        self.is_owed = True  # a word, even if there is nothing to tell

    @property
    def has_thoughts_as_text(self) -> bool:
        """Whether it has text that has been found to be thoughts: it finds that out by the checkpoint."""
        return self.reasoning_length < self.reply.rethought and self.text_length > 0

    def news(self) -> Iterator[Piece]:
        """What it lacks, in pieces; whether the answer has ended, in the last."""
        reply = self.reply
        text = reply.text_after(self.text_length)
        reasoning = reply.reasoning[self.reasoning_length :]
        for start in range(0, len(reasoning), LONGEST_TEXT):
            part = reasoning[start : start + LONGEST_TEXT]
            yield self._piece(reasoning=part)
            self.reasoning_length += len(part)
        for start in range(0, len(text), LONGEST_TEXT):
            part = text[start : start + LONGEST_TEXT]
            yield self._piece(text=part)
            self.text_length += len(part)
        if not reply.is_live or (self.is_owed and not text and not reasoning):
            yield self._piece(has_ended=not reply.is_live)
        self.is_owed = False

    def _piece(self, text: str = "", reasoning: str = "", has_ended: bool = False) -> Piece:
        reply = self.reply
        return Piece(reply.id, reply.answer.run, self.text_length, text, self.reasoning_length, reasoning, has_ended)


class Sharing:
    """Sends what has grown at once, and then at most once every SHARE_INTERVAL, for all answers together."""

    def __init__(self, bus: Bus) -> None:
        self._bus = bus
        self._readers: dict[tuple[UUID, str], _Reader] = {}
        self._has_news = asyncio.Event()

    async def run(self) -> None:
        """Tells, for ever."""
        while True:
            await self._has_news.wait()
            self._has_news.clear()
            self._tell()
            await asyncio.sleep(SHARE_INTERVAL)

    def watch(self, reply: Reply, watch: Watch) -> None:
        """Sends one who reads `reply` elsewhere what it lacks, from now on and for WATCHED_FOR."""
        until = asyncio.get_running_loop().time() + WATCHED_FOR
        self._readers[reply.id, watch.reader] = _Reader(reply, watch, until)
        reply.on_wake = self._has_news.set
        self._has_news.set()

    def _tell(self) -> None:
        now = asyncio.get_running_loop().time()
        for key, reader in list(self._readers.items()):
            if reader.until < now or reader.has_thoughts_as_text:
                del self._readers[key]
                continue
            self._bus.send(reader.address, *reader.news())
            if not reader.reply.is_live:
                del self._readers[key]
