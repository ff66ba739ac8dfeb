"""Ids for what is imported: the same for the same file and owner, so that what is here already is known again."""

import hashlib
from datetime import UTC, datetime
from uuid import UUID

from webapp.documents.document import DocumentMessage


def keys(owner: UUID, format_key: str, source_id: str) -> tuple[UUID, ...]:
    """By what ids a conversation can be here already: the one that an import gives it, and, of ours, its own."""
    digest = _digest(owner.bytes, format_key.encode(), source_id.encode())
    given = UUID(int=_with_version(int.from_bytes(digest[:16]), 8))
    try:
        return (given, UUID(source_id)) if format_key == "openchat" else (given,)
    except ValueError:
        return (given,)


class MessageIds:
    """Ids for the messages of a conversation, in the order of the messages: UUIDv7, by when they were written."""

    def __init__(self, conversation: UUID) -> None:
        self._conversation = conversation
        self._tick = 0
        self._now = int(datetime.now(UTC).timestamp() * 1000)

    def next(self, message: DocumentMessage) -> UUID:
        milliseconds = min(max(0, int(message.created_at.timestamp() * 1000)), self._now)
        self._tick = max(self._tick + 1, milliseconds * 4096)
        whole, fraction = divmod(self._tick, 4096)
        random = int.from_bytes(_digest(self._conversation.bytes, message.id.encode())[:8])
        return UUID(int=_with_version(whole << 80 | fraction << 64 | random, 7))


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha256(b"\0".join(parts)).digest()


def _with_version(number: int, version: int) -> int:
    """With version and variant where RFC 9562 has them."""
    number &= ~(0xF << 76 | 0x3 << 62)
    return number | version << 76 | 0x2 << 62
