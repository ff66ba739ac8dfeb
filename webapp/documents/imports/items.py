"""The conversations of a file, one after the other, each ready to be stored or with the reason why it cannot be."""

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from webapp.conversations.pictures import picture_of
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.imports import marks
from webapp.documents.imports.elements import elements
from webapp.documents.imports.formats import KNOWN
from webapp.documents.imports.ids import origins
from webapp.documents.imports.reading import BrokenError, EmptyError
from webapp.documents.imports.records import MAX_ITEM_BYTES, Bad, Found, Unknown, conversations
from webapp.documents.imports.unpacking import FileError, Package, Part

MAX_ITEMS: Final = 50_000
NOTHING: Final = "Nothing in this file could be read."
READABLE: Final = f"Exports of these programs can be, as JSON or as a zip: {KNOWN}."


class Item(Struct, frozen=True):
    """A conversation of a file. `document` is its JSON; without one, `remark` says why it cannot be taken.

    A note is no conversation: its title is a sentence on what else there is in the file.
    """

    title: str
    remark: str = ""
    format: str = ""
    source_id: str = ""
    messages: int = 0
    origins: tuple[str, ...] = ()
    document: bytes | None = None
    is_note: bool = False


def items(package: Package) -> Iterator[Item]:
    """All that is in the file, good and bad. Raises FileError where nothing more can be read, or nothing at all."""
    count = empty = unknown = 0
    broken = list[Item]()  # what is no JSON, as long as nothing else has come
    for part in package.parts():
        if part.data is None:
            yield Item(PurePosixPath(part.name).stem[:200], "It is broken or encrypted in the zip.")
            count += 1
            continue
        for one in conversations(_records(part)):
            if isinstance(one, Unknown):
                unknown += 1
            elif isinstance(one, Bad) and isinstance(one.error, EmptyError):
                empty += 1
            elif isinstance(one, Bad) and isinstance(one.error, BrokenError) and len(broken) == count:
                count += 1
                broken.append(_item(package, one, count))
            else:
                if len(broken) == count:
                    yield from broken
                count += 1
                yield _item(package, one, count)
            if count + empty + unknown > MAX_ITEMS:
                raise FileError(f"There are more than {MAX_ITEMS:,} conversations in the file.")
    if len(broken) == count and not empty:
        raise FileError(_nothing(broken if not unknown else []))
    yield from _notes(empty, unknown, package.passed_over)


def _nothing(broken: list[Item]) -> str:
    why = [f"It isn't valid JSON, or it's cut off: {broken[0].remark}"] if broken else []
    return " ".join([NOTHING, *why, READABLE])


def _notes(empty: int, unknown: int, passed_over: list[str]) -> Iterator[Item]:
    if unknown:
        entries = "1 other entry isn't" if unknown == 1 else f"{unknown:,} other entries aren't"
        yield Item(f"{entries} in a format that can be read. {READABLE}", is_note=True)
    if empty:
        left_out = "1 empty conversation is" if empty == 1 else f"{empty:,} empty conversations are"
        yield Item(f"{left_out} left out.", is_note=True)
    if passed_over:
        names = ", ".join(PurePosixPath(name).name for name in passed_over[:5])
        rest = f" and {len(passed_over) - 5:,} more" if len(passed_over) > 5 else ""
        yield Item(f"Other files in the zip aren't read: {names}{rest}.", is_note=True)


def _records(part: Part) -> Iterator[bytes]:
    data = part.data or b""
    return (data[start : min(end, start + MAX_ITEM_BYTES + 1)] for start, end in elements(data))


def _item(package: Package, one: Found | Bad, number: int) -> Item:
    if isinstance(one, Bad):
        return Item(one.title or f"Number {number}", str(one.error))
    is_own = one.format.key == "openchat"
    document, lost = _with_pictures(one.document, package if is_own else None)
    pictures = f"{lost} of its pictures cannot be read, and are left out." if lost else ""
    remark = " ".join(filter(None, [pictures, "" if is_own else marks.told(document)]))
    data = msgspec.json.encode(document)
    return Item(
        title=document.title,
        remark=remark,
        format=one.format.key,
        source_id=document.id,
        messages=len(document.messages),
        origins=origins(one.format.key, document),
        document=data,
    )


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
