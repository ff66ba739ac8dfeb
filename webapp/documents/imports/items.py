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
from webapp.documents.imports.ids import MessageName, message_names, origins
from webapp.documents.imports.reading import BrokenError, ConversationError, EmptyError
from webapp.documents.imports.records import MAX_ITEM_BYTES, TOO_MUCH, Bad, Found, Unknown, conversations
from webapp.documents.imports.soundness import (
    MAX_BYTES,
    MAX_CHARACTERS,
    MAX_PICTURE_BYTES,
    MAX_PICTURES,
    TOO_LONG,
    shortened,
)
from webapp.documents.imports.unpacking import BrokenFileError, FileError, Package, Part

MAX_ITEMS: Final = 50_000
NOTHING: Final = "Nothing in this file could be read."
READABLE: Final = f"Exports of these programs can be, as JSON or as a zip: {KNOWN}."


class Item(Struct, frozen=True):
    """A conversation of a file. `document` is its JSON, unless that `is_in_pieces`, which come behind it.

    Without either, `remark` says why it cannot be taken.

    `messages` has the ids of the messages in it, so that nothing has to be decoded to know which of them are here.

    A note is no conversation: its title is a sentence on what else there is in the file.
    """

    title: str
    remark: str = ""
    format: str = ""
    source_id: str = ""
    messages: tuple[MessageName, ...] = ()
    origins: tuple[str, ...] = ()
    document: bytes | None = None
    is_note: bool = False
    is_in_pieces: bool = False

    @property
    def is_good(self) -> bool:
        """Whether there is a document, in one or in pieces."""
        return self.document is not None or self.is_in_pieces


def items(package: Package, *, limit: int, longest: int = MAX_CHARACTERS) -> Iterator[Item]:
    """All that is in the file, good and bad. Raises FileError where nothing more can be read, or nothing at all.

    All conversations together have at most `limit` bytes; of a message with more than `longest` characters, that many
    are taken.
    """
    count = empty = unknown = size = 0
    broken = list[Item]()  # what is no JSON, as long as nothing else has come
    for part in package.parts():
        for one in _found(part):
            if isinstance(one, Unknown):
                unknown += 1
            elif isinstance(one, Bad) and isinstance(one.error, EmptyError):
                empty += 1
            elif isinstance(one, Bad) and isinstance(one.error, BrokenError) and len(broken) == count:
                count += 1
                broken.append(_item(package, one, count + empty + unknown, longest))
            else:
                if len(broken) == count:
                    yield from broken
                count += 1
                made = _item(package, one, count + empty + unknown, longest)
                size += len(made.document or b"")
                if size > limit:
                    raise FileError(f"The conversations in the file have more than {limit // 1_000_000} MB.")
                yield made
            if count + empty + unknown > MAX_ITEMS:
                raise FileError(f"There are more than {MAX_ITEMS:,} conversations in the file.")
    if len(broken) == count and not empty:
        raise FileError(_nothing(broken if not unknown else []))
    yield from _notes(empty, unknown, package.passed_over)


def _found(part: Part) -> Iterator[Found | Bad | Unknown]:
    """What is in a part. In one that is broken in the zip, what comes before that."""
    try:
        yield from conversations(elements(part.pieces, MAX_ITEM_BYTES))
        for _ in part.pieces:  # what is behind the list: only at the end a zip says whether the file is whole
            pass
    except BrokenFileError:
        name = marks.line(PurePosixPath(part.name).stem)
        yield Bad(name, ConversationError("It is broken or encrypted in the zip."))


def _nothing(broken: list[Item]) -> str:
    why = [broken[0].remark] if broken else []
    return " ".join([NOTHING, *why, READABLE])


def _notes(empty: int, unknown: int, passed_over: list[str]) -> Iterator[Item]:
    if unknown:
        entries = "1 other entry isn't" if unknown == 1 else f"{unknown:,} other entries aren't"
        yield Item(f"{entries} in a format that can be read. {READABLE}", is_note=True)
    if empty:
        left_out = "1 empty conversation is" if empty == 1 else f"{empty:,} empty conversations are"
        yield Item(f"{left_out} left out.", is_note=True)
    if passed_over:
        names = ", ".join(marks.line(PurePosixPath(name).name) for name in passed_over[:5])
        rest = f" and {len(passed_over) - 5:,} more" if len(passed_over) > 5 else ""
        yield Item(f"Other files in the zip aren't read: {names}{rest}.", is_note=True)


def _item(package: Package, one: Found | Bad, number: int, longest: int) -> Item:
    if isinstance(one, Bad):
        return Item(one.title or f"Conversation {number} of the file", str(one.error))
    try:
        return _taken(package, one, longest)
    except ConversationError as error:
        return Item(one.document.title, str(error))
    except MemoryError:
        return Item(one.document.title, TOO_MUCH)


def _taken(package: Package, one: Found, longest: int) -> Item:
    is_own = one.format.key == "openchat"
    document, lost = _with_pictures(shortened(one.document, longest), package if is_own else None)
    data = msgspec.json.encode(document)
    pictures = sum(len(picture.data or b"") for message in document.messages for picture in message.pictures)
    if len(data) - pictures * 4 // 3 > MAX_BYTES:
        raise ConversationError(TOO_LONG)
    return Item(
        title=document.title,
        remark=" ".join(filter(None, [*lost, _shortened(document) if is_own else marks.told(document)])),
        format=one.format.key,
        source_id=document.id,
        messages=message_names(document),
        origins=origins(one.format.key, document),
        document=data,
    )


def _shortened(document: Document) -> str:
    """What is said of an Open Chat's own with texts that are longer than any that it writes."""
    count = sum(marks.is_shortened(text) for one in document.messages for text in (one.content, one.reasoning))
    texts = "1 text in it is" if count == 1 else f"{count:,} texts in it are"
    return f"{texts} too long, and cut." if count else ""


def _with_pictures(document: Document, package: Package | None) -> tuple[Document, list[str]]:
    """With the bytes of all pictures, those that lie beside it included; and what is to be said of the others."""
    unreadable = over = count = size = 0
    messages = []
    for message in document.messages:
        pictures = []
        for one in message.pictures:
            if count >= MAX_PICTURES or size >= MAX_PICTURE_BYTES:
                over += 1
                continue
            picture = _whole(one, package)
            if picture is None or picture.data is None:
                unreadable += 1
            elif size + len(picture.data) > MAX_PICTURE_BYTES:
                over += 1
            else:
                count, size = count + 1, size + len(picture.data)
                pictures.append(picture)
        messages.append(replace(message, pictures=tuple(pictures)) if message.pictures else message)
    lost = [f"{unreadable:,} of its pictures cannot be read, and are left out."] if unreadable else []
    most = f"a conversation brings {MAX_PICTURES:,}, of {MAX_PICTURE_BYTES // 1_000_000} MB together"
    lost += [f"{over:,} of its pictures are left out: {most}."] if over else []
    return replace(document, messages=tuple(messages)), lost


def _whole(picture: DocumentPicture, package: Package | None) -> DocumentPicture | None:
    data = picture.data
    if data is None and package is not None:
        data = package.picture(picture.id)
    read = picture_of(data) if data is not None else None
    return None if read is None else replace(picture, media_type=read.media_type, data=read.data)
