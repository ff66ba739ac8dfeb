"""What Open WebUI folds into the text of an answer as HTML: thoughts stand apart, tools are named, code is a block."""

import html
import re
from typing import Any, Final

import msgspec

from webapp.documents.imports.marks import kind_of
from webapp.documents.imports.reading import mapping, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, closed_by, marked, unfenced, without, without_thoughts

_IN_TAG: Final = r'(?:[^<>"]|"(?:[^"<]|<(?!details\s))*")*'
_TYPED: Final = r'<details(?:\s+(?!type=)[\w-]+="[^"<]*")*+\s+type="'
_FOLDED: Final = re.compile(rf'{_TYPED}[^"<]*"{_IN_TAG}>')
_LEFT: Final = re.compile(rf"{_TYPED}[^<>]*>?")
_SUMMARY: Final = re.compile(r"(?<!\s)\s*+<summary>[^<]*</summary>")
_SUMMARY_TAG: Final = re.compile(r"</?summary>")
_QUOTED: Final = re.compile(r"^> ?", re.MULTILINE)


def add_words(said: Said, words: str) -> None:
    """An answer without what is folded into it."""
    words, thought = without_thoughts(words)
    said.thought(thought)
    if "<details" not in words:
        said.markdown(words)
        return
    for part in marked(words, _FOLDED, closed_by("</details>")):
        if isinstance(part, Marked):
            _add_folded(said, part)
        else:
            said.markdown(without(part, _LEFT).strip("\n"))


def _add_folded(said: Said, part: Marked) -> None:
    body, kind = _SUMMARY.sub("", part.body, count=1).strip(), part.attribute("type")
    if kind == "reasoning":
        said.thought(_QUOTED.sub("", html.unescape(body)))
    elif kind == "code_interpreter":
        code, language = unfenced(html.unescape(body))
        if code.strip():
            said.block("Code", code, language or "python")
        add_output(said, html.unescape(part.attribute("output")))
    elif kind == "tool_calls":
        said.tool(html.unescape(part.attribute("name")))
        _add_made(said, html.unescape(part.attribute("files")))
    else:
        said.markdown(_SUMMARY_TAG.sub("\n", part.body).strip("\n"))


def _add_made(said: Said, told: str) -> None:
    """The files that a tool gave back, in JSON."""
    try:
        value = msgspec.json.decode(told)
    except (msgspec.DecodeError, RecursionError):
        return
    for one in value if isinstance(value, list) else ():
        url = text(one) or text(mapping(one).get("url"))
        if url.startswith("data:image/") or mapping(one).get("type") == "image":
            said.picture(url, text(mapping(one).get("name")))
        else:
            title = text(mapping(one).get("name")) or ("" if url.startswith("data:") else url.rpartition("/")[2])
            said.missing(kind_of(title), title)


def add_output(said: Said, told: Any) -> None:
    """What code has written, as text, or as an object with its streams or JSON of such."""
    try:
        value = msgspec.json.decode(told) if isinstance(told, str) else told
    except (msgspec.DecodeError, RecursionError):
        value = told
    if isinstance(value, dict):
        streams = (
            text(mapping(value).get(key)).strip("\n") for key in ("stdout", "result", "output", "stderr", "error")
        )
        value = "\n".join(filter(None, streams))
    elif not isinstance(value, str):
        value = told  # words that only look like JSON, as a number
    if isinstance(value, str) and value.strip():
        said.block("Output", value)
