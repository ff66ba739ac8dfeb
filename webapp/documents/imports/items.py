"""The conversations of a file, one after the other, each ready to be stored or with the reason why it cannot be."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from webapp.conversations.pictures import picture_of
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.imports.elements import elements
from webapp.documents.imports.formats import KNOWN, Format, read_conversation
from webapp.documents.imports.reading import ConversationError
from webapp.documents.imports.unpacking import FileError, Package

MAX_ITEMS: Final = 50_000
MAX_ITEM_BYTES: Final = 50_000_000


class Item(Struct, frozen=True):
    """A conversation of a file. `document` is its JSON; without one, `remark` says why it cannot be taken."""

    title: str
    remark: str = ""
    format: str = ""
    source_id: str = ""
    messages: int = 0
    document: bytes | None = None


def items(package: Package) -> Iterator[Item]:
    """All that is in the file, good and bad. Raises FileError where nothing more can be read."""
    count = 0
    for part in package.parts():
        if part.data is None:
            yield Item(PurePosixPath(part.name).stem[:200], "It is broken or encrypted in the zip.")
            count += 1
            continue
        for start, end in elements(part.data):
            count += 1
            if count > MAX_ITEMS:
                raise FileError(f"There are more than {MAX_ITEMS:,} conversations in the file.")
            yield _item(package, part.data[start : min(end, start + MAX_ITEM_BYTES + 1)], count)
    if not count:
        raise FileError(f"There is no conversation in the file. {KNOWN} can be read: as JSON, or as the zip they give.")


def _item(package: Package, data: bytes, number: int) -> Item:
    try:
        if len(data) > MAX_ITEM_BYTES:
            raise ConversationError(f"It is larger than {MAX_ITEM_BYTES // 1_000_000} MB.")
        found = read_conversation(data)
        document, lost = _with_pictures(found.document, package if found.format.key == "openchat" else None)
        return _taken(found.format, document, lost)
    except ConversationError as error:
        return Item(_title(data) or f"Number {number}", str(error))


def _taken(found: Format, document: Document, lost: int) -> Item:
    remark = f"{lost} of its pictures cannot be read, and are left out." if lost else ""
    data = msgspec.json.encode(document)
    return Item(document.title, remark, found.key, document.id, len(document.messages), data)


def _title(data: bytes) -> str:
    """The title of a conversation that cannot be taken, if that much can be read of it."""
    try:
        value = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    told = value.get("title") or value.get("name") if isinstance(value, dict) else ""
    return " ".join(told.split())[:200] if isinstance(told, str) else ""


def _with_pictures(document: Document, package: Package | None) -> tuple[Document, int]:
    """With the bytes of all pictures, those that lie beside it included; and how many there were that are none."""
    lost, messages = 0, []
    for message in document.messages:
        pictures = [picture for one in message.pictures if (picture := _whole(one, package)) is not None]
        lost += len(message.pictures) - len(pictures)
        messages.append(replace(message, pictures=tuple(pictures)) if message.pictures else message)
    return replace(document, messages=tuple(messages)), lost


def _whole(picture: DocumentPicture, package: Package | None) -> DocumentPicture | None:
    data = picture.data
    if data is None and package is not None:
        data = package.picture(picture.id)
    read = picture_of(data) if data is not None else None
    return None if read is None else replace(picture, media_type=read.media_type, data=read.data)
