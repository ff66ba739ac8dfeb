"""One answer while it grows: its text so far, and those who wait for more of it."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import suppress
from decimal import Decimal
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from webapp.accounts.budgets import Terms
from webapp.accounts.spending import Spent
from webapp.conversations.bills_store import OpenBill
from webapp.conversations.messages import UNLIMITED, Message, Receipt, Source, Status
from webapp.conversations.meter import CHARACTERS_PER_TOKEN, UNKNOWN, Meter
from webapp.conversations.observing import spent_between
from webapp.conversations.pictures import Picture, read_picture
from webapp.conversations.replies_store import Progress
from webapp.conversations.thoughts import Kind, Piece, Thoughts
from webapp.conversations.waiting import Stage, Wait
from webapp.rendering.addresses import safe_link
from webapp.rendering.paced import PacedStream
from webapp.rendering.safety import unturned
from webapp.services.events import (
    Accepted,
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
# And this much longer for each further answer that grows beside it, up to a limit: a frame costs the same with few
# tokens as with many, so a busy process makes fewer and larger ones.
FRAME_INTERVAL_PER_REPLY: Final = 0.0008
LONGEST_FRAME_INTERVAL: Final = 0.11
BURST: Final = 500  # characters at once: who sends so many has more, and is not kept waiting with it
FRAME_LEAD: Final = 0.002  # seconds before a frame in which what it has is read: for all that is in it, at once

# What an answer can have at most. A model that runs wild is to cost one answer, and not the server.
MAX_CHARACTERS: Final = 2_000_000
MAX_PICTURES: Final = 16
MAX_SOURCES: Final = 200
MAX_TITLE: Final = 500
MAX_NAME: Final = 200


def frame_interval(live: int) -> float:
    """Seconds from one frame of an answer to the next, where so many grow at once."""
    return min(FRAME_INTERVAL + FRAME_INTERVAL_PER_REPLY * (live - 1), LONGEST_FRAME_INTERVAL)


class TooLongError(Exception):
    """The answer has come to MAX_CHARACTERS."""


class Reply:
    """Grows by `take`; wakes those in `wait` at once, and then at most once every `frame_interval` seconds.

    Belongs to one event loop. `status` stays STREAMING until `end`; after that nothing grows any more.
    """

    def __init__(self, answer: Message, meter: Meter = UNKNOWN, terms: Terms = UNLIMITED) -> None:
        self.answer = answer  # as it was before it grew
        self.terms = terms
        self.generation_id = ""  # by which OpenRouter knows the call under way
        self.is_billed = False  # whether it has told what that costs
        self.was_refused = False  # whether it was never begun, and so costs nothing
        self._meter = meter
        self._has_tokens = False
        self.id: UUID = answer.id
        self.blocks = PacedStream(answer.content)
        self.sources = answer.sources
        self.pictures: tuple[Picture, ...] = ()  # new ones, to be kept at the end
        self.receipt = replace(answer.receipt, finish_reason="")
        self.status = Status.STREAMING
        self.is_lost = False
        self.notice = ""
        self.stage = Stage.WAITING
        self.frame_interval = FRAME_INTERVAL
        self.version = 0
        self.kept_version = -1  # the one that the last checkpoint has
        self.on_wake: Callable[[], None] | None = None  # for one who wants to know of it, and does not wait
        self.unreadable = 0  # pieces of it that were lost
        self.tools: tuple[str, ...] = ()  # that the model asked for, by name
        self.rethought = 0  # characters of the thoughts when text was found to be thoughts last; 0 if it never was
        self._thoughts = Thoughts(answer.content)
        self._parts = [answer.content]
        self._length = len(answer.content)
        self._had_length = self._length_at_rest = self._length
        self._thought_parts = [answer.reasoning]
        self._thought_length = self._had_reasoning = len(answer.reasoning)
        self._loop = asyncio.get_running_loop()
        self._began = self._thinks_since = self._loop.time()
        self.first_token: float | None = None  # seconds until the first piece came
        self.retries = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._next_wake: asyncio.TimerHandle | None = None
        self._wakes_at = self._last_wake = -FRAME_INTERVAL

    @property
    def is_live(self) -> bool:
        return self.status is Status.STREAMING

    @property
    def text(self) -> str:
        """All text so far."""
        if len(self._parts) > 1:
            self._parts = ["".join(self._parts)]
        return self._parts[0]

    @property
    def length(self) -> int:
        """Of the text so far, in characters."""
        return self._length

    @property
    def reasoning(self) -> str:
        """All thoughts so far."""
        if len(self._thought_parts) > 1:
            self._thought_parts = ["".join(self._thought_parts)]
        return self._thought_parts[0]

    def text_after(self, offset: int) -> str:
        """The text from that character on; costs as much as there is of it."""
        parts, start = [], self._length
        for part in reversed(self._parts):
            if start <= offset:
                break
            start -= len(part)
            parts.append(part)
        return "".join(reversed(parts))[max(offset - start, 0) :]

    def progress(self) -> Progress:
        return Progress(
            self.id,
            self.text,
            self.reasoning,
            self.sources,
            self.answer.run,
            self.generation_id,
            self.running_cost,
        )

    @property
    def spent(self) -> Spent:
        """What is known to have been spent on it since it grows."""
        return spent_between(self.answer.receipt, self.receipt)

    @property
    def running_cost(self) -> Decimal | None:
        """What the call has cost so far, or is taken to have cost; None where that cannot be known."""
        spent = self.spent
        if self.is_billed:
            return spent.cost
        if self._has_tokens:
            return self._meter.of_tokens(spent.prompt_tokens, spent.completion_tokens)
        written = self._length - self._had_length + self._thought_length - self._had_reasoning
        return Decimal(0) if self.was_refused and not written else self._meter.estimate(written)

    @property
    def open_bill(self) -> OpenBill | None:
        """What to ask OpenRouter for when it has ended; None where it has told the cost, or nothing was begun."""
        estimate = Decimal(0) if self.is_billed else self.running_cost or Decimal(0)
        if self.is_billed or not (self.generation_id or estimate):
            return None
        return OpenBill(self.generation_id, estimate, self._has_tokens)

    def take(self, event: StreamEvent) -> None:
        """Adds what arrived."""
        self.notice = ""  # of another try, which has come
        match event:
            case Text(text):
                if self.first_token is None:
                    self._note_first_token()
                self._take_text(text)
            case Reasoning(text) if self._thought_length < MAX_CHARACTERS:
                self._thoughts.note_reasoning()
                self._think(text)
            case Citation(url, title) if safe_link(url) and len(self.sources) < MAX_SOURCES:
                self.sources += (Source(url, unturned(title[:MAX_TITLE])),)
            case Image(data_url):
                picture = read_picture(data_url)
                if picture is None or len(self.pictures) >= MAX_PICTURES:
                    return
                self.pictures += (picture,)
            case Retrying(_, delay, reason):
                self.retries += 1
                self.notice = f"{reason} Trying again in {delay:.0f} s." if delay >= 1 else f"{reason} Trying again."
            case Accepted(generation_id):
                self.generation_id = generation_id[:MAX_NAME]
            case Started() | Usage() | Finish() | Metrics():
                self.receipt = _noted(self.receipt, event)
                self._note_bill(event)
                if isinstance(event, Metrics):
                    self.unreadable, self.tools = event.malformed, event.tools
            case Citation() | Reasoning():
                return
        self.changed()

    def close_text(self) -> None:
        """Adds what was held back of the text, when the model is done with it, or is cut short."""
        with suppress(TooLongError):
            self._add(self._thoughts.close())
        self.changed()

    def _take_text(self, text: str) -> None:
        """What fits of it. Raises TooLongError for more."""
        room = 2 * MAX_CHARACTERS - self._length - self._thought_length  # text may be either
        self._add(self._thoughts.feed(text[:room]))
        if len(text) > room:
            raise TooLongError

    def _add(self, pieces: Iterable[Piece]) -> None:
        for kind, text in pieces:
            match kind:
                case Kind.ANSWER:
                    self._write(text)
                case Kind.THOUGHT:
                    self._think(text)
                case Kind.ALL_WAS_THOUGHT:
                    self._rethink()

    def _write(self, text: str) -> None:
        self.end_thinking()
        self.stage = Stage.WRITING
        self._append(text)

    def _think(self, text: str) -> None:
        self._begin_thinking()
        if fits := text[: MAX_CHARACTERS - self._thought_length]:
            self._thought_parts.append(fits)
            self._thought_length += len(fits)

    def _rethink(self) -> None:
        """Makes thoughts of all text that came: so it had been, and the model does not say so until it is done."""
        thoughts = self.text_after(self._had_length).strip()
        if not thoughts:
            return
        self._thought_parts.append(thoughts)
        self._thought_length += len(thoughts)
        self.rethought = self._thought_length
        self._parts, self._length = [self.answer.content], self._had_length
        self._length_at_rest = self._length
        self.blocks = PacedStream(self.answer.content)
        self.stage, self._thinks_since = Stage.THINKING, self._began + (self.first_token or 0.0)

    def wait_state(self, model_name: str) -> Wait:
        """What it is at. `model_name` is for people."""
        now = self._loop.time()
        return Wait(
            self.stage,
            int(now - self._began),
            int(now - self._thinks_since),
            self.receipt.reasoning_ms,
            (self._length - self._had_length) // CHARACTERS_PER_TOKEN,
            self.notice,
            model_name,
        )

    def end_thinking(self) -> None:
        """Notes how long the model thought, if it was at that: the first word has come, or the end."""
        if self.stage is Stage.THINKING:
            passed = round((self._loop.time() - self._thinks_since) * 1000)
            self.receipt = replace(self.receipt, reasoning_ms=(self.receipt.reasoning_ms or 0) + passed)
            self.stage = Stage.WAITING

    def _note_bill(self, event: StreamEvent) -> None:
        match event:
            case Started(generation_id):
                self.generation_id = generation_id[:MAX_NAME]
            case Usage():
                self._has_tokens, self.is_billed = True, event.cost is not None
            case _:
                pass

    def _note_first_token(self) -> None:
        self.first_token = self._loop.time() - self._began

    def _begin_thinking(self) -> None:
        if self.first_token is None:
            self._note_first_token()
        if self.stage is Stage.WAITING:
            self.stage, self._thinks_since = Stage.THINKING, self._loop.time()

    def catch_up(self, progress: Progress) -> bool:
        """Takes over what another process has kept, as far as it is more; whether there was any."""
        text, reasoning = progress.content[self._length :], progress.reasoning[len(self.reasoning) :]
        if not text and not reasoning and progress.sources == self.sources:
            return False
        self.sources = progress.sources
        self.extend(text, reasoning)
        return True

    def extend(self, text: str, reasoning: str) -> None:
        """Takes over what another process has written since."""
        if reasoning:
            self._think(reasoning)
        if text:
            self._write(text)
        self.changed()

    def end(self, status: Status) -> None:
        """Whoever follows gets the rest of the text, also what was held back as half written."""
        self.status = status
        self.blocks.finish()
        self.wake()

    def lose(self) -> None:
        """It goes on elsewhere, otherwise than here: whoever follows is to come back and follow it there."""
        self.is_lost = True
        self.wake()

    def _append(self, text: str) -> None:
        """Takes what fits. Raises TooLongError for more."""
        fits = text[: max(MAX_CHARACTERS - self._length, 0)]
        if fits:
            self._length += len(fits)
            self._parts.append(fits)
            self.blocks.append(fits)
        if len(fits) < len(text):
            raise TooLongError

    def changed(self) -> None:
        """Wakes those who wait, now or when a frame's time has passed since the last waking."""
        if self._next_wake is None:
            self._wakes_at = max(self._loop.time(), self._last_wake + self.frame_interval)
            self._next_wake = self._loop.call_at(self._wakes_at, self.wake)

    async def rest(self) -> None:
        """Returns when it is time to read what the next frame is to have, for whoever makes it grow.

        What comes until then waits in the connection, to be read at once: that costs less than piece by piece. It
        returns at once after a BURST, and where an answer grows alone: then there is nothing to save.
        """
        grown, self._length_at_rest = self._length - self._length_at_rest, self._length
        if grown > BURST or self.frame_interval == FRAME_INTERVAL:
            return
        left = self._wakes_at - FRAME_LEAD - self._loop.time()
        if left > 0:
            await asyncio.sleep(left)

    def wake(self) -> None:
        """Wakes those who wait, whether or not there is anything new."""
        if self._next_wake is not None:
            self._next_wake.cancel()
            self._next_wake = None
        self._last_wake = self._loop.time()
        self.version += 1
        if self.on_wake is not None:
            self.on_wake()
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
