"""Reads a file that somebody sent, in the sandbox: nowhere else is a zip, JSON or a text of other programs opened."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from webapp.documents.imports.items import Item, items
from webapp.documents.imports.pieces import PIECE_BYTES, Pieces, in_pieces
from webapp.documents.imports.unpacking import FileError, open_package
from webapp.sandbox.job import Job, Limits

UNPACKED: Final = 10  # times as much as a file may have, a zip may unpack to
BATCH: Final = 20  # conversations in one answer,
BATCH_BYTES: Final = 4_000_000  # unless they are larger than this together

MEMORY: Final = 512_000_000  # bytes of address space; a backup of 50 MB that is one record takes 325 MB
SECONDS: Final = 60  # of processor time,
SECONDS_PER_MEGABYTE: Final = 5  # and so many more for each of the file's, which may be ten when it's unpacked
WAIT: Final = 300.0  # seconds until the next batch
PATIENCE: Final = 600.0  # seconds until other files have been read
BESIDE: Final = 100_000_000  # bytes of all that comes with the conversations: names, reasons


class Sent(Struct, frozen=True):
    """A file, how much all of its conversations may have, in bytes, and a message of them, in characters."""

    path: str
    limit: int
    longest: int


class Batch(Struct, frozen=True, tag=True):
    """What is in the file next."""

    items: tuple[Item, ...]


class Unreadable(Struct, frozen=True, tag=True):
    """Nothing more can be read. `reason` is a sentence for whoever sent the file."""

    reason: str


Answer = Batch | Pieces | Unreadable


def read_file(sent: Sent) -> Iterator[Answer]:
    """All that is in it, until something is Unreadable. Pieces belong to the last conversation before them."""
    try:
        with open_package(Path(sent.path), limit=sent.limit) as package:
            yield from _answers(items(package, limit=sent.limit, longest=sent.longest))
    except FileError as error:
        yield Unreadable(str(error))


def reading_job(sent: Sent, size: int) -> Job[Sent, Answer]:
    """The job for a file of `size` bytes."""
    limits = Limits(
        processor=SECONDS + size * SECONDS_PER_MEGABYTE // 1_000_000,
        wait=WAIT,
        patience=PATIENCE,
        memory=MEMORY,
        output=sent.limit + BESIDE,
    )
    return Job(read_file, Sent, Answer, limits, is_long=True)


def _answers(reading: Iterator[Item]) -> Iterator[Batch | Pieces]:
    batch, size = list[Item](), 0
    for one in reading:
        data = one.document or b""
        is_large = len(data) > PIECE_BYTES
        batch.append(replace(one, document=None, is_in_pieces=True) if is_large else one)
        size += len(data)
        if is_large or size > BATCH_BYTES or len(batch) == BATCH:
            yield Batch(tuple(batch))
            batch, size = [], 0
        if is_large:
            del one  # the pieces are made of its data alone
            yield from in_pieces(data)
        del data
    if batch:
        yield Batch(tuple(batch))
