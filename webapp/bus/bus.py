"""What processes of one installation tell each other, and the way on which they do. The database has the truth.

A bus makes things fast, and may lose anything at any time: whoever listens finds out from the database what was lost.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import ClassVar, Final
from uuid import UUID

from msgspec import Struct

EVERYONE: Final = "open_chat"  # the channel that all processes hear
LONGEST_TEXT: Final = 1_000  # characters of a text in one message: in JSON at most 6 bytes each


class Watch(Struct, frozen=True, array_like=True, tag="watch"):
    """Somebody reads this answer at `reader`, and has so many characters of its text and of its reasoning.

    Whoever writes it is to send `reader` what comes after them, for a while.
    """

    id: UUID
    reader: str
    text_length: int
    reasoning_length: int


class Piece(Struct, frozen=True, array_like=True, tag="piece"):
    """What comes in an answer's text and reasoning at these offsets, in characters; both may be empty.

    `run` is the number under which it is written: of another writer, the same offset means another text.
    `has_ended`: the database has the end of the answer, and all that is not text.
    """

    id: UUID
    run: int
    text_at: int = 0
    text: str = ""
    reasoning_at: int = 0
    reasoning: str = ""
    has_ended: bool = False


class Changed(Struct, frozen=True, array_like=True, tag="changed"):
    """Another process has changed the answer's row, as to ask for a stop: whoever writes it is to look."""

    id: UUID


Message = Watch | Piece | Changed

Listener = Callable[[Message], None]


class Bus(ABC):
    """To send never waits and never fails: what cannot be sent is dropped."""

    kind: ClassVar[str]
    address: str  # the channel that this process alone hears

    @property
    @abstractmethod
    def is_up(self) -> bool:
        """Whether this process hears what it sends itself, as far as is known."""

    @abstractmethod
    def running(self, hear: Listener, on_change: Callable[[], None]) -> AbstractAsyncContextManager[None]:
        """Listens while the block runs; `on_change` is called whenever `is_up` has become another."""

    @abstractmethod
    def send(self, channel: str, *messages: Message) -> None:
        """To EVERYONE, or to the process with that address, in this order."""


class NoBus(Bus):
    """Where there is one process, or none that could be reached."""

    kind = "none"
    address = ""
    is_up = False

    @asynccontextmanager
    async def running(self, hear: Listener, on_change: Callable[[], None]) -> AsyncIterator[None]:
        yield

    def send(self, channel: str, *messages: Message) -> None:
        pass
