"""Ids for what is imported: the same for the same file and owner, so that what is here already is known again."""

import hashlib
from datetime import UTC, datetime
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from webapp.documents.document import MAX_ORIGINS, Document, DocumentMessage

_END: Final = (1 << 62) - 1


class Named(Protocol):
    """A message, as far as it takes to know it again."""

    @property
    def id(self) -> str:
        """Its id in the file."""

    @property
    def first_id(self) -> str:
        """The id that it had where it first came from."""


class MessageName(NamedTuple):
    """The ids of a message without the message, which may be large."""

    id: str
    first_id: str


def message_names(document: Document) -> tuple[MessageName, ...]:
    """The ids of all messages, in their order."""
    return tuple([MessageName(one.id, one.first_id) for one in document.messages])


def origins(format_key: str, document: Document) -> tuple[str, ...]:
    """The names by which a conversation can be known: the one that it has in its file, and those of before."""
    return tuple(dict.fromkeys((f"{format_key}:{document.id}", *document.origins)))[:MAX_ORIGINS]


def keys(owner: UUID, names: tuple[str, ...]) -> tuple[UUID, ...]:
    """By what ids a conversation of these origins can be here; the first is the one that an import gives it.

    That comes from its first name of all, so that it is the same by whichever way it came. It may have been imported
    under another one before names were kept, or, if it is an Open Chat's, have been begun here.
    """
    given = [_given(owner, *name.partition(":")[::2]) for name in reversed(names)]
    own = [
        UUID(key) for kind, _, key in (name.partition(":") for name in names) if kind == "openchat" and _is_uuid(key)
    ]
    return (*given, *own)


def _given(owner: UUID, format_key: str, source_id: str) -> UUID:
    digest = _digest(owner.bytes, format_key.encode(), source_id.encode())
    return UUID(int=_with_version(int.from_bytes(digest[:16]), 8))


def _is_uuid(key: str) -> bool:
    try:
        UUID(key)
    except ValueError:
        return False
    return True


class MessageIds:
    """Ids for the messages of a conversation, in the order of the messages: UUIDv7, by when they were written."""

    def __init__(self, conversation: UUID, after: UUID | None = None) -> None:
        """All of them are behind the id `after`."""
        self._conversation = conversation
        self._tick = 0 if after is None else (after.int >> 80) * 4096 + (after.int >> 64 & 0xFFF)
        self._now = int(datetime.now(UTC).timestamp() * 1000)

    def next(self, message: DocumentMessage) -> UUID:
        milliseconds = min(max(0, int(message.created_at.timestamp() * 1000)), self._now)
        self._tick = max(self._tick + 1, milliseconds * 4096)
        whole, fraction = divmod(self._tick, 4096)
        return UUID(int=_with_version(whole << 80 | fraction << 64 | self._random(message), 7))

    def end(self, message: Named) -> int:
        """The end of the id that a message gets, whenever it was written: see end_of."""
        return self._random(message) & _END

    def _random(self, message: Named) -> int:
        return int.from_bytes(_digest(self._conversation.bytes, message.id.encode())[:8])


def end_of(key: UUID) -> int:
    """What of a message's id comes from its conversation and from the id in its file."""
    return key.int & _END


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(parts)).digest()


def _with_version(number: int, version: int) -> int:
    """With version and variant where RFC 9562 has them."""
    number &= ~(0xF << 76 | 0x3 << 62)
    return number | version << 76 | 0x2 << 62
