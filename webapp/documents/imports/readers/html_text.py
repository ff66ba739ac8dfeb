"""HTML of an answer as Markdown. What Markdown has no mark for leaves its text; scripts and styles leave nothing."""

import html
import re
from typing import Final

from webapp.documents.imports import marks
from webapp.rendering.addresses import is_web_address

MAX_DEPTH: Final = 30  # of elements in each other; the text of deeper ones stays

# Nothing is looked at twice: a tag ends before the next one begins.
_TOKEN: Final = re.compile(
    r"<(?P<end>/?)(?P<tag>[A-Za-z][A-Za-z0-9-]*+)(?P<about>[^<>]*+)>|<![^<>]*+>|(?P<text>[^<]++|<)"
)
_ATTRIBUTE: Final = re.compile(r"""(?<![\w-])([\w-]++)=(?:"([^"]*)"|'([^']*)')""")
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_MARKUP: Final = re.compile(r"[\\`]|\*(?=\S)|(?<=\S)\*|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|<(?=[A-Za-z/!?])")
_LINE_MARKUP: Final = re.compile(r"^(?:(#{1,6}|[-+>])|(\d{1,9})([.)]))(?=\s)")
_BACKTICKS: Final = re.compile("`+")

_VOID: Final = frozenset({"br", "hr", "img"})
_SILENT: Final = frozenset({"script", "style", "head", "template"})
_INLINE: Final = {"b": "**", "strong": "**", "i": "*", "em": "*", "del": "~~", "s": "~~", "a": "", "code": ""}
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_CELLS: Final = frozenset({"td", "th"})
_BLOCKS: Final = frozenset({
    "p", "div", "section", "article", "ul", "ol", "li", "blockquote", "pre", "table", "tr", *_CELLS, *_HEADINGS,
    *_SILENT,
})  # fmt: skip


def markdown(source: str) -> str:
    """The text of a piece of HTML, with what Markdown can say of how it looks."""
    open_ = [_Element("div", {})]
    for token in _TOKEN.finditer(source):
        tag = (token["tag"] or "").lower()
        if token["text"]:
            open_[-1].write(token["text"])
        elif tag in _VOID:
            open_[-1].void(tag, _attributes(token["about"]))
        elif tag in _INLINE or tag in _BLOCKS:
            _end(open_, tag) if token["end"] else _begin(open_, tag, token["about"])
    while len(open_) > 1:
        _close(open_)
    return open_[0].text()


def _begin(open_: list["_Element"], tag: str, about: str) -> None:
    if open_[-1].is_raw:
        open_[-1].about |= _attributes(about)
    elif len(open_) < MAX_DEPTH:
        open_.append(_Element(tag, _attributes(about)))


def _end(open_: list["_Element"], tag: str) -> None:
    """Ends the innermost such element, and all within it. An end without a beginning ends nothing."""
    if any(one.tag == tag for one in open_[1:]):
        while _close(open_) != tag:
            pass


def _close(open_: list["_Element"]) -> str:
    done = open_.pop()
    open_[-1].take(done)
    return done.tag


def _attributes(about: str) -> dict[str, str]:
    found = _ATTRIBUTE.finditer(about)
    return {one[1].lower(): html.unescape(one[2] if one[2] is not None else one[3]) for one in found}


class _Element:
    """An element that has begun: the blocks in it that are done, and the line that grows."""

    def __init__(self, tag: str, about: dict[str, str]) -> None:
        self.tag = tag
        self.about = about
        self.blocks = list[str]()
        self._line = list[str]()

    @property
    def is_raw(self) -> bool:
        """Whether its text stands in it as it is, without marks."""
        return self.tag in ("pre", "code") or self.tag in _SILENT

    def write(self, text: str) -> None:
        text = html.unescape(text)
        self._line.append(text if self.is_raw else _MARKUP.sub(r"\\\g<0>", _SPACE.sub(" ", text)))

    def void(self, tag: str, about: dict[str, str]) -> None:
        if tag == "br":
            self._line.append("\n")
        elif tag == "img":
            self._line.append(marks.missing("Image", about.get("alt") or about.get("src", "")))
        else:
            self._end_line()
            self.blocks.append("---")

    def take(self, done: "_Element") -> None:
        """Takes over what an element in it has become."""
        if done.tag in _INLINE:
            self._line.append(done.inline())
        elif done.tag not in _SILENT:
            self._end_line()
            self.blocks += [shown] if (shown := done.block()) or done.tag in _CELLS else []

    def text(self, between: str = "\n\n") -> str:
        self._end_line()
        return between.join(self.blocks)

    def inline(self) -> str:
        words, mark = f"{''.join(self._line)}{' '.join(self.blocks)}", _INLINE[self.tag]
        inner = words.strip()
        before, after = (" " if inner and one else "" for one in (words[:1].isspace(), words[-1:].isspace()))
        if self.tag == "code":
            fence = "`" * (max((len(run) for run in _BACKTICKS.findall(inner)), default=0) + 1)
            return f"{before}{fence}{inner}{fence}{after}" if inner else words
        if self.tag == "a":
            url = self.about.get("href", "")
            return f"{before}[{inner}]({url}){after}" if inner and is_web_address(url) else words
        return f"{before}{mark}{inner}{mark}{after}" if inner else words

    def block(self) -> str:
        if self.tag == "pre":
            language = self.about.get("class", "").rpartition("language-")[2].partition(" ")[0]
            return marks.fenced("".join(self._line).strip("\n"), language if "language-" in str(self.about) else "")
        if self.tag in _HEADINGS:
            return f"{_HEADINGS[self.tag]} {self.text(' ')}"
        if self.tag in ("ul", "ol"):
            return "\n".join(self._items())
        if self.tag == "blockquote":
            return "\n".join(f"> {line}".rstrip() for line in self.text().split("\n"))
        if self.tag in _CELLS:
            return self.text(" ").replace("\n", " ").replace("|", "\\|")
        if self.tag == "tr":
            return f"| {' | '.join(self.blocks)} |"
        if self.tag == "table":
            return self._table()
        return self.text("\n" if self.tag == "li" else "\n\n")

    def _items(self) -> list[str]:
        start = self.about.get("start", "")
        first = int(start) if start.isascii() and start.isdecimal() and len(start) < 9 else 1
        bullets = ("- " if self.tag == "ul" else f"{first + place}. " for place in range(len(self.blocks)))
        return [
            f"{bullet}{item.replace(chr(10), chr(10) + ' ' * len(bullet))}"
            for bullet, item in zip(bullets, self.blocks, strict=True)
        ]

    def _table(self) -> str:
        rows = self.text("\n").split("\n")
        columns = rows[0].replace("\\|", "").count("|") - 1
        return "\n".join([rows[0], f"|{' --- |' * max(columns, 1)}", *rows[1:]])

    def _end_line(self) -> None:
        lines = [line.strip() for line in "".join(self._line).split("\n")]
        shown = "  \n".join(_LINE_MARKUP.sub(_escaped, line) for line in lines).strip()
        self.blocks += [shown] if shown else []
        self._line = []


def _escaped(found: re.Match[str]) -> str:
    """What would begin a heading, a list or a quote."""
    return f"\\{found[1]}" if found[1] else f"{found[2]}\\{found[3]}"
