"""The content of a message as APIs have it: a text, or a list of parts of many kinds."""

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

from webapp.documents.imports import marks
from webapp.documents.imports.readers.thoughts import spoken
from webapp.documents.imports.reading import mapping, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.soundness import MAX_SOURCES

_TEXTS: Final = frozenset({"text", "input_text", "output_text", "main_text"})
_PICTURES: Final = frozenset({"image", "image_url", "input_image"})
_FILES: Final = frozenset({"file", "input_file", "document"})
_CALLS: Final = frozenset(
    {"tool_use", "tool_call", "tool-call", "server_tool_use", "toolCallRequest", "function_call", "dynamic-tool"}
)
_RESULTS: Final = frozenset({"tool_result", "tool-result", "toolCallResult", "web_search_tool_result"})
_THOUGHTS: Final = frozenset({"thinking", "reasoning", "redacted_thinking"})
_MEDIA: Final = ("mediaType", "mimeType", "mime", "media_type", "fileType", "type")
_NAMES: Final = (
    "origin_name", "name", "filename", "fileName", "file_name", "title", "fileIdentifier", "alt", "url",
)  # fmt: skip
_MOST_CITED: Final = 2 * MAX_SOURCES  # of a list, which several messages may name
_ADDRESSES: Final = ("url", "link", "uri", "href")


def content(said: Said, value: Any, *, is_answer: bool) -> None:
    """All of a message's content."""
    if isinstance(value, list):
        for part in value:
            _part(said, part, is_answer=is_answer)
    elif is_answer:
        spoken(said, text(value))
    else:
        said.text(text(value))


def _part(said: Said, part: Any, *, is_answer: bool) -> None:
    one = mapping(part)
    kind = text(one.get("type"))
    if isinstance(part, str) or kind in _TEXTS or (not kind and "text" in one):
        words = part if isinstance(part, str) else text(one.get("text")) or text(mapping(one.get("text")).get("value"))
        content(said, words, is_answer=is_answer)
        cited(said, one.get("citations"))
        cited(said, one.get("annotations"))
    elif kind == "refusal":
        said.text(text(one.get("refusal")))
    elif kind in _THOUGHTS:
        said.thought(text(one.get("thinking")) or text(one.get("reasoning")) or text(one.get("text")))
    elif kind in _PICTURES:
        picture(said, one)
    elif kind in _FILES or kind.endswith(("_file", "_document", "_attachment")):
        _file(said, one)
    elif kind in _CALLS or (kind.startswith("tool-") and kind not in _RESULTS):
        said.tool(tool_name(one) or kind.removeprefix("tool-"))
    elif kind == "source-url":
        cited(said, [one])
    elif kind in ("input_audio", "audio"):
        said.missing("Audio")
    elif kind not in _RESULTS and kind != "step-start":
        said.missing("Part", kind)


def _file(said: Said, part: Mapping[str, Any]) -> None:
    """A file, with its text where that stands beside its name."""
    if words := text(part.get("text")):
        said.block(f"File: {file_name(part)}", words)
    elif text(part.get("url")).startswith("data:image/"):
        picture(said, part)
    else:
        attached(said, part)


def picture(said: Said, part: Mapping[str, Any]) -> None:
    """A picture by its address, which may be the picture itself, or by its bytes."""
    inner = next((part[key] for key in ("image_url", "imageUrl", "url", "image", "source") if part.get(key)), "")
    source = mapping(inner)
    data = text(source.get("data"))
    kind = text(source.get("media_type")) or "image/png"
    address = f"data:{kind};base64,{data}" if data else text(source.get("url")) or text(inner)
    title = text(part.get("name")) or text(part.get("alt"))
    if address.startswith("data:"):
        said.picture(address, title)
    else:
        said.missing("Image", title or address)


def picture_bytes(said: Said, data: Any, title: str = "") -> None:
    """A picture whose bytes stand in the file as Base64."""
    try:
        said.picture(base64.b64decode(text(data), validate=True), title)
    except (binascii.Error, ValueError):
        said.missing("Image", title)


def attached(said: Said, file: Mapping[str, Any]) -> None:
    """A file that was sent along or made, by its name."""
    named = file_name(file)
    media = next((text(file.get(key)) for key in _MEDIA if text(file.get(key))), "")
    said.missing(marks.kind_of(named, media), named)


def file_name(part: Mapping[str, Any]) -> str:
    """What a file is called, by any of the keys that programs have for it."""
    for one in (part, mapping(part.get("file")), mapping(part.get("metadata")), mapping(part.get("source"))):
        for key in _NAMES:
            if named := text(one.get(key)):
                return named
    return ""


def last_of(address: str) -> str:
    """The name of the file at an address."""
    try:
        return urlsplit(address).path.rstrip("/").rpartition("/")[2]
    except ValueError:
        return ""


def tool_name(call: Mapping[str, Any]) -> str:
    inner = mapping(call.get("function")) or mapping(call.get("toolInvocation")) or call
    return text(call.get("name")) or text(inner.get("name")) or text(inner.get("toolName"))


def tools(said: Said, calls: Any) -> bool:
    """Names the tools of a list of calls; whether there are any."""
    named = [tool_name(one) for one in objects(calls)]
    for one in named:
        said.tool(one)
    return bool(named)


def cited(said: Said, found: Any) -> None:
    """The web pages of a list, each an address, or an object with an address and a title."""
    for one in found[:_MOST_CITED] if isinstance(found, list) else ():
        about = mapping(mapping(one).get("url_citation")) or mapping(one)
        address = next((text(about.get(key)) for key in _ADDRESSES if text(about.get(key))), "")
        said.source(address or text(one), text(about.get("title")) or text(about.get("name")))


def problem(value: Any) -> str:
    """What went wrong, out of a text or an object that says it; "" for nothing."""
    inner = mapping(value)
    found = text(value) or text(inner.get("message")) or text(mapping(inner.get("error")).get("message"))
    return found or ("No answer came." if value and not isinstance(value, str) else "")
