"""A bus between the processes of a test, which the test can cut, and from which it can lose what it likes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from itertools import count

from webapp.bus.bus import EVERYONE, Bus, Listener, Message

_numbers = count(1)


class Wire:
    """`losing` says of a message whether it gets lost. `sent` has all that did not."""

    def __init__(self) -> None:
        self.buses: list[LocalBus] = []
        self.sent: list[Message] = []
        self.losing: Callable[[Message], bool] = lambda _: False

    def bus(self) -> "LocalBus":
        self.buses.append(LocalBus(self))
        return self.buses[-1]

    def carry(self, channel: str, message: Message) -> None:
        if self.losing(message):
            return
        self.sent.append(message)
        for bus in self.buses:
            if channel in (EVERYONE, bus.address):
                bus.take(message)

    def set_up(self, is_up: bool) -> None:
        """Cuts the wire for all, or mends it."""
        for bus in self.buses:
            bus.set_up(is_up)


class LocalBus(Bus):
    kind = "local"

    def __init__(self, wire: Wire) -> None:
        self.address = f"process-{next(_numbers)}"
        self._wire = wire
        self._is_up = True
        self._hear: Listener = lambda _: None
        self._on_change: Callable[[], None] = lambda: None

    @property
    def is_up(self) -> bool:
        return self._is_up

    @asynccontextmanager
    async def running(self, hear: Listener, on_change: Callable[[], None]) -> AsyncIterator[None]:
        self._hear, self._on_change = hear, on_change
        yield
        self._hear = lambda _: None

    def send(self, channel: str, *messages: Message) -> None:
        for message in messages if self._is_up else ():
            self._wire.carry(channel, message)

    def take(self, message: Message) -> None:
        if self._is_up:
            self._hear(message)

    def set_up(self, is_up: bool) -> None:
        self._is_up = is_up
        self._on_change()
