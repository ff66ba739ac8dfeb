"""The index is kept in the background, whatever happens to it on the way."""

import asyncio

import pytest

from webapp.search.indexing import Indexer


class Waiting:
    """So many batches that wait; a number of looks fails first."""

    def __init__(self, batches: int, errors: list[Exception]) -> None:
        self.batches = batches
        self.errors = errors
        self.is_done = asyncio.Event()

    async def index_some(self) -> int:
        if self.errors:
            raise self.errors.pop()
        if not self.batches:
            self.is_done.set()
            return 0
        self.batches -= 1
        return 20


async def test_it_goes_on_until_nothing_waits_whatever_fails(caplog: pytest.LogCaptureFixture) -> None:
    waiting = Waiting(3, [RuntimeError("broken"), ConnectionError("away")])
    async with Indexer(waiting, interval=0, pause=0).running(), asyncio.timeout(30):
        await waiting.is_done.wait()
    assert [record.levelname for record in caplog.records if "index of search" in record.message] == [
        "WARNING",
        "ERROR",
    ]


async def test_what_fails_each_time_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    waiting = Waiting(0, [RuntimeError("broken")] * 20)
    async with Indexer(waiting, interval=0, pause=0).running(), asyncio.timeout(30):
        await waiting.is_done.wait()
    assert len([record for record in caplog.records if record.levelname == "ERROR"]) == 1


async def test_a_search_goes_on_without_what_could_not_be_indexed() -> None:
    waiting = Waiting(1, [RuntimeError("broken")])
    await Indexer(waiting).catch_up()
    assert waiting.batches == 1
