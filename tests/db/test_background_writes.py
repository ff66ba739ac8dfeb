"""Writes for which nobody waits long."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from webapp import background as tasks
from webapp.db import background_writes as module
from webapp.db.background_writes import BackgroundWrites
from webapp.db.outages import FULL, AwayError


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DELAYS", (0.001,))


@pytest.fixture
async def writes() -> AsyncIterator[BackgroundWrites]:
    writes = BackgroundWrites()
    yield writes
    await writes.close()


class Work:
    """Work at a gate, which fails a number of times before."""

    def __init__(self, *errors: Exception, is_open: bool = True) -> None:
        self.gate, self.was_done = asyncio.Event(), asyncio.Event()
        self.errors = list(errors)
        if is_open:
            self.gate.set()

    async def do(self) -> None:
        await self.gate.wait()
        if self.errors:
            raise self.errors.pop(0)
        self.was_done.set()

    async def done(self) -> None:
        async with asyncio.timeout(30):
            await self.was_done.wait()


async def test_what_is_done_at_once_is_waited_for(writes: BackgroundWrites) -> None:
    work = Work()
    await writes.do("one", work.do)
    assert work.was_done.is_set()


async def test_what_takes_long_holds_up_nobody(writes: BackgroundWrites) -> None:
    slow, other = Work(is_open=False), Work()
    async with asyncio.timeout(30):
        await writes.do("slow", slow.do)
        await writes.do("other", other.do)
    assert not slow.was_done.is_set()
    slow.gate.set()
    await slow.done()
    await other.done()


async def test_an_outage_is_outlasted_and_nobody_else_waits_for_it(writes: BackgroundWrites) -> None:
    away, other = Work(*[AwayError("full", FULL)] * 5), Work()
    await writes.do("away", away.do)
    await writes.do("other", other.do)
    await other.done()
    await away.done()


async def test_a_failure_is_said_and_not_tried_again(
    writes: BackgroundWrites, caplog: pytest.LogCaptureFixture
) -> None:
    broken, other = Work(ValueError("a bug")), Work()
    await writes.do("broken", broken.do)
    await writes.do("other", other.do)
    assert other.was_done.is_set()
    assert not broken.was_done.is_set()
    assert "could not be written" in caplog.text


async def test_of_one_key_the_last_is_done(writes: BackgroundWrites) -> None:
    gate, first, last = Work(is_open=False), Work(), Work()
    for key, work in (("gate", gate), ("same", first), ("same", last)):
        await writes.do(key, work.do)
    gate.gate.set()
    await last.done()
    assert not first.was_done.is_set()


async def test_what_is_not_to_be_kept_goes_where_anything_is_in_its_way(writes: BackgroundWrites) -> None:
    gate, large, failing = Work(is_open=False), Work(), Work(AwayError("full", FULL))
    await writes.do("gate", gate.do)
    await writes.do("large", large.do, keep=False)
    gate.gate.set()
    await gate.done()
    await writes.do("failing", failing.do, keep=False)
    await writes.do("last", (last := Work()).do)
    await last.done()
    assert not large.was_done.is_set()
    assert not failing.was_done.is_set()


async def test_no_more_wait_than_the_limit(writes: BackgroundWrites, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 2)
    monkeypatch.setattr(module, "PATIENCE", 0.001)
    works = [Work(is_open=False) for _ in range(4)]
    for number, work in enumerate(works):
        await writes.do(number, work.do)
    for work in works:
        work.gate.set()
    await works[3].done()
    assert [work.was_done.is_set() for work in works] == [True, False, True, True]  # the first had begun


async def test_what_is_left_is_tried_once_more_at_the_end() -> None:
    writes, away = BackgroundWrites(), Work(AwayError("full", FULL), AwayError("full", FULL))
    await writes.do("away", away.do)
    away.errors.clear()
    await writes.close()
    assert away.was_done.is_set()


async def test_the_end_comes_though_a_library_swallows_a_cancellation(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "AGAIN", 0.01)
    monkeypatch.setattr(module, "LAST_CHANCE", 0.01)
    writes, has_begun = BackgroundWrites(), asyncio.Event()

    async def stubborn() -> None:
        has_begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        await asyncio.Event().wait()

    await writes.do("stubborn", stubborn, patience=0.0)
    await has_begun.wait()
    async with asyncio.timeout(30):
        await writes.close()
