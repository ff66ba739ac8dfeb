"""The records of a file, decoded, and what is cut out of them: the conversations of a part, whatever its format."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Final, NamedTuple

import msgspec

from webapp.documents.document import Document
from webapp.documents.imports.formats import Format, format_of
from webapp.documents.imports.reading import BrokenError, ConversationError
from webapp.documents.imports.soundness import sound
from webapp.rendering.safety import unturned

MAX_ITEM_BYTES: Final = 50_000_000

_TOO_DEEP: Final = "It is nested too deeply. Export it as a list, without its tree."
TOO_MUCH: Final = "It needs more memory than an import may take."

# An escape in JSON. Of halves of a surrogate pair only the two together are a character.
_ESCAPE: Final = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)


class Found(NamedTuple):
    """A conversation in a file: what program it comes from, and what it is, sound."""

    format: Format
    document: Document


class Bad(NamedTuple):
    """A conversation that cannot be taken, by what name it has, and why."""

    title: str
    error: ConversationError


class Unknown(NamedTuple):
    """A record that no program that is known writes. `is_json` if it is JSON at all."""

    is_json: bool


def conversations(records: Iterable[bytes]) -> Iterator[Found | Bad | Unknown]:
    """What is in a part of a file, given record by record. One that is bad costs itself alone."""
    gathered, gatherer, size = list[Any](), None, 0
    for data in records:
        try:
            value = decoded(data)
        except ConversationError as error:
            yield Bad("", error)
            continue
        format_ = format_of(value)
        if gatherer is not None and format_ not in (gatherer, None):
            yield from _all(gatherer, gathered)
            gathered, gatherer, size = [], None, 0
        if format_ is not None and format_.gathers:
            gatherer = format_
        if gatherer is None:
            yield from (Unknown(True),) if format_ is None else _all(format_, value)
        elif (size := size + len(data)) > MAX_ITEM_BYTES:
            yield Bad("", ConversationError(f"It is larger than {MAX_ITEM_BYTES // 1_000_000} MB."))
            return
        else:
            gathered.append(value)
    if gatherer is not None:
        yield from _all(gatherer, gathered)


def decoded(data: bytes) -> Any:
    """The value of a record. ConversationError where it is no JSON; half a surrogate pair in it becomes U+FFFD."""
    if len(data) > MAX_ITEM_BYTES:
        raise ConversationError(f"It is larger than {MAX_ITEM_BYTES // 1_000_000} MB.")
    try:
        try:
            return msgspec.json.decode(data)
        except msgspec.DecodeError as error:
            if "surrogate" not in str(error):
                raise
            return msgspec.json.decode(_ESCAPE.sub(_whole, data))
    except msgspec.DecodeError as error:
        raise BrokenError(f"It isn't valid JSON, or it's cut off: {error}.") from None
    except UnicodeDecodeError:
        raise BrokenError("It is not valid UTF-8.") from None
    except RecursionError:
        raise ConversationError(_TOO_DEEP) from None
    except MemoryError:
        raise ConversationError(TOO_MUCH) from None


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]


def _all(format_: Format, value: Any) -> Iterator[Found | Bad]:
    try:
        for one in format_.split(value):
            yield _one(format_, one)
    except ConversationError as error:
        yield Bad(_title(value), error)
    except MemoryError:
        yield Bad(_title(value), ConversationError(TOO_MUCH))


def _one(format_: Format, value: Any) -> Found | Bad:
    try:
        return Found(format_, sound(format_.read(value)))
    except ConversationError as error:
        return Bad(_title(value), error)
    except RecursionError:
        return Bad("", ConversationError(_TOO_DEEP))
    except MemoryError:
        return Bad(_title(value), ConversationError(TOO_MUCH))


def _title(value: Any) -> str:
    """The title of a conversation that cannot be taken, if that much can be read of it."""
    named = value.get("title") or value.get("name") if isinstance(value, dict) else ""
    return " ".join(unturned(named).split())[:200] if isinstance(named, str) else ""
