"""A short stream, for finding out whether something between here and the reader holds streams back."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final

from webapp.web.sse import encode_event

PIECES: Final = 5
PROBE_INTERVAL: Final = 0.2  # seconds between two pieces; probe.js judges by it


async def pieces(interval: float = PROBE_INTERVAL) -> AsyncIterator[bytes]:
    """PIECES events, `interval` seconds apart."""
    for number in range(1, PIECES + 1):
        if number > 1:
            await asyncio.sleep(interval)
        yield encode_event(f"{number} of {PIECES}")
