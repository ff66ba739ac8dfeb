"""Many conversations as one zip: each as Markdown, to read, and as JSON, complete, with the pictures beside them.

One conversation at a time is in memory, whether the zip goes to a file or, as it is made, to a browser.
"""

import asyncio
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Mapping
from io import RawIOBase
from pathlib import Path
from typing import IO, Final, cast
from uuid import UUID

import msgspec

from webapp.background import by_turns
from webapp.conversations.listing import View
from webapp.documents.closer import Closer
from webapp.documents.document import Document, fit_name
from webapp.documents.store import DocumentStore
from webapp.documents.writers import Markdown, written

STORED: Final = zipfile.ZIP_STORED  # pictures are compressed already

_MARKDOWN: Final = Markdown(lambda picture: picture.path if picture.is_shown else "")


async def write_archive(
    store: DocumentStore, closer: Closer, target: Path, progress: Callable[[int, int], None]
) -> int:
    """Writes everybody's conversations to the zip `target`, a folder each; returns how many conversations.

    `progress` is told how many of how many are written.
    """
    users = await store.users()
    total = sum([await store.count(user.id) for user in users])
    done = 0
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for user in users:
            async for document in store.documents(user.id):
                async for _ in _adding(store, closer, archive, user.id, f"{fit_name(user.name) or 'user'}/", document):
                    pass
                done += 1
                progress(done, total)
    return done


async def stream_archive(
    store: DocumentStore, closer: Closer, owner: UUID, chosen: Iterable[UUID] | View | None = None
) -> AsyncGenerator[bytes, None]:
    """The zip of one owner's conversations, all or those that were chosen, piece by piece as it is made."""
    pieces = _Pieces()
    with zipfile.ZipFile(cast("IO[bytes]", pieces), "w", zipfile.ZIP_DEFLATED) as archive:
        async for document in store.documents(owner, chosen):
            async for _ in _adding(store, closer, archive, owner, "", document):
                yield pieces.taken()
    yield pieces.taken()


async def _adding(
    store: DocumentStore, closer: Closer, archive: zipfile.ZipFile, owner: UUID, folder: str, document: Document
) -> AsyncIterator[None]:
    """Adds a conversation; yields after each of its files."""
    closings = {one.id: await closer.closing(owner, one) async for one in by_turns(document.branch)}
    await asyncio.to_thread(_add_texts, archive, f"{folder}{document.file_name}", document, closings)
    yield
    for picture in (one for message in document.messages for one in message.pictures):
        data = await store.picture(owner, picture)
        if data is not None:
            await asyncio.to_thread(archive.writestr, folder + picture.path, data, STORED)
            yield


def _add_texts(archive: zipfile.ZipFile, name: str, document: Document, closings: Mapping[str, str | None]) -> None:
    archive.writestr(f"{name}.md", written(_MARKDOWN, document, closings))
    archive.writestr(f"{name}.json", msgspec.json.format(msgspec.json.encode(document)))


class _Pieces(RawIOBase):
    """A file that can only be written to, and gives away what was written since the last time."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: object, /) -> int:
        piece = bytes(cast("bytes", data))
        self._pieces.append(piece)
        return len(piece)

    def taken(self) -> bytes:
        taken, self._pieces = b"".join(self._pieces), []
        return taken
