"""Tasks beside requests end when they should, also where a library has swallowed a cancellation."""

import asyncio
from collections.abc import Awaitable

import pytest

from webapp.background import background, check_cancelled, end, together

PATIENCE = 30.0


async def forever() -> None:
    await asyncio.Event().wait()


async def swallows(cancellation: Awaitable[None]) -> None:
    try:
        await cancellation
    except asyncio.CancelledError:
        await forever()


async def fails() -> None:
    raise ValueError("it broke")


async def started(work: Awaitable[None]) -> asyncio.Task[None]:
    task = asyncio.ensure_future(work)
    await asyncio.sleep(0)
    return task


async def test_a_task_that_swallows_a_cancellation_ends_all_the_same() -> None:
    task = await started(swallows(forever()))
    async with asyncio.timeout(PATIENCE):
        await end(task)
    assert task.cancelled()


async def test_all_have_ended_also_when_who_waits_is_cancelled() -> None:
    tasks = [await started(swallows(forever())) for _ in range(2)]
    waiting = await started(end(*tasks))
    waiting.cancel()
    await asyncio.wait([waiting], timeout=PATIENCE)
    assert waiting.cancelled()
    assert all(task.cancelled() for task in tasks)


async def test_work_ends_with_its_block() -> None:
    async with background(swallows(forever()), name="stubborn"):
        await asyncio.sleep(0)
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == "stubborn"]
    assert task.cancelled()


async def test_what_fails_ends_the_others_and_is_raised() -> None:
    before = asyncio.all_tasks()
    with pytest.raises(ValueError, match="it broke"):
        await together(swallows(forever()), fails(), fails())
    assert asyncio.all_tasks() == before


async def test_those_together_end_with_who_waits_for_them() -> None:
    before = asyncio.all_tasks()
    task = await started(together(swallows(forever()), forever()))
    await asyncio.sleep(0)
    await end(task)
    assert asyncio.all_tasks() == before


async def test_who_was_cancelled_and_went_on_can_find_out() -> None:
    async def work() -> None:
        check_cancelled()
        try:
            await forever()
        except asyncio.CancelledError:
            check_cancelled()

    task = await started(work())
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
