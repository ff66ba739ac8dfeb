"""Whether long work in the event loop leaves others their turn."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Final

TRIES: Final = 3


async def longest_share(work: Callable[[], Awaitable[object]]) -> float:
    """The longest step of some work, as a share of the processor time of all its steps: 1.0 if it never pauses.

    It's the least of some tries: a busy machine makes a step longer, and none shorter.
    """
    return min([await _share(work) for _ in range(TRIES)])


async def _share(work: Callable[[], Awaitable[object]]) -> float:
    steps: list[float] = []

    async def others() -> None:
        while True:
            began = time.thread_time()
            await asyncio.sleep(0)
            steps.append(time.thread_time() - began)

    at_work = asyncio.create_task(others())
    await asyncio.sleep(0)
    began = time.thread_time()
    await work()
    spent = time.thread_time() - began
    await asyncio.sleep(0)  # the last step counts as well
    at_work.cancel()
    return max(steps) / spent
