"""What the stand-in has seen: the last requests, the gates that were opened, and a way to wait for either."""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from typing import Any, Final, Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType, field

from webapp.standin.http import Request

KEEP_REQUESTS: Final = 200
KEEP_BYTES: Final = 4_000_000

Ending = Literal["complete", "closed", "dropped"]
"""``complete``: sent to the end; ``closed``: by the client before that; ``dropped``: by the stand-in before that."""


class Seen(Struct):
    """A request for an answer. ``name`` is the script's or the model's id; ``number`` counts from 1 for each name."""

    name: str
    number: int
    model: str
    streamed: bool
    headers: dict[str, str]
    body: msgspec.Raw | UnsetType
    """The JSON that came; absent where it was too large to keep."""
    body_bytes: int
    began: float
    """Seconds since the epoch."""
    reached: list[str] = field(default_factory=list)
    """Gates at which the answer has arrived, opened or not."""
    writes: int = 0
    """Writes of the body until now."""
    ending: Ending | None = None
    """None while the answer goes on."""
    seconds: float | None = None
    """From the request to the ending."""

    @property
    def json(self) -> Any:
        """The body as Python values."""
        return msgspec.json.decode(self.body) if self.body else None


class Journal:
    """Remembers a bounded number of requests. For one event loop."""

    def __init__(self) -> None:
        self._seen: deque[Seen] = deque(maxlen=KEEP_REQUESTS)
        self._numbers: Counter[str] = Counter()
        self._open: set[tuple[str, str, int | None]] = set()
        self._changed = asyncio.Event()
        self._closed = False

    def begin(self, name: str, model: str, request: Request, *, streamed: bool = True) -> Seen:
        """Notes a request that has just come."""
        self._numbers[name] += 1
        size = len(request.body)
        body = msgspec.Raw(request.body) if size <= KEEP_BYTES else UNSET
        seen = Seen(name, self._numbers[name], model, streamed, request.headers, body, size, time.time())
        self._seen.append(seen)
        self._keep_small()
        self._notify()
        return seen

    def reach(self, seen: Seen, gate: str) -> None:
        """Notes that the answer has come to a gate."""
        seen.reached.append(gate)
        self._notify()

    def end(self, seen: Seen, ending: Ending) -> None:
        """Notes how a request ended; only the first ending counts."""
        if seen.ending is None:
            seen.ending, seen.seconds = ending, time.time() - seen.began
            self._notify()

    def open(self, name: str, gate: str, number: int | None = None) -> None:
        """Opens a gate: for request ``number`` of that name, or for all requests, also those to come."""
        self._open.add((name, gate, number))
        self._notify()

    async def opened(self, seen: Seen, gate: str, seconds: float) -> bool:
        """Waits until the gate is open for that request; False if it is not after ``seconds``."""
        keys = {(seen.name, gate, None), (seen.name, gate, seen.number)}
        return await self.until(lambda: bool(keys & self._open), seconds)

    def requests(self, name: str | None = None) -> list[Seen]:
        """The requests still kept, oldest first."""
        return [seen for seen in self._seen if name in (None, seen.name)]

    def request(self, name: str, number: int) -> Seen | None:
        """Request ``number`` of that name, if it has come and is still kept; 0 is the latest."""
        number = number or self._numbers[name]
        return next((seen for seen in self.requests(name) if seen.number == number), None)

    def forget(self, name: str | None = None) -> None:
        """Forgets the requests and gates of that name, or all of them."""
        for seen in self.requests(name):
            self._seen.remove(seen)
        self._numbers = Counter({key: count for key, count in self._numbers.items() if name not in (None, key)})
        self._open = {key for key in self._open if name not in (None, key[0])}

    async def until(self, holds: Callable[[], bool], seconds: float) -> bool:
        """Waits until ``holds()``; False if it does not within ``seconds``, or before the journal is closed."""
        try:
            async with asyncio.timeout(seconds):
                while not holds() and not self._closed:
                    await self._changed.wait()
        except TimeoutError:
            return False
        return holds()

    def close(self) -> None:
        """Ends all waiting."""
        self._closed = True
        self._notify()

    def _notify(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _keep_small(self) -> None:
        while len(self._seen) > 1 and sum(seen.body_bytes for seen in self._seen) > KEEP_BYTES:
            self._seen.popleft()
