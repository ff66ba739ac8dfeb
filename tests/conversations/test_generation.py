"""One call to the model: how long it may be silent, whatever keeps its connection open."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import Unpack

import pytest

from webapp.conversations.generation import LONGEST_PAUSE, LONGEST_THOUGHT, Outcome, Patience, generate
from webapp.conversations.messages import Beginning, Message, Status
from webapp.conversations.reply import Reply
from webapp.db.types import new_id
from webapp.services.events import Finish, Reasoning, Started, StreamEvent, Text, Usage
from webapp.services.openrouter import Options

SHORT = 0.1
LONG = 30.0


class Model:
    """It gives some batches, `every` so many seconds, and then the last one again and again."""

    def __init__(self, *batches: Sequence[StreamEvent], last: Sequence[StreamEvent] = (), every: float = 0.02) -> None:
        self._batches = batches
        self._last = last
        self._every = every
        self.is_closed = False

    async def stream_batches(
        self, messages: list[dict[str, str]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> AsyncGenerator[list[StreamEvent], None]:
        try:
            for batch in self._batches:
                await asyncio.sleep(self._every)
                yield list(batch)
            while True:
                await asyncio.sleep(self._every)
                if self._last:
                    yield list(self._last)
        finally:
            self.is_closed = True


def new_reply(text: str = "") -> Reply:
    ids = new_id(), new_id(), new_id()
    return Reply(Message(*ids, None, "assistant", text, Status.STREAMING, datetime.now(UTC)))


async def grown(model: Model, reply: Reply, patience: Patience) -> Outcome:
    async with asyncio.timeout(LONG):
        return await generate(model, reply, Beginning(reply.answer, "some/model", ()), lambda _: "", patience)


@pytest.mark.parametrize("last", [(), (Started("", "some/model", ""),), (Usage(),)])
async def test_an_answer_without_another_word_is_ended_and_can_go_on(last: Sequence[StreamEvent]) -> None:
    model, reply = Model([Text("Half an answer")], last=last), new_reply()
    outcome = await grown(model, reply, Patience(pause=SHORT))
    assert (outcome.status, outcome.code, reply.text) == (Status.INTERRUPTED, "timeout", "Half an answer")
    assert outcome.sentence.endswith("so the answer was ended. Continue it, or try again.")
    assert model.is_closed


async def test_each_word_earns_the_whole_time_anew() -> None:
    model, reply = Model(*[[Text("a")]] * 10), new_reply()
    await grown(model, reply, Patience(pause=SHORT))
    assert reply.text == "a" * 10


@pytest.mark.parametrize("piece", [Reasoning("Hm."), Started("", "some/model", "")])
async def test_a_model_that_thinks_has_longer_than_one_that_writes(piece: StreamEvent) -> None:
    model, reply = Model([piece], [Text("Yes.")], every=2 * SHORT), new_reply()
    outcome = await grown(model, reply, Patience(thought=LONG, pause=SHORT))
    assert (outcome.status, reply.text) == (Status.INTERRUPTED, "Yes.")


async def test_a_model_that_never_says_a_word_has_failed() -> None:
    outcome = await grown(Model(), new_reply(), Patience(thought=SHORT))
    assert (outcome.status, outcome.code) == (Status.FAILED, "timeout")
    assert outcome.sentence.endswith("so the answer was ended. Try again, or choose another model.")


async def test_what_an_answer_had_before_is_no_word_of_this_call() -> None:
    model, reply = Model([Text(" on")], every=2 * SHORT), new_reply("It goes")
    await grown(model, reply, Patience(thought=LONG, pause=SHORT))
    assert reply.text == "It goes on"


async def test_the_whole_has_an_end_too() -> None:
    outcome = await grown(Model(last=[Text("a")]), new_reply(), Patience(whole=SHORT))
    assert (outcome.status, outcome.sentence) == (
        Status.INTERRUPTED,
        "The answer took more than an hour, and was ended.",
    )


def test_people_are_told_in_minutes() -> None:
    assert (LONGEST_PAUSE % 60, LONGEST_THOUGHT % 60) == (0, 0)


class StubbornModel(Model):
    """It goes on in spite of the first cancellation, as a library may."""

    async def stream_batches(
        self, messages: list[dict[str, str]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> AsyncGenerator[list[StreamEvent], None]:
        yield [Text("One")]
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            yield [Text(", two")]
        await asyncio.Event().wait()


class EndingModel(Model):
    """It ends for a reason of its own."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def stream_batches(
        self, messages: list[dict[str, str]], model: str, *, key: str = "", **options: Unpack[Options]
    ) -> AsyncGenerator[list[StreamEvent], None]:
        yield [Text("Half an answer"), Finish(self.reason)]


@pytest.mark.parametrize(
    ("reason", "status", "code"),
    [
        ("content_filter", Status.COMPLETE, "moderated"),
        ("abort", Status.INTERRUPTED, "cut"),
        ("insufficient_system_resource", Status.INTERRUPTED, "cut"),
        ("eos", Status.COMPLETE, ""),
        ("stop", Status.COMPLETE, ""),
        ("", Status.COMPLETE, ""),
    ],
)
async def test_an_answer_that_was_cut_off_says_so(reason: str, status: Status, code: str) -> None:
    outcome = await grown(EndingModel(reason), new_reply(), Patience())
    assert (outcome.status, outcome.code, bool(outcome.sentence)) == (status, code, bool(code))


async def test_a_word_that_comes_as_the_time_is_over_is_kept() -> None:
    reply = new_reply()
    outcome = await grown(StubbornModel(), reply, Patience(pause=SHORT))
    assert (outcome.code, reply.text) == ("timeout", "One, two")


async def test_an_answer_that_is_to_end_does_though_a_cancellation_was_swallowed() -> None:
    reply = new_reply()
    task = asyncio.create_task(grown(StubbornModel(), reply, Patience()))
    await reply.wait(0)
    task.cancel()
    await asyncio.wait([task], timeout=LONG)
    assert (task.cancelled(), reply.text) == (True, "One, two")
