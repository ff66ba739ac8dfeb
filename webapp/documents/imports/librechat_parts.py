"""What a message of LibreChat's export says, part by part, and the marks in its texts."""

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgspec

from webapp.documents.imports.marks import Kind, kind_of, language_of
from webapp.documents.imports.reading import mapping, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, closed_by_line, marked, unfenced, without_thoughts

_CITED: Final = re.compile("(?:[\ue200-\ue20f]|\\\\ue20[0-9a-f])(?:turn\\d+[a-z]+\\d+)?")
_BLOCK: Final = re.compile(r"^ {0,3}:::(?:artifact|thinking)(?:\{[^\n]*\})?[ \t]*(?=\n|\Z)", re.MULTILINE)
_KINDS: Final[Mapping[str, Kind]] = {
    "image_file": "Image",
    "video_url": "Video",
    "input_audio": "Audio",
    "file": "File",
}


def said_of(message: Mapping[str, Any]) -> tuple[Said, str]:
    """What a message says, and the error that it is instead, or that ended it; "" for none."""
    said, errors = Said(), list[str]()
    parts = list(objects(message.get("content")))
    for part in parts:
        _add_part(said, part, errors)
    if not any(part.get("type") in ("text", "error") for part in parts):
        words = text(message.get("text")) or text(message.get("content"))
        if message.get("error") is True:
            errors.append(error_in(words))
        elif words.strip() != said.reasoning.strip():
            add_words(said, words)
    if parts and message.get("error") is True and not errors:
        errors.append(error_in(text(message.get("text"))))
    for one in [*objects(message.get("plugins")), *objects([message.get("plugin")])]:
        said.tool(text(one.get("latest")) or text(one.get("name")) or "plugin")
    _add_files(said, message)
    for one in objects(message.get("attachments")):
        _add_attachment(said, one)
    return said, " ".join(filter(None, errors))


def add_words(said: Said, words: str) -> None:
    """A text without its marks."""
    words, thought = without_thoughts(words)
    said.thought(thought)
    for part in marked(words, _BLOCK, closed_by_line(":::")):
        if not isinstance(part, Marked):
            said.markdown(_CITED.sub("", part).strip("\n"))
        elif part.opening.lstrip().startswith(":::thinking"):
            said.thought(part.body.strip())
        else:
            title, (body, language) = part.attribute("title"), unfenced(part.body)
            language = language_of(part.attribute("type")) or language
            said.block(f"Artifact: {title}" if title else "Artifact", body, language)


def _add_part(said: Said, part: Mapping[str, Any], errors: list[str]) -> None:
    kind = text(part.get("type"))
    if kind == "text":
        add_words(said, _inner(part, "text"))
    elif kind in ("think", "thinking", "reasoning"):
        said.thought(_inner(part, kind))
    elif kind == "tool_call":
        _add_tool(said, mapping(part.get("tool_call")))
    elif kind == "error":
        errors.append(error_in(_inner(part, "error") or _inner(part, "text")))
    elif kind == "image_url":
        url = text(mapping(part.get("image_url")).get("url")) or text(part.get("image_url"))
        said.picture(url)
    elif kind in _KINDS:
        named = mapping(part.get(kind))
        said.missing(_KINDS[kind], text(named.get("filename")) or text(named.get("name")))
    elif kind != "agent_update":
        said.missing("Part", kind.replace("_", " "))


def _inner(block: Mapping[str, Any], kind: str) -> str:
    """The text of a part, which some versions wrap once more."""
    return text(block.get(kind)) or text(mapping(block.get(kind)).get("value"))


def _add_tool(said: Said, call: Mapping[str, Any]) -> None:
    function, code = mapping(call.get("function")), mapping(call.get("code_interpreter"))
    title = text(call.get("name")) or text(function.get("name"))
    told = text(code.get("input")) or _code_in(call.get("args"))
    if told and (code or title in ("execute_code", "code_interpreter")):
        said.block("Code", told, "python" if code else "")
        logs = [text(one.get("logs")) for one in objects(code.get("outputs"))] or [text(call.get("output"))]
        for log in filter(str.strip, logs):
            said.block("Output", log)
        return
    said.tool(title or text(call.get("type")).replace("tool_call", ""))


def _code_in(arguments: Any) -> str:
    try:
        value = msgspec.json.decode(arguments) if isinstance(arguments, str) else arguments
    except (msgspec.DecodeError, RecursionError):
        return ""
    return text(mapping(value).get("code"))


def error_in(words: str) -> str:
    """What an error says: some are JSON, in which the sentence is to be found."""
    try:
        value = msgspec.json.decode(words)
    except (msgspec.DecodeError, RecursionError):
        return words or "No answer came."
    told = mapping(value)
    inner = mapping(told.get("error"))
    found = (text(place.get(key)) for place in (told, inner) for key in ("message", "info", "type", "code"))
    return next(filter(None, found), words)


def _add_files(said: Said, message: Mapping[str, Any]) -> None:
    for one in objects(message.get("files")):
        title, body = text(one.get("filename")) or text(one.get("name")), text(one.get("text"))
        if body:
            said.block(f"File: {title or 'untitled'}", body)
        else:
            said.missing(kind_of(title, text(one.get("type"))), title)


def _add_attachment(said: Said, one: Mapping[str, Any]) -> None:
    kind = text(one.get("type"))
    if kind == "web_search" or "web_search" in one:
        for page in _pages(mapping(one.get("web_search"))):
            said.source(text(page.get("link")) or text(page.get("url")), text(page.get("title")))
    elif kind == "file_search" or "file_search" in one:
        for source in objects(mapping(one.get("file_search")).get("sources")):
            said.missing("File", text(source.get("fileName")) or text(source.get("filename")))
    elif text(one.get("filename")) or kind.startswith("image/"):
        said.missing("Image" if "width" in one else kind_of(text(one.get("filename")), kind), text(one.get("filename")))
    else:
        said.missing("Part", kind.replace("_", " "))


def _pages(found: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for key in ("references", "organic", "topStories", "news"):
        yield from objects(found.get(key))
