"""A title out of whatever a model wrote when it was asked for one. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

from webapp.conversations.messages import title_from
from webapp.conversations.thoughts import split

LONGEST_TEXT: Final = 20_000  # characters that are looked at
LONGEST_LINE: Final = 200  # characters of a line that may be a title; a longer one is something else
_CUT: Final = 2 * LONGEST_LINE
_MOST_LAYERS: Final = 8

_TITLE: Final = (
    "title|titel|titre|título|titulo|titolo|tytuł|titlu|název|titul|rubrik|otsikko|overskrift|cím|başlık|judul|"
    "tiêu đề|заголовок|название|назва|τίτλος|标题|標題|题目|題目|题名|タイトル|題名|件名|제목|عنوان|כותרת|शीर्षक"
)
_QUALITY: Final = (
    "a|an|the|my|your|chat|conversation|thread|suggested|proposed|possible|short|concise|brief|generated|final|good|"
    "new|vorgeschlagener|der|kurzer|le|el|il|o|sugerido|suggéré|proposé|对话|会话|聊天|建议"
)
_OPENING: Final = (
    "here|sure|certainly|okay|ok|of course|absolutely|based on|one|i|this|these|a|an|the|"
    "hier|gerne|natürlich|ein|der|voici|bien|un|le|aquí|aqui|claro|este|el|ecco|certo|oto|вот|конечно|"
    "以下|这|這|好的|こちら|以下|はい|다음"
)
_LABEL: Final = re.compile(rf"(?:(?:{_QUALITY})\s*){{0,3}}(?:{_TITLE})", re.IGNORECASE)
_LEAD_IN: Final = re.compile(rf"(?:{_OPENING})(?:\b|(?<=[^\x00-\x7f])).*(?:{_TITLE})", re.IGNORECASE)
_POLITE: Final = frozenset({"sure", "certainly", "okay", "ok", "of course", "absolutely", "gerne", "natürlich", "好的"})
_NO_TITLE: Final = frozenset({"none", "null", "n/a", "untitled", "json", "title", "undefined"})
_COLON: Final = re.compile(r"[:：]")
_MARK: Final = re.compile(r"(?:#{1,6}|[-*+•>]|\(?1[.)]|1、)\s+|[*_`#]+")  # of a heading, an item, emphasis
_LINK: Final = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)")
_ELEMENT: Final = re.compile(r"<([a-z]+)>([^<>]*)</\1>", re.IGNORECASE)
_PAIRS: Final = dict(zip("\"'“”‘„«»‹「『《【", "\"'”“’“»«›」』》】", strict=True))
_OTHER_ENDS: Final = {"„": "“”", "“": "”“", "‘": "’", "»": "«"}
_FENCE: Final = "```"


def clean(text: str) -> str:
    """What a model wrote as a title of one line, without the dress that some put on it; "" if nothing is left."""
    answer = _unfenced(split(text[:LONGEST_TEXT])[1].strip())
    title = _bare(_of_json(answer) if answer[:1] in ("{", "[") and not _LINK.match(answer) else _line(answer))
    if len(title) > LONGEST_LINE or title.casefold() in _NO_TITLE:
        return ""
    return title_from(title) if title else ""


def _unfenced(text: str) -> str:
    """What stands in a block of code, where that is how it begins."""
    if not text.startswith(_FENCE):
        return text
    inside = text.partition("\n")[2] if "\n" in text else text.strip("`")
    return inside.partition(_FENCE)[0].strip()


def _of_json(text: str) -> str:
    try:
        value = json.JSONDecoder(strict=False).raw_decode(text)[0]
    except (ValueError, RecursionError):
        return ""
    return next(_texts(value), "")


def _texts(value: Any, depth: int = 3) -> Iterator[str]:
    """Texts that may be the title, that under a name for it first."""
    if isinstance(value, str):
        yield value
    elif depth and isinstance(value, list):
        for one in value:
            yield from _texts(one, depth - 1)
    elif depth and isinstance(value, dict):
        for name in sorted(value, key=lambda name: _LABEL.search(name) is None):
            yield from _texts(value[name], depth - 1)


def _line(text: str) -> str:
    """The line that has the title: the first, but what only leads to it."""
    lines = [line for line in (_undressed(line[:_CUT]) for line in text.splitlines()) if line]
    for line in lines:
        is_last = line is lines[-1]
        title = _behind_label(line)
        if title and (is_last or title.rstrip("!.,").casefold() not in _POLITE):
            return title
    return ""


def _behind_label(line: str) -> str:
    """A line without a label such as "Title:" or "Here is a title:" before it."""
    colon = _COLON.search(line)
    if colon is None:
        return line
    before = _undressed(line[: colon.start()])
    if _LABEL.fullmatch(before) or _LEAD_IN.match(before):
        return _undressed(line[colon.end() :])
    return line


def _bare(text: str) -> str:
    """One line, without quotation marks around it and without marks of Markdown."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text[:_CUT]).split())
    line = _undressed(_LINK.sub(r"\1", line).replace("**", "").replace("`", ""))
    return _undressed(line.rstrip("."))


def _undressed(text: str) -> str:
    """Without marks and quotation marks around it."""
    for _ in range(_MOST_LAYERS):
        before = text = text.strip()
        text = _MARK.sub("", text, count=1) if _MARK.match(text) else text
        text = text.rstrip("*_`# ")
        if element := _ELEMENT.fullmatch(text):
            text = element[2]
        text = _unquoted(text)
        if text == before:
            break
    return text


def _unquoted(text: str) -> str:
    """Without the quotation marks of the whole. Those of a part of it stay."""
    if len(text) < 2 or text[0] not in _PAIRS:
        closing = set(_PAIRS.values())
        return text[:-1] if text[-1:] in closing and not any(mark in text[:-1] for mark in _PAIRS) else text
    ends = _PAIRS[text[0]] + _OTHER_ENDS.get(text[0], "")
    inside = text[1:-1]
    if text[-1] in ends:
        return text if text[0] in inside or text[-1] in inside else inside
    return text if any(end in text[1:] for end in ends) else text[1:]
