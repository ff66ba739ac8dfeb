"""Work that goes on after an outage of the database."""

import asyncio
from collections.abc import Awaitable, Callable
from itertools import chain, repeat
from typing import Final, TypeVar

from webapp.db.outages import AwayError

DELAYS: Final = (0.5, 2.0, 10.0)  # seconds between two tries; the last one for as long as it takes

Result = TypeVar("Result")


async def outlast(work: Callable[[], Awaitable[Result]]) -> Result:
    """What `work` returns, which is called again as long as an outage keeps it from that.

    Whatever else it raises is raised, and AwayError for what does not pass.
    """
    for delay in chain(DELAYS, repeat(DELAYS[-1])):
        try:
            return await work()
        except AwayError as error:
            if not error.trouble.passes:
                raise
        await asyncio.sleep(delay)
    raise AssertionError  # the delays never end
