"""Open streams of one person: how many, which one ends, and that nobody else notices."""

from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from webapp.db.types import new_id
from webapp.web.refusals import TooManyError
from webapp.web.streams import OpenStreams

ALICE, BOB = new_id(), new_id()
Stream = AsyncGenerator[int, None]


async def endless() -> Stream:
    number = 0
    while True:
        yield number
        number += 1


async def opened(streams: OpenStreams, user: object = ALICE) -> Stream:
    stream = streams.limited(ALICE if user is ALICE else BOB, endless())
    assert await anext(stream) == 0
    return stream


async def test_up_to_the_limit_all_go_on() -> None:
    streams = OpenStreams(2)
    first, second = await opened(streams), await opened(streams)
    assert [await anext(first), await anext(second)] == [1, 1]


async def test_one_more_ends_the_oldest_and_no_other_person_s() -> None:
    streams = OpenStreams(2)
    others = await opened(streams, BOB)
    first, second, third = [await opened(streams) for _ in range(3)]
    with pytest.raises(StopAsyncIteration):
        await anext(first)
    assert [await anext(second), await anext(third), await anext(others)] == [1, 1, 1]
    assert (streams.count(ALICE), streams.count(BOB)) == (2, 1)


async def test_while_those_that_were_told_have_not_ended_the_newest_is_refused() -> None:
    streams = OpenStreams(2)
    told = [await opened(streams) for _ in range(4)]
    with pytest.raises(TooManyError, match="Close some tabs"):
        await opened(streams)
    await opened(streams, BOB)
    with pytest.raises(StopAsyncIteration):
        await anext(told[0])
    assert await anext(await opened(streams)) == 1


async def test_whoever_is_gone_is_not_counted() -> None:
    streams = OpenStreams(2)
    was_closed = False

    async def noticing() -> Stream:
        nonlocal was_closed
        try:
            yield 0
            yield 1
        finally:
            was_closed = True

    async with aclosing(streams.limited(ALICE, noticing())) as stream:
        await anext(stream)
        assert streams.count(ALICE) == 1
    assert (streams.count(ALICE), was_closed) == (0, True)


async def test_one_that_was_never_read_is_not_counted() -> None:
    streams = OpenStreams(1)
    for _ in range(5):
        await streams.limited(ALICE, endless()).aclose()
    assert streams.count(ALICE) == 0


class Counting(RuleBasedStateMachine):
    """Beside a list of who came and is told to go, in order."""

    def __init__(self) -> None:
        super().__init__()
        self.streams = OpenStreams(3)
        self.open: list[Stream] = []
        self.told: list[Stream] = []

    @rule()
    def open_one(self) -> None:
        try:
            stream = self.streams.limited(ALICE, endless())
        except TooManyError:
            assert len(self.open) + len(self.told) == 6
            return
        run(anext(stream))
        self.open.append(stream)
        if len(self.open) > 3:
            self.told.append(self.open.pop(0))

    @rule(data=st.data())
    def step_or_close(self, data: st.DataObject) -> None:
        if not (everything := self.open + self.told):
            return
        stream = data.draw(st.sampled_from(everything))
        if data.draw(st.booleans()) and stream in self.open:
            run(anext(stream))
            return
        if stream in self.open:
            run(stream.aclose())
            self.open.remove(stream)
            return
        with pytest.raises(StopAsyncIteration):
            run(anext(stream))
        self.told.remove(stream)

    @invariant()
    def all_are_counted(self) -> None:
        assert self.streams.count(ALICE) == len(self.open) + len(self.told) <= 6


def run(step: object) -> None:
    """A step that waits for nothing, without an event loop."""
    with pytest.raises(StopIteration):
        step.__await__().send(None)  # type: ignore[attr-defined]  # by hand, to its first wait


TestCounting = Counting.TestCase
