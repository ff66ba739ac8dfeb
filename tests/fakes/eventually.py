"""Waiting for what nothing tells of: looked at again and again, with a deadline."""

import asyncio
from collections.abc import Awaitable, Callable


async def eventually(holds: Callable[[], Awaitable[bool]], *, within: float = 30.0, every: float = 0.02) -> None:
    """Returns when `holds()` has been true once; fails if that takes longer than `within` seconds."""
    until = asyncio.get_running_loop().time() + within
    while not await holds():
        assert asyncio.get_running_loop().time() < until, f"{holds} did not hold within {within:g} s"
        await asyncio.sleep(every)
