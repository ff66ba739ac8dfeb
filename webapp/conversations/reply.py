"""One answer while it grows: its text so far, and those who wait for more of it."""

import asyncio
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from webapp.conversations.messages import Message, Receipt, Source, Status
from webapp.conversations.pictures import Picture, read_picture
from webapp.conversations.replies_store import Progress
from webapp.rendering.safety import is_web_address
from webapp.rendering.stream import BlockStream
from webapp.services.events import (
    Citation,
    Finish,
    Image,
    Metrics,
    Reasoning,
    Retrying,
    Started,
    StreamEvent,
    Text,
    Usage,
)

# What is handed out is gathered for this long, in seconds: below it a reader sees no difference, and the cost of a
# frame is shared by all tokens in it. The first token after a pause goes out at once.
FRAME_INTERVAL: Final = 0.03
# And this much longer for each further answer that grows beside it: a frame costs the same with few tokens as with
# many, so a busy process makes fewer and larger ones.
FRAME_INTERVAL_PER_REPLY: Final = 0.0004

# What an answer can have at most. A model that runs wild is to cost one answer, and not the server.
MAX_CHARACTERS: Final = 2_000_000
MAX_PICTURES: Final = 16
MAX_SOURCES: Final = 200
MAX_TITLE: Final = 500
MAX_NAME: Final = 200


class TooLongError(Exception):
    """The answer has come to MAX_CHARACTERS."""


class Reply:
    """Grows by `take`; wakes those in `wait` at once, and then at most once every `frame_interval` seconds.

    Belongs to one event loop. `status` stays STREAMING until `end`; after that nothing grows any more.
    """

    def __init__(self, answer: Message) -> None:
        self.id: UUID = answer.id
        self.owner_id: UUID = answer.owner_id
        self.blocks = BlockStream(answer.content)
        self.reasoning = answer.reasoning
        self.sources = answer.sources
        self.pictures: tuple[Picture, ...] = ()  # new ones, to be kept at the end
        self.receipt = replace(answer.receipt, finish_reason="")
        self.status = Status.STREAMING
        self.notice = ""
        self.frame_interval = FRAME_INTERVAL
        self.version = 0
        self.kept_version = -1  # the one that the last checkpoint has
        self._parts = [answer.content]
        self._length = len(answer.content)
        self._loop = asyncio.get_running_loop()
        self._waiting: list[asyncio.Future[None]] = []
        self._next_wake: asyncio.TimerHandle | None = None
        self._last_wake = -FRAME_INTERVAL

    @property
    def is_live(self) -> bool:
        return self.status is Status.STREAMING

    @property
    def text(self) -> str:
        """All text so far."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0]

    def progress(self) -> Progress:
        return Progress(self.id, self.text, self.reasoning, self.sources)

    def take(self, event: StreamEvent) -> None:
        """Adds what arrived."""
        self.notice = ""  # of another try, which has come
        match event:
            case Text(text):
                self._append(text)
            case Reasoning(text) if len(self.reasoning) < MAX_CHARACTERS:
                self.reasoning += text
            case Citation(url, title) if _is_fit(url) and len(self.sources) < MAX_SOURCES:
                self.sources += (Source(url, title[:MAX_TITLE]),)
            case Image(data_url):
                picture = read_picture(data_url)
                if picture is None or len(self.pictures) >= MAX_PICTURES:
                    return
                self.pictures += (picture,)
            case Retrying(_, delay, reason):
                self.notice = f"{reason} Trying again in {delay:.0f} s." if delay >= 1 else f"{reason} Trying again."
            case Started() | Usage() | Finish() | Metrics():
                self.receipt = _noted(self.receipt, event)
            case Citation() | Reasoning():
                return
        self.changed()

    def catch_up(self, progress: Progress) -> None:
        """Takes over what another process has written since, if anything."""
        if progress == self.progress():
            return
        self._append(progress.content[len(self.text) :])
        self.reasoning = progress.reasoning
        self.sources = progress.sources
        self.changed()

    def end(self, status: Status) -> None:
        self.status = status
        self.wake()

    def _append(self, text: str) -> None:
        self._length += len(text)
        if self._length > MAX_CHARACTERS:
            raise TooLongError
        self._parts.append(text)
        self.blocks.append(text)

    def changed(self) -> None:
        """Wakes those who wait, now or when a frame's time has passed since the last waking."""
        if self._next_wake is None:
            when = max(self._loop.time(), self._last_wake + self.frame_interval)
            self._next_wake = self._loop.call_at(when, self.wake)

    def wake(self) -> None:
        """Wakes those who wait, whether or not there is anything new."""
        if self._next_wake is not None:
            self._next_wake.cancel()
            self._next_wake = None
        self._last_wake = self._loop.time()
        self.version += 1
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            if not future.done():
                future.set_result(None)

    @property
    def idle_for(self) -> float:
        """Seconds since those who wait were last woken."""
        return self._loop.time() - self._last_wake

    async def wait(self, seen: int) -> None:
        """Returns when the version is another than `seen`."""
        if self.version == seen:
            future = self._loop.create_future()
            self._waiting.append(future)
            await future


def _is_fit(url: str) -> bool:
    """Whether an address can be shown: control characters and turned writing would make it look like another."""
    return len(url) <= 2_000 and url.isprintable() and " " not in url and is_web_address(url)


def _noted(receipt: Receipt, event: Started | Usage | Finish | Metrics) -> Receipt:
    """The receipt with what `event` says; tokens and cost add up over the calls that made one answer."""
    match event:
        case Started(generation_id, model, provider):
            # Not every server says which model answers; then it is the one that was asked.
            return replace(
                receipt,
                generation_id=generation_id[:MAX_NAME],
                model=model[:MAX_NAME] or receipt.model,
                provider=provider[:MAX_NAME],
            )
        case Usage():
            return replace(
                receipt,
                prompt_tokens=(receipt.prompt_tokens or 0) + event.prompt_tokens,
                completion_tokens=(receipt.completion_tokens or 0) + event.completion_tokens,
                reasoning_tokens=(receipt.reasoning_tokens or 0) + event.reasoning_tokens,
                cached_tokens=(receipt.cached_tokens or 0) + event.cached_tokens,
                cost=receipt.cost if event.cost is None else (receipt.cost or 0) + event.cost,
            )
        case Finish(reason):
            return replace(receipt, finish_reason=reason[:64])
        case Metrics(first, duration):
            first_ms = receipt.first_token_ms if first is None else round(first * 1000)
            return replace(
                receipt, first_token_ms=first_ms, duration_ms=(receipt.duration_ms or 0) + round(duration * 1000)
            )
