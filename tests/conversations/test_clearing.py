"""What is deleted for good goes to its end, once, whatever happens."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import pytest

from webapp.conversations.clearing import Clearing
from webapp.db.types import new_id

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Heap:
    """So many batches, and then none; a gate before each."""

    def __init__(self, batches: int) -> None:
        self.batches = batches
        self.error: Exception | None = None
        self.gate = asyncio.Event()
        self.is_empty = asyncio.Event()

    async def clear(self, owner: UUID, deleted_before: datetime, limit: int) -> int:
        await self.gate.wait()
        if self.error:
            self.is_empty.set()
            raise self.error
        if not self.batches:
            self.is_empty.set()
            return 0
        self.batches -= 1
        return limit


async def test_it_goes_on_until_nothing_is_left_and_is_begun_once() -> None:
    heap, owner = Heap(3), new_id()
    clearing = Clearing(heap, EPOCH, pause=0)
    async with clearing.running(), asyncio.timeout(30):
        for _ in range(3):
            clearing.start(owner)
        assert [task.get_name() for task in asyncio.all_tasks()].count("clearing") == 1
        heap.gate.set()
        await heap.is_empty.wait()
    assert heap.batches == 0


async def test_a_failure_is_told_and_leaves_the_rest_to_the_next_sweep(caplog: pytest.LogCaptureFixture) -> None:
    heap = Heap(3)
    heap.error = OSError("The disk is away")
    heap.gate.set()
    clearing = Clearing(heap, EPOCH, pause=0)
    async with clearing.running(), asyncio.timeout(30):
        clearing.start(new_id())
        await heap.is_empty.wait()
    assert heap.batches == 3
    assert "could not be cleared away" in caplog.text


async def test_a_process_that_ends_leaves_it() -> None:
    heap = Heap(3)
    clearing = Clearing(heap, EPOCH, pause=0)
    async with clearing.running():
        clearing.start(new_id())
    assert heap.batches == 3
