"""One JSON chunk of an answer, read. Pure: bytes in, values out.

Everything that OpenRouter is known to send is accepted, whatever its schema says: absent and null parts, unknown
fields and values, deltas and whole messages. Raw parts are decoded apart, so that what is odd in one of them costs no
more than that part.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final, TypeVar

import msgspec
from msgspec import Raw, Struct
from msgspec.json import Decoder

from webapp.services.events import Citation, Image, Reasoning, Text

T = TypeVar("T")

ABSENT: Final = Raw()

# What a chunk may be made of. A picture makes one long, but of few parts: many take a hundred times their bytes.
FEW_BYTES: Final = 64 * 1024  # below which nothing is counted
MAX_PARTS: Final = 100_000  # lists and objects
MAX_COMMAS: Final = 1_000_000  # those in texts among them
MAX_REPAIRED: Final = 1024 * 1024  # bytes with broken characters, which are read and written once more
MAX_ITEMS: Final = 1_000  # of a list in a chunk; nothing more of it is looked at


class Message(Struct, gc=False):
    """The delta of a stream's chunk, or the message of a whole answer."""

    content: Any = None
    reasoning: Any = None
    reasoning_content: Any = None
    thinking: Any = None
    refusal: Any = None
    reasoning_details: Raw = ABSENT
    annotations: Raw = ABSENT
    images: Raw = ABSENT
    audio: Raw = ABSENT
    tool_calls: Raw = ABSENT
    function_call: Raw = ABSENT


class Choice(Struct, gc=False):
    """The answer's part in a chunk; OpenRouter gives one at most."""

    delta: Message | None = None
    message: Message | None = None
    finish_reason: Any = None
    native_finish_reason: Any = None
    error: Any = None
    usage: Raw = ABSENT


class Chunk(Struct, gc=False):
    """A chunk of a stream or a whole answer. ``error`` is as JSON has it, and may stand in a choice instead.

    Where it ``has_halves``, halves of characters stand in it for which others are in the chunks around it.
    """

    id: Any = None
    model: Any = None
    provider: Any = None
    choices: list[Choice | None] | None = None
    usage: Raw = ABSENT
    x_groq: Raw = ABSENT
    error: Any = None
    message: Any = None
    detail: Any = None
    code: Any = None
    error_type: Any = None
    has_halves: bool = False

    @property
    def failure(self) -> Any:
        """The error that it tells of, also in shapes of other servers: a message or detail in place of an answer."""
        if self.error and not isinstance(self.error, str):
            return self.error
        said = self.error or (None if self.choices or self.usage else self.detail or self.message)
        return said and {"message": said, "code": self.code, "error_type": self.error_type}


class _ReasoningDetail(Struct):
    text: str | None = None
    summary: str | None = None


class _Link(Struct):
    url: str | None = None
    title: str | None = None


class _Annotation(Struct):
    url_citation: _Link | None = None


class _Image(Struct):
    image_url: Any = None


class _Audio(Struct):
    transcript: str | None = None


class _Named(Struct):
    name: str | None = None


class _ToolCall(Struct):
    function: _Named | None = None


_CHUNK: Final = Decoder(Chunk, strict=False)
_LIST: Final = Decoder(list[Raw])
_DETAIL: Final = Decoder(_ReasoningDetail)
_ANNOTATION: Final = Decoder(_Annotation)
_IMAGE: Final = Decoder(_Image)
_AUDIO: Final = Decoder(_Audio)
_TOOL_CALL: Final = Decoder(_ToolCall)
_FUNCTION: Final = Decoder(_Named)

_KINDS_OF_THOUGHT: Final = ("thinking", "reasoning", "reasoning_text", "thought")

# Halves of surrogate pairs, which no decoder takes, stand in these places until their other halves have come.
_PLACES: Final = 0x10F800
_HIGH, _LOW = "[\U0010f800-\U0010fbff]", "[\U0010fc00-\U0010ffff]"
_PAIR: Final = re.compile(f"({_HIGH})({_LOW})")
_HALF: Final = re.compile(f"{_HIGH}|{_LOW}")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def decode(payload: bytes) -> Chunk:
    """The chunk in ``payload``. Raises ValueError or RecursionError where there is none, or one of too many parts."""
    check_parts(payload)
    try:
        return _CHUNK.decode(payload)
    except msgspec.ValidationError:
        raise
    except ValueError:
        if len(payload) > MAX_REPAIRED:
            raise
        repaired, has_halves = _repaired(payload)
        chunk = _CHUNK.decode(repaired)
        chunk.has_halves = has_halves
        return chunk


def check_parts(payload: bytes) -> None:
    """Raises ValueError for JSON that would take far more memory and time than its bytes lead to expect."""
    if len(payload) > FEW_BYTES and (
        payload.count(b"[") + payload.count(b"{") > MAX_PARTS or payload.count(b",") > MAX_COMMAS
    ):
        raise ValueError(f"JSON of more than {MAX_PARTS} parts")


class Halves:
    """Puts characters together whose halves come in two pieces of a text. A half alone becomes U+FFFD."""

    def __init__(self) -> None:
        self._held = ""

    def join(self, text: str, *, has_halves: bool) -> str:
        """The text without halves. One at its end is held back for the next piece."""
        if not text or not (has_halves or self._held):
            return text
        text = self._held + text
        self._held = text[-1] if re.fullmatch(_HIGH, text[-1]) else ""
        text = text.removesuffix(self._held) if self._held else text
        return _HALF.sub("\ufffd", _PAIR.sub(_whole_character, text))

    def close(self) -> str:
        """What is left when nothing more comes."""
        held, self._held = self._held, ""
        return "\ufffd" if held else ""


def parts(content: object) -> Iterator[Text | Reasoning | Image]:
    """A message's content: a string, or a part or a list of parts, as some servers send it."""
    if isinstance(content, str):
        yield Text(content)
        return
    for part in content[:MAX_ITEMS] if isinstance(content, list) else [content]:
        if isinstance(part, str):
            yield Text(part)
        elif isinstance(part, dict):
            yield from _part_of_content(part)


def tools(message: Message) -> Iterator[str]:
    """The names of the tools that a message calls."""
    calls = [call.function for call in _items(message.tool_calls, _TOOL_CALL)] if message.tool_calls else []
    calls.append(part_of(message.function_call, _FUNCTION) if message.function_call else None)
    return (call.name for call in calls if call and call.name)


def _part_of_content(part: dict[str, Any]) -> Iterator[Text | Reasoning | Image]:
    if thinking := part.get("thinking"):
        yield Reasoning(text_of(thinking))
    elif address := _address(part.get("image_url")):
        yield Image(address)
    else:
        text = text_of(part.get("text")) or text_of(part.get("refusal"))
        yield Reasoning(text) if part.get("type") in _KINDS_OF_THOUGHT else Text(text)


def _address(link: object) -> str:
    """Of a picture: a data URL, or an object that has it as its `url`; "" for anything else."""
    if isinstance(link, str):
        return link if link.startswith("data:") else ""
    address = link.get("url") if isinstance(link, dict) else ""
    return address if isinstance(address, str) else ""


def text_of(value: object, depth: int = 3) -> str:
    """The text in a value of unknown shape."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and depth:
        return "".join(text_of(one, depth - 1) for one in value)
    if isinstance(value, dict) and depth:
        return text_of(value.get("text") or value.get("value"), depth - 1)
    return ""


def _whole_character(pair: re.Match[str]) -> str:
    high, low = (ord(half) - _PLACES + 0xD800 for half in pair.groups())
    return chr(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))


def reasoning(message: Message) -> str:
    """The thinking, which comes as a string, as a list of details, or as both with the same text."""
    text = text_of(message.reasoning) or text_of(message.reasoning_content) or text_of(message.thinking)
    if text or not message.reasoning_details:
        return text
    details = _items(message.reasoning_details, _DETAIL)
    return "".join(detail.text or detail.summary or "" for detail in details)


def citations(annotations: Raw) -> Iterator[Citation]:
    """The sources in ``message.annotations``."""
    links = (annotation.url_citation for annotation in _items(annotations, _ANNOTATION))
    return (Citation(link.url, link.title or "") for link in links if link and link.url)


def images(raw: Raw) -> Iterator[Image]:
    """The pictures in ``message.images``."""
    addresses = (_address(image.image_url) for image in _items(raw, _IMAGE))
    return (Image(address) for address in addresses if address)


def transcript(audio: Raw) -> str:
    """The words of a spoken answer in ``message.audio``."""
    part = part_of(audio, _AUDIO)
    return (part and part.transcript) or ""


def _repaired(payload: bytes) -> tuple[bytes, bool]:
    """JSON with broken characters, written anew with U+FFFD in their place; whether it has halves of characters."""
    value = json.loads(payload.decode("utf-8", "replace"), strict=False)
    text = json.dumps(value, ensure_ascii=False)
    marked = _SURROGATE.sub(lambda half: chr(ord(half[0]) - 0xD800 + _PLACES), text)
    return marked.encode(), marked != text


def part_of(raw: Raw, decoder: Decoder[T]) -> T | None:
    """A part of a chunk, None where it is null or has another shape."""
    try:
        return decoder.decode(raw)
    except (ValueError, RecursionError):
        return None


def _items(raw: Raw, decoder: Decoder[T]) -> Iterator[T]:
    """The items of a list in a chunk that have the right shape."""
    items = (part_of(item, decoder) for item in (part_of(raw, _LIST) or ())[:MAX_ITEMS])
    return (item for item in items if item is not None)
