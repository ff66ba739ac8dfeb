"""A bus over a server: kept connected, tried by listening to oneself, and never waited for."""

import asyncio
import logging
import random
from abc import abstractmethod
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from secrets import token_hex
from typing import Final, Protocol

import msgspec

from webapp.background import background, together
from webapp.bus.bus import EVERYONE, Bus, Listener, Message

logger = logging.getLogger(__name__)

TRY_INTERVAL: Final = 5.0  # seconds between two messages to oneself
LONGEST_SILENCE: Final = 12.0  # after which the connection counts as lost, whatever it looks like
PATIENCE: Final = 10.0  # seconds for a connection, and for what is sent
FIRST_PAUSE: Final = 0.1  # seconds before another attempt, twice as long after each
LONGEST_PAUSE: Final = 5.0
MAX_WAITING: Final = 4_000_000  # bytes that are waiting to be sent; what comes above is dropped

Post = tuple[str, bytes]  # a channel, and what goes there

_ENCODE: Final = msgspec.json.Encoder().encode
_DECODE: Final = msgspec.json.Decoder(list[Message]).decode


class LinkError(ConnectionError):
    """The server behind a bus cannot be had, or is lost. The text is one line, without secrets."""


class Link(Protocol):
    """One connection to the server, or one to speak and one to listen. Raises LinkError when it is broken."""

    async def post(self, posts: Sequence[Post]) -> None:
        """Sends all, in this order and in one go where that is possible."""

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        """Hears until the connection breaks."""

    async def close(self) -> None: ...


class LinkedBus(Bus):
    """What is sent while something is under way goes together afterwards, so a busy bus sends fewer, larger posts."""

    def __init__(self, *, largest: int, try_interval: float = TRY_INTERVAL) -> None:
        """`largest` is how many bytes fit into one post."""
        self.address = f"{EVERYONE}_{token_hex(8)}"
        self._largest = largest
        self._try_interval = try_interval
        self._is_up = False
        self._waiting: deque[tuple[str, bytes]] = deque()
        self._size = 0
        self._has_waiting = asyncio.Event()
        self._heard_at = 0.0
        self._hear_message: Listener
        self._on_change: Callable[[], None]

    @abstractmethod
    async def _open(self, channels: Sequence[str]) -> Link:
        """Connects, and listens on `channels`. Raises LinkError."""

    @property
    def is_up(self) -> bool:
        return self._is_up

    def send(self, channel: str, *messages: Message) -> None:
        if not self._is_up:
            return
        for message in messages:
            data = _ENCODE(message)
            if self._size + len(data) > MAX_WAITING:
                logger.debug("The bus (%s) is too slow: a message is dropped", self.kind)
                return
            self._waiting.append((channel, data))
            self._size += len(data)
        self._has_waiting.set()

    @asynccontextmanager
    async def running(self, hear: Listener, on_change: Callable[[], None]) -> AsyncIterator[None]:
        self._hear_message, self._on_change = hear, on_change
        try:
            async with background(self._stay_linked(), name="bus"):
                yield
        finally:
            self._is_up = False

    async def _stay_linked(self) -> None:
        pause, is_known = FIRST_PAUSE, False
        while True:
            try:
                await self._link()
            except Exception as error:
                was_up, why = self._is_up, _line(error)
                self._set_up(False)
                if was_up:
                    pause, is_known = FIRST_PAUSE, False
                level = logging.DEBUG if is_known else logging.WARNING
                logger.log(level, "The bus (%s) is away, answers are read from the database: %s", self.kind, why)
                is_known = True
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311  # so that not all come back at once
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _link(self) -> None:
        """Connects, and works until the connection breaks. Raises what broke it."""
        async with asyncio.timeout(PATIENCE):
            link = await self._open((EVERYONE, self.address))
        try:
            self._heard_at = asyncio.get_running_loop().time()
            await together(link.listen(self._hear), self._post(link), self._try(link))
        finally:
            self._forget_waiting()
            with suppress(Exception):
                async with asyncio.timeout(PATIENCE):
                    await link.close()

    async def _post(self, link: Link) -> None:
        while True:
            await self._has_waiting.wait()
            await self._post_waiting(link)

    async def _post_waiting(self, link: Link) -> None:
        posts = list(packed(self._waiting, self._largest))
        self._forget_waiting()
        async with asyncio.timeout(PATIENCE):
            await link.post(posts)

    async def _try(self, link: Link) -> None:
        """Sends itself nothing, again and again: what comes back shows that the whole way is open."""
        while True:
            self._waiting.append((self.address, b""))
            self._has_waiting.set()
            await asyncio.sleep(self._try_interval)
            if asyncio.get_running_loop().time() - self._heard_at > LONGEST_SILENCE:
                raise LinkError("nothing comes back")

    def _hear(self, payload: bytes) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        self._set_up(True)
        try:
            messages = _DECODE(payload)
        except (msgspec.DecodeError, UnicodeDecodeError):  # of another version, or of a stranger on the same server
            logger.debug("The bus (%s) carried something unknown", self.kind)
            return
        for message in messages:
            self._hear_message(message)

    def _set_up(self, is_up: bool) -> None:
        if self._is_up == is_up:
            return
        self._is_up = is_up
        if is_up:
            logger.info("The bus (%s) connects this process with the others", self.kind)
        self._on_change()

    def _forget_waiting(self) -> None:
        self._waiting.clear()
        self._size = 0
        self._has_waiting.clear()


def packed(waiting: Sequence[tuple[str, bytes]], largest: int) -> list[Post]:
    """Messages as posts of at most `largest` bytes: JSON lists, one channel each, in order within a channel."""
    posts: list[Post] = []
    open_ones: dict[str, list[bytes]] = {}
    sizes: dict[str, int] = {}
    for channel, data in waiting:
        parts = open_ones.setdefault(channel, [])
        if parts and sizes[channel] + len(data) + 1 > largest:
            posts.append((channel, _joined(parts)))
            parts.clear()
        if not parts:
            sizes[channel] = 2
        parts.append(data)
        sizes[channel] += len(data) + 1
    posts.extend((channel, _joined(parts)) for channel, parts in open_ones.items())
    return posts


def _joined(parts: Sequence[bytes]) -> bytes:
    return b"[" + b",".join(part for part in parts if part) + b"]"


def _line(error: Exception) -> str:
    """What broke, on one line. What is no LinkError may hold an address with a password."""
    if isinstance(error, LinkError):
        return " ".join(str(error).split())[:300]
    return "it does not answer" if isinstance(error, TimeoutError) else type(error).__name__
