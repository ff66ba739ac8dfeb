"""Plays the steps of an answer, at its pace, and counts what it costs."""

import asyncio
from decimal import Decimal
from typing import assert_never

from msgspec.structs import replace

from webapp.standin import deltas, tokens, wire
from webapp.standin.catalog import Model
from webapp.standin.chat import ChatRequest
from webapp.standin.composer import compose
from webapp.standin.errors import ErrorDetail, metadata_of
from webapp.standin.journal import Journal, Seen
from webapp.standin.output import Output
from webapp.standin.steps import (
    Answer,
    AnyStep,
    CallTool,
    Cite,
    Closing,
    Comment,
    Done,
    Drop,
    End,
    Error,
    Event,
    Finish,
    Framing,
    Hang,
    Hold,
    Pause,
    Raw,
    Reason,
    Refuse,
    Say,
    Show,
    Sign,
    Speed,
    Status,
    Usage,
    Wait,
    Whole,
)
from webapp.standin.wire import Delta, Tally

_MOST_BEHIND = 0.5
"""Seconds that a paced answer may lag behind, and then catch up."""


class DroppedError(Exception):
    """The script wants the connection cut here."""

    def __init__(self, *, reset: bool = False) -> None:
        super().__init__()
        self.reset = reset


class Player:
    """One answer. ``usage`` and ``finish`` tell at any time how far it has come."""

    def __init__(self, chat: ChatRequest, model: Model, output: Output, journal: Journal, seen: Seen) -> None:
        self._chat = chat
        self._model = model
        self._output = output
        self._journal = journal
        self._seen = seen
        self._sent: set[type[AnyStep]] = set()
        self._interval = self._due = 0.0
        self._closing: Closing = "repeated"
        self._tally = Tally(prompt=chat.prompt_tokens, cached=chat.cached_tokens)
        self.finish: Finish | None = None

    @property
    def usage(self) -> wire.Usage:
        return self._tally.usage(self._model)

    async def play(self, steps: list[AnyStep], tokens_per_second: float, closing: Closing = "repeated") -> None:
        """Plays all steps and closes the answer. Raises DroppedError where the connection is to be cut."""
        self._interval = 1 / tokens_per_second
        self._closing = closing
        self._due = _now()
        for step in steps:
            await self._perform(step)
        if Status in self._sent:
            return
        if not self._sent & {Error, End}:
            await self._add_what_is_missing()
        await self._output.close()

    async def _add_what_is_missing(self) -> None:
        for last in (Finish(), Usage(), Done()):
            if type(last) not in self._sent:
                await self._perform(last)

    async def _perform(self, step: AnyStep) -> None:
        self._sent.add(type(step))
        match step:
            case Say() | Reason():
                await self._tell(step)
            case Show():
                await self._show(step)
            case Sign() | Cite() | Refuse() | CallTool():
                self._tally.searches |= isinstance(step, Cite)
                for delta in deltas.added(step):
                    await self._output.delta(delta)
            case Answer(tokens=limit):
                for part in compose(self._chat, self._model, tokens=limit):
                    await self._perform(part)
            case Comment(text=text, times=times):
                for _ in range(times):
                    await self._output.comment(text)
            case Wait() | Hold() | Hang():
                await self._pause(step)
            case Speed(tokens_per_second=speed):
                self._interval = 1 / speed
            case Framing():
                self._output.frame(step)
            case Event(data=data):
                await self._output.event(data)
            case Raw(data=raw):
                await self._output.raw(raw)
            case Status():
                await self._output.refuse(step)
            case Drop(reset=reset):
                raise DroppedError(reset=reset)
            case Finish() | Usage() | Done() | Error():
                await self._conclude(step)
            case Whole() | End():
                pass  # the first is settled before the start, the second says that nothing is to be added
            case _:
                assert_never(step)

    async def _tell(self, step: Say | Reason) -> None:
        pieces = tokens.split(step.text)
        if not step.paced:
            self._count(step, len(pieces))
            await self._output.delta(deltas.spoken(step, step.text))
            return
        for piece in pieces:
            await self._pace()
            self._count(step, 1)
            await self._output.delta(deltas.spoken(step, piece))

    def _count(self, step: Say | Reason, number: int) -> None:
        if isinstance(step, Say):
            self._tally.text += number
        else:
            self._tally.reasoning += number

    async def _pace(self) -> None:
        """Waits until the next token is due. Late ones are made up for, within limits."""
        now = _now()
        self._due = max(self._due, now - _MOST_BEHIND) + self._interval
        await asyncio.sleep(max(self._due - now, 0.0))

    async def _show(self, step: Show) -> None:
        self._tally.pictures += 1
        if step.last:
            self.finish = Finish("stop", "STOP")
            self._sent.add(Finish)
            await self._output.delta(deltas.shown(step), "stop", "STOP")
        else:
            await self._output.delta(deltas.shown(step))

    async def _pause(self, step: Pause) -> None:
        match step:
            case Wait(seconds=seconds, tokens=number):
                await asyncio.sleep(seconds + number * self._interval)
            case Hold(gate=gate, seconds=seconds):
                self._journal.reach(self._seen, gate)
                if not await self._journal.opened(self._seen, gate, seconds):
                    raise DroppedError
            case Hang(seconds=seconds, comment_every=every):
                await self._hang(seconds, every or seconds)
        self._due = _now()

    async def _hang(self, seconds: float, every: float) -> None:
        until = _now() + seconds
        while _now() < until:
            if every < seconds:
                await self._output.comment(Comment().text)
            await asyncio.sleep(every)
        raise DroppedError

    async def _conclude(self, step: Finish | Usage | Done | Error) -> None:
        match step:
            case Finish(reason=reason, native=native):
                self.finish = step
                await self._output.delta(Delta(), reason, native)
            case Usage(shape=shape):
                await self._output.usage(self._usage(step), shape or self._closing)
            case Done():
                await self._output.done()
            case Error(code=code, message=message, error_type=error_type, form=form):
                self.finish = Finish("error", "error")
                error = ErrorDetail(message, code, metadata_of(0, error_type))
                await self._output.error(error, form, self._usage(Usage()))

    def _usage(self, step: Usage) -> wire.Usage:
        """What was counted, and in its place what the step says."""
        said = {"prompt": step.prompt_tokens, "text": step.completion_tokens}
        tally = replace(self._tally, **{name: number for name, number in said.items() if number is not None})
        usage = tally.usage(self._model)
        return usage if step.cost is None else replace(usage, cost=Decimal(str(step.cost)))


def _now() -> float:
    return asyncio.get_running_loop().time()
