"""Tasks that run beside requests, and a way to end them that can't fail.

One cancellation isn't enough: on Python 3.11 `asyncio.wait_for`, which libraries use, returns normally when it is
cancelled in the step in which its work is done. The task then goes on, and who waits for its end waits for ever.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Coroutine, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

Thing = TypeVar("Thing")

AGAIN: Final = 1.0  # seconds until a task that was cancelled, and hasn't ended, is cancelled again
TURN: Final = 0.002  # seconds of a processor: a shorter step in the event loop is noticed by nobody


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None], *, name: str) -> AsyncGenerator[None, None]:
    """Lets `work` run while the block does. At the end of the block it has ended, too."""
    task = asyncio.create_task(work, name=name)
    try:
        yield
    finally:
        await end(task)


async def together(*works: Coroutine[Any, Any, None]) -> None:
    """Runs all at once until one of them fails, and raises its error when the others have ended."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        await asyncio.gather(*tasks)
    finally:
        await end(*tasks)


class Turns:
    """Long work in the event loop, in short steps between which everybody else has their turn."""

    def __init__(self) -> None:
        self._since = time.thread_time()

    async def pass_on(self) -> None:
        """Lets others go on for as long as the loop has been at work since the last time, if that is worth it."""
        worked = time.thread_time() - self._since
        if worked > TURN:
            await asyncio.sleep(worked)
            self._since = time.thread_time()


async def by_turns(things: Iterable[Thing]) -> AsyncGenerator[Thing, None]:
    """The same things, in the same order. Where there are many, others have their turn in between."""
    turns = Turns()
    for number, one in enumerate(things):
        if number % 200 == 0:
            await turns.pass_on()
        yield one


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancels tasks, again and again if need be, and returns when all have ended. Raises none of their errors."""
    left = {task for task in tasks if not task.done()}
    is_cancelled = False
    while left:
        for task in left:
            task.cancel()
        try:
            await asyncio.wait(left, timeout=AGAIN)
        except asyncio.CancelledError:  # the caller is to end as well, and does when these have
            is_cancelled = True
        left = {task for task in left if not task.done()}
    if is_cancelled:
        raise asyncio.CancelledError


async def in_any_case(work: Coroutine[Any, Any, None]) -> None:
    """Does something short to its end. A caller who is cancelled meanwhile, however often, hears of it after that."""
    task = asyncio.create_task(work)
    is_cancelled = False
    while not task.done():
        try:
            await asyncio.wait([task])
        except asyncio.CancelledError:
            is_cancelled = True
    task.result()
    if is_cancelled:
        raise asyncio.CancelledError


def cancel_at_next_step() -> None:
    """Puts off a cancellation that the current task has caught."""
    if task := asyncio.current_task():
        task.uncancel()
        task.cancel()


def check_cancelled() -> None:
    """Raises CancelledError where the current task was cancelled, and a library went on all the same."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError
