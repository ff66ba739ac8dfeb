"""What Open WebUI folds into the text of an answer as HTML: thoughts stand apart, tools are named, code is a block."""

import html
import re
from typing import Final

import msgspec

from webapp.documents.imports.reading import mapping, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, closed_by, marked, unfenced, without, without_thoughts

_IN_TAG: Final = r'(?:[^<>"]|"(?:[^"<]|<(?!details\s))*")*'
_FOLDED: Final = re.compile(rf'<details\s+type="(?:reasoning|tool_calls|code_interpreter)"{_IN_TAG}>')
_LEFT: Final = re.compile(r'<details\s+type="(?:reasoning|tool_calls|code_interpreter)"[^<>]*>?')
_SUMMARY: Final = re.compile(r"\s*<summary>[^<]*</summary>")
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
    else:
        said.tool(html.unescape(part.attribute("name")))


def add_output(said: Said, told: str) -> None:
    """What code has written, as text or as JSON with its streams."""
    try:
        value = msgspec.json.decode(told)
    except (msgspec.DecodeError, RecursionError):
        value = told
    if isinstance(value, dict):
        streams = (
            text(mapping(value).get(key)).strip("\n") for key in ("stdout", "result", "output", "stderr", "error")
        )
        value = "\n".join(filter(None, streams))
    if isinstance(value, str) and value.strip():
        said.block("Output", value)
