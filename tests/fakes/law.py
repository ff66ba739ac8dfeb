"""The law for readers of other programs' files: nothing of a file vanishes without a mark.

A test says what its file holds, message by message, as `Held`; `check` looks for all of it in what was read.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.reading import ConversationError
from webapp.documents.imports.records import Bad, Found, conversations
from webapp.documents.imports.soundness import sound

# What programs mark in their texts, and no reader leaves there.
FOREIGN: Final = re.compile(
    "[\ue000-\uf8ff]|[\U000f0000-\U0010fffd]|【\\d+(?::\\d+)?†|turn\\d+(?:search|view|news|image|file)\\d+"
    "|</?ant(?:Artifact|Thinking)|<details type=|:::(?:artifact|thinking|writing)|</?think(?:ing)?>"
    "|_asset_pointer|file-service://|sediment://|sandbox:/"
)


class Held(NamedTuple):
    """A message of a file. All of `words` are in the text, word for word and in this order, and so on."""

    role: str
    words: Sequence[str] = ()
    thoughts: Sequence[str] = ()
    named: Sequence[str] = ()  # pictures, files, tools and whatever else is in the text by its name
    sources: Sequence[str] = ()  # addresses
    pictures: int = 0  # that came


def read(value: Any) -> Found:
    """The one conversation of a JSON value. Raises the ConversationError for which it was not taken."""
    return read_records([msgspec.json.encode(value)])


def read_records(records: Iterable[bytes]) -> Found:
    """The same of a file with several records, as JSONL has them."""
    (one,) = conversations(records)
    if isinstance(one, Bad):
        raise one.error
    if not isinstance(one, Found):
        raise ConversationError("Unknown")
    return one


def check(document: Document, held: Iterable[Held], *, foreign: re.Pattern[str] = FOREIGN) -> None:
    """Fails unless all that a file holds is there, in its order, and nothing of its own language.

    Several messages of the file may have become one of the document, but none may be passed over.
    """
    assert sound(document) == document
    for message in document.messages:
        assert not foreign.search(f"{message.content}\n{message.reasoning}"), message
        assert message.content or message.reasoning or message.pictures or message.error_message, message
    rest = iter(document.messages)
    message, place = next(rest), 0
    for one in held:
        message, place = _found(one, message, place, rest)


def _found(
    one: Held, message: DocumentMessage, place: int, rest: Iterator[DocumentMessage]
) -> tuple[DocumentMessage, int]:
    """The message in which all of it is, from the place on to which the one before reached."""
    while (end := _end(one, message, place)) is None:
        following = next(rest, None)
        assert following is not None, f"not found: {one}"
        message, place = following, 0
    return message, end


def _end(one: Held, message: DocumentMessage, place: int) -> int | None:
    is_there = (
        message.role == one.role
        and all(thought in message.reasoning for thought in one.thoughts)
        and all(name in message.content or name in message.error_message for name in one.named)
        and {source.url for source in message.sources} >= set(one.sources)
        and len(message.pictures) >= one.pictures
    )
    if not is_there:
        return None
    for words in one.words:
        found = message.content.find(words, place)
        if found < 0:
            return None
        place = found + len(words)
    return place
