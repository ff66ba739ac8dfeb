"""A large conversation in pieces, each of which can be stored and brought in without the others in memory."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from webapp.documents.document import Document, DocumentMessage

PIECE_BYTES: Final = 1_000_000  # of a piece, unless it is a single message; larger documents go in pieces
PIECE_MESSAGES: Final = 500

Kind = Literal["outline", "messages", "picture", "more"]


class Piece(Struct, frozen=True):
    """A part of a conversation, by its number.

    - "outline", the first: the document as JSON, its messages with no more than their place in the tree.
    - "messages": some of them as JSON, in their order.
    - "picture": the first bytes of one, which belongs to the last message of the piece of messages before it.
    - "more": what follows of its bytes.
    """

    number: int
    kind: Kind
    data: bytes


class Pieces(Struct, frozen=True, tag=True):
    """The next pieces of the conversation that came last."""

    pieces: tuple[Piece, ...]


class _Stub(Struct, frozen=True, omit_defaults=True):
    id: str
    parent_id: str | None
    role: str
    created_at: datetime
    origin: str = ""


def in_pieces(data: bytes) -> Iterator[Pieces]:
    """A document's JSON in pieces, several small ones together."""
    group, size = list[Piece](), 0
    for number, (kind, part) in enumerate(_parts(msgspec.json.decode(data, type=Document))):
        if group and size + len(part) > PIECE_BYTES:
            yield Pieces(tuple(group))
            group, size = [], 0
        group.append(Piece(number, kind, part))
        size += len(part)
    yield Pieces(tuple(group))


def _parts(document: Document) -> Iterator[tuple[Kind, bytes]]:
    yield "outline", _outline(document)
    group, size = list[bytes](), 0
    for message in document.messages:
        is_large = sum(len(one.data or b"") for one in message.pictures) > PIECE_BYTES // 2
        part = msgspec.json.encode(replace(message, pictures=()) if is_large else message)
        if group and (size + len(part) > PIECE_BYTES or len(group) == PIECE_MESSAGES):
            yield "messages", _list(group)
            group, size = [], 0
        group.append(part)
        size += len(part)
        if is_large:
            yield "messages", _list(group)
            for one in message.pictures:
                yield from _slices(one.data or b"")
            group, size = [], 0
    if group:
        yield "messages", _list(group)


def _slices(picture: bytes) -> Iterator[tuple[Kind, bytes]]:
    for start in range(0, len(picture), PIECE_BYTES):
        yield "more" if start else "picture", picture[start : start + PIECE_BYTES]


def _outline(document: Document) -> bytes:
    stubs = [_Stub(one.id, one.parent_id, one.role, one.created_at, one.origin) for one in document.messages]
    head = msgspec.to_builtins(replace(document, messages=()))
    return msgspec.json.encode({**head, "messages": stubs})


def _list(messages: list[bytes]) -> bytes:
    return b"[" + b",".join(messages) + b"]"


def messages_of(data: bytes) -> list[DocumentMessage]:
    """What a piece of messages holds."""
    return msgspec.json.decode(data, type=list[DocumentMessage])
