"""The file that somebody sent: JSON, or a zip with JSON and pictures in it. It may be hostile.

It's read piece by piece, and nothing of it is written anywhere: the names in a zip only tell what is in it. How much
there is, is counted as it is unpacked.
"""

import codecs
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import chain, pairwise
from pathlib import Path, PurePosixPath
from typing import IO, Final, NamedTuple

from webapp.conversations.pictures import MAX_PICTURE_BYTES
from webapp.documents.imports.other_files import sentence_for, sentence_for_names

MAX_FILES: Final = 65_535  # more than that is Zip64
MAX_DIRECTORY: Final = 10_000_000  # bytes of the list of files, which is read whole
MAX_RATIO: Final = 200  # text packs to a tenth
SMALL: Final = 1_000_000  # bytes; a file of spaces may pack as well as it likes below that
PIECE: Final = 1 << 20  # bytes that are read at once

_END: Final = struct.Struct("<4s4H2LH")  # the end of central directory record, APPNOTE.TXT 4.3.16
_LOCATOR: Final = 20  # bytes of what leads to the end of a Zip64, and stands right before that record
_HEAD: Final = 30  # bytes before each file, without its name
_WHOLE: Final = re.compile(r"conversations([-_]\d+)?\.json", re.IGNORECASE)
_PACKED: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_TROUBLE: Final = (
    zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, struct.error, UnicodeError, ValueError,
    OSError,
)  # fmt: skip


class FileError(Exception):
    """A file out of which nothing can be read. The text is one sentence for whoever sent it."""


class BrokenFileError(FileError):
    """The same of one file in a zip, where that is unpacked."""


class Part(NamedTuple):
    """A file with JSON in it, as UTF-8, piece by piece. Reading on raises FileError."""

    name: str
    pieces: Iterator[bytes]


class Package:
    """What can be read of a file: its JSON, part by part, and pictures by their id.

    `passed_over` are names of files with JSON that are not looked at, as those beside them have the conversations.
    """

    def __init__(self, path: Path, stack: ExitStack, limit: int) -> None:
        self._path = path
        self._left = limit
        self._limit = limit
        self._archive = stack.enter_context(_opened(path)) if _is_zip(path) else None
        members = self._archive.infolist() if self._archive else []
        _check_members(members)
        self._names = [one.filename for one in members]
        named = [one for one in members if one.filename.lower().endswith((".json", ".jsonl", ".ndjson"))]
        # Google Drive gives what AI Studio keeps in it without an ending.
        found = named or [one for one in members if not one.is_dir() and "." not in one.filename]
        self._members = [one for one in found if _is_whole(one.filename)] or found
        taken = {id(one) for one in self._members}
        self.passed_over = [one.filename for one in found if id(one) not in taken]
        self._pictures = {
            PurePosixPath(one.filename).stem: one
            for one in members
            if PurePosixPath(one.filename).parent.name == "pictures"
        }

    def parts(self) -> Iterator[Part]:
        """Each file with JSON in it; of a zip those of conversations, where it has any by that name."""
        if self._archive is None:
            with self._path.open("rb") as file:
                if told := sentence_for(file.read(64)):
                    raise FileError(told)
                file.seek(0)
                yield Part("", _readable(_pieces(file)))
            return
        if not self._members:
            raise FileError(sentence_for_names(self._names))
        for member in self._members:
            yield Part(member.filename, _readable(self._unpacked(self._archive, member)))

    def picture(self, key: str) -> bytes | None:
        """The bytes of a picture that lies beside the JSON; None if there is none."""
        member = self._pictures.get(key)
        if self._archive is None or member is None or member.file_size > MAX_PICTURE_BYTES:
            return None
        try:
            return b"".join(self._unpacked(self._archive, member))
        except BrokenFileError:
            return None

    def _unpacked(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
        if member.file_size > max(SMALL, member.compress_size * MAX_RATIO):
            raise FileError("A file in the zip unpacks to more than two hundred times its size; no export does.")
        if member.compress_type not in _PACKED:
            raise BrokenFileError("A file in the zip is packed in a way that no export is.")
        try:
            with archive.open(member) as file:
                for piece in _pieces(file):
                    self._left -= len(piece)
                    if self._left < 0:
                        raise FileError(f"The zip unpacks to more than {self._limit // 1_000_000} MB.")
                    yield piece
        except _TROUBLE:
            raise BrokenFileError("A file in the zip is broken or encrypted, and cannot be unpacked.") from None


@contextmanager
def open_package(path: Path, *, limit: int) -> Iterator[Package]:
    """A zip is unpacked up to `limit` bytes. Raises FileError, here or where something is read."""
    with ExitStack() as stack:
        yield Package(path, stack, limit)


def _is_zip(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(4) in (b"PK\x03\x04", b"PK\x05\x06")


def _opened(path: Path) -> zipfile.ZipFile:
    _check_directory(path)
    try:
        return zipfile.ZipFile(path)
    except _TROUBLE:
        raise FileError("The zip is broken, and cannot be opened.") from None


def _check_directory(path: Path) -> None:
    """The list of files is read whole into memory as soon as a zip is opened: so its size is looked at before.

    The end is looked for where `zipfile` finds it, with the longest comment behind it, and what stands before that.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _LOCATOR - _END.size - 65_535))
        tail = file.read()
    place = len(tail) - _END.size
    if not (tail.startswith(b"PK\x05\x06", max(0, place)) and tail.endswith(b"\0\0")):
        place = tail.rfind(b"PK\x05\x06")
    if place < 0 or len(tail) - place < _END.size:
        raise FileError("The zip is cut off: its end is missing.")
    if tail[max(0, place - _LOCATOR) : place].startswith(b"PK\x06\x07"):
        raise FileError(f"The zip is a Zip64, for more than {MAX_FILES:,} files or 4 GB, which is not read here.")
    *_, length, _, comment = _END.unpack_from(tail, place)
    if place + _END.size + comment != len(tail):
        raise FileError("There is something else behind the end of the zip. Send the zip alone.")
    if length > MAX_DIRECTORY:
        raise FileError("The list of files in the zip is too long.")


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    """Bytes that stand in several files at once are a way to make much out of little."""
    if len(members) > MAX_FILES:
        raise FileError(f"There are more than {MAX_FILES:,} files in the zip.")
    ordered = sorted(members, key=lambda one: one.header_offset)
    if any(one.header_offset + _HEAD + one.compress_size > after.header_offset for one, after in pairwise(ordered)):
        raise FileError("Files in the zip lie over each other; in no export they do.")


def _is_whole(path: str) -> bool:
    return _WHOLE.fullmatch(PurePosixPath(path).name) is not None


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    return iter(lambda: file.read(PIECE), b"")


def _readable(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """A file as it is; one in UTF-16 as UTF-8."""
    first = next(pieces, b"")
    encoding, whole = _utf_16(first[:2]), chain((first,), pieces)
    if encoding is None:
        yield from whole
        return
    for piece in codecs.iterdecode(whole, encoding, "replace"):
        yield piece.removeprefix("\ufeff").encode("utf-8", "replace")


def _utf_16(head: bytes) -> str | None:
    """The encoding of a file that begins so, where it is one of two bytes for each letter."""
    if head in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    if len(head) == 2 and 0 in head:  # JSON begins with two letters of ASCII
        return "utf-16-be" if head[0] == 0 else "utf-16-le"
    return None
