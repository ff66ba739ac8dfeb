"""Half-written Markdown at the end of a growing text, made good for the moment, so that the page does not flicker.

Only the open end of a stream is treated like this; a finished text is rendered as it stands.
"""

import re
from typing import Final

from msgspec import Struct

from webapp.rendering.formulas import fenced, is_prose, lines_of, may_have_display
from webapp.rendering.nested import drafted
from webapp.rendering.spans import hidden
from webapp.rendering.weight import MAX_COLUMNS

# Limits, in characters but for the last: how far back something may have been opened that is still to be closed, how
# long a link's words or a piece of code can grow before a bracket or backtick is taken to stand for itself, and how
# many things can be open.
_REACH: Final = 4000
_LONGEST: Final = 300
_MOST_OPEN: Final = 50
# How long a formula can be, in a line and on lines of its own, that is not shown before it is whole.
_LONGEST_FORMULA: Final = 200
_LONGEST_DISPLAY: Final = 2000


def complete_tail(text: str) -> str:
    """``text`` with what is half written at its very end closed, or left out where nobody can tell yet what it will be.

    Emphasis and code are closed; of half a link the words are kept; the head of a table gets the line that belongs
    below it; half a marker or formula is left out.
    """
    text, behind_formulas = _without_open_display(drafted(text))
    if _is_in_code(text):
        return _without_half_marker(text, _HALF_FENCE)
    text = _without_half_marker(text)
    begin = max(behind_formulas, _inline_begin(text))
    text = _without_half_marker(text[:begin] + _Inline(text[begin:]).completed())
    return _with_delimiter(text) if _ends_in_table_head(text) else text


_FENCED_MATHS = re.compile(r"^[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*(`{3,}|~{3,})[ \t]*math[ \t]*\n", re.MULTILINE)


def _without_open_display(text: str) -> tuple[str, int]:
    """``text`` without a formula of lines of its own that has not ended yet, and where the last whole one ends."""
    lines = lines_of(text) if may_have_display(text) else []
    formulas = fenced(lines)
    closed = max((number + 1 for number, place in enumerate(formulas.places) if place is None), default=0)
    begin = len(text)
    if formulas.pending is not None:
        closed = min(closed, formulas.pending)
        begin = sum(map(len, lines[: formulas.pending]))
    begin = min(begin, _open_fence_of_maths(text))
    return text[:begin] if len(text) - begin <= _LONGEST_DISPLAY else text, sum(map(len, lines[:closed]))


def _open_fence_of_maths(text: str) -> int:
    """Where a block of maths begins that is still open, else the end."""
    for opener in list(_FENCED_MATHS.finditer(text))[-1:] if "math" in text else ():
        if not re.search(rf"^[ \t>]*{opener[1]}", text[opener.end() :], re.MULTILINE):
            return opener.start()
    return len(text)


_CONTAINER: Final = r"(?:[ \t>]|(?:[-+*]|\d{1,9}[.)])[ \t])*"
_FENCE = re.compile(rf"^{_CONTAINER}(?P<mark>`{{3,}}(?=[^`\n]*$)|~{{3,}})(?P<info>.*)$", re.MULTILINE)
_HALF_FENCE = re.compile(r"[ \t>]*(?:`+|~+)[ \t]*")


def _is_in_code(text: str) -> bool:
    """Whether ``text`` ends in a block of code, also inside of a list or a quote; good enough for the moment."""
    open_mark = ""
    if "```" not in text and "~~~" not in text:
        return False
    for fence in _FENCE.finditer(text):
        if not open_mark:
            open_mark = fence["mark"] if fence.end() < len(text) else ""
        elif fence["mark"].startswith(open_mark) and fence.end() < len(text) and not fence["info"].strip():
            open_mark = ""
    return bool(open_mark)


# A line, not complete, of which nobody knows yet what it will be: marker of a block, rule, underline of the one above.
_HALF_MARKER = re.compile(
    _CONTAINER
    + r"""(?:
        [-+*>] | \d{1,9}[.)] | \#{1,6}      # item, quote, heading
      | `+ | ~+ | (?:`{3}[^`\n]* | ~{3}.*)  # fence
      | =+ | [-:|][-:|\ ]* | _[_\ ]* | \*[*\ ]*
      | \[(?:[ xX]\]?)?                     # task
      | \[[!^][^\]\s]*(?:\]:?)?             # kind of an alert, footnote
    )[ \t]*""",
    re.VERBOSE,
)


def _without_half_marker(text: str, marker: re.Pattern[str] = _HALF_MARKER) -> str:
    begin = text.rfind("\n") + 1
    line = text[begin : begin + _LONGEST]
    # A number alone is the answer if it is all that was said, else perhaps that of an item.
    is_half = marker.fullmatch(line) or (begin and line.strip().isdigit())
    return text[:begin] if is_half and begin + len(line) == len(text) else text


_BLOCK_BEGIN = re.compile(r"^(?:[ \t]*\n|[ \t>]*(?:(?:[-+*]|\d{1,9}[.)]|\#{1,6})[ \t]+)+)", re.MULTILINE)
_PIPE = re.compile(r"(?<!\\)\|")


def _inline_begin(text: str) -> int:
    """Where the last paragraph, heading or cell begins: what is open at the end was opened behind that."""
    begin = max(0, len(text) - _REACH)
    for block in _BLOCK_BEGIN.finditer(text, begin):
        begin = block.end()
    line = text.rfind("\n") + 1
    if text[line:].lstrip().startswith("|"):
        begin = max(begin, *(line + pipe.end() for pipe in _PIPE.finditer(hidden(text[line:]))))
    return begin


def _ends_in_table_head(text: str) -> bool:
    """Whether the last line is the first row of a table that has nothing below it yet."""
    above, row = ["", "", *text.removesuffix("\n").rsplit("\n", 2)][-2:]
    if row.count("|") > MAX_COLUMNS:
        return False
    starts_table = not above.lstrip().startswith("|") and not _is_delimiter(above)
    return row.lstrip().startswith("|") and starts_table and not _is_delimiter(row)


def _is_delimiter(row: str) -> bool:
    return "-" in row and not row.strip(" \t|:-")


def _with_delimiter(text: str) -> str:
    row = text.removesuffix("\n").rpartition("\n")[2]
    indent = row[: len(row) - len(row.lstrip())]
    cells = _PIPE.split(hidden(row).strip().removeprefix("|"))
    columns = len(cells) - (not cells[-1] and len(cells) > 1)
    return f"{text.removesuffix(chr(10))}\n{indent}|{'---|' * columns}\n"


class _Opener(Struct):
    """What was opened, and in which of the pieces: so many of a character, or the bracket of a link."""

    mark: str
    count: int
    piece: int


_TOKEN = re.compile(
    r"""(?P<half>\\\n?\Z | (?<!\S)!\Z | !?\[\Z | <(?=(?:https?:[^\s<>]*|h?t?t?p?s?)\Z))
      | \\. | \$\$? | `+ | \*+ | _+ | ~+ | \] | !?(?:(?<![A-Za-z0-9)\]])\[ | \[(?=\^))  # no bracket as in a[0]
    """,
    re.VERBOSE | re.DOTALL,
)
_DESTINATION = re.compile(r"\((?:[^()\\\n]|\\.|\([^()\n]{0,99}\)){0,999}\)")
_HALF_DESTINATION = re.compile(r"(?:\((?:<[^>\n]{0,999}|[^\s<]{0,999})(?:[ ]+(?:[\"'(][^\n]{0,300})?)?)?\Z")


_FORMULA_ENDS: Final = {
    "\\(": re.compile(r"\\\)"),
    "\\[": re.compile(r"\\\]"),
    "$": re.compile(r"(?<![\s\\])\$(?!\d)"),
    "$$": re.compile(r"\$\$"),
}


def _may_open_formula(text: str, start: int) -> bool:
    """Whether the dollar sign at ``start`` may begin a formula: not that of a price or of a variable in a string."""
    before, after = text[start - 1 : start] if start else "", text[start + 1 : start + 2]
    return not ((before.isascii() and before.isalnum()) or after.isspace() or after.isdigit() or after == "{")


class _Inline:
    """Goes once through the text of a paragraph and remembers what is open."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._pieces: list[str] = []
        self._open: list[_Opener] = []
        self._without_end: set[str] = set()

    def completed(self) -> str:
        """The text with what is open at its end closed."""
        position = 0
        while token := _TOKEN.search(self._text, position):
            self._pieces.append(self._text[position : token.start()])
            position = self._take(token)
        self._pieces.append(self._text[position:])
        return self._closed()

    def _take(self, token: re.Match[str]) -> int:
        """Adds a token to the pieces, changed if it is half of something. Returns where to go on."""
        mark, end = token[0], token.end()
        if token["half"]:
            self._pieces.append("")
        elif mark in _FORMULA_ENDS:
            return self._take_formula(mark, token.start(), end)
        elif mark[0] == "\\" or (mark == "~" and end < len(self._text)):  # at the very end half of "~~" perhaps
            self._pieces.append(mark)
        elif mark[0] == "`":
            return self._take_code(mark, end)
        elif mark == "]":
            return self._take_bracket(end)
        elif mark in {"[", "!["}:
            self._take_opener("[", 1, mark)
        else:
            self._take_emphasis(mark, token.start(), end)
        return end

    def _take_code(self, mark: str, end: int) -> int:
        closing = re.compile(rf"(?<!`){mark}(?!`)").search(self._text, end)
        code = self._text[end : closing.end() if closing else len(self._text)]
        if closing is None and len(code) <= _LONGEST:
            written = len(code) - len(code.rstrip("`"))
            self._pieces.append(f"{mark}{code}{mark[written:]}" if code.strip("` \n") else "")
        elif closing is None:
            self._pieces.append(mark)
            return end
        else:
            self._pieces.append(mark + code)
        return end + len(code)

    def _take_formula(self, mark: str, start: int, end: int) -> int:
        """A formula goes in as it stands; half of one is left out as long as it may become one."""
        closing, may_come = None, False
        if mark != "$" or _may_open_formula(self._text, start):
            closing = None if mark in self._without_end else _FORMULA_ENDS[mark].search(self._text, end)
            if closing and mark == "$" and "`" in self._text[end + 1 : closing.start() - 1]:  # code binds first
                closing = None
            half = self._text[end:]
            longest = _LONGEST_FORMULA if mark in {"$", "\\("} else _LONGEST_DISPLAY
            may_come = len(half) <= longest and not (mark == "$" and is_prose(half))
            if closing is None:
                self._without_end.add(mark)  # nor has any further one: each is looked for once
        if closing is None and may_come:
            return len(self._text)
        self._pieces.append(self._text[start : closing.end() if closing else end])
        return closing.end() if closing else end

    def _take_bracket(self, end: int) -> int:
        """A closing bracket: with an address behind it a link, at the very end or with half of one perhaps a link."""
        opener = next((each for each in reversed(self._open) if each.mark == "["), None)
        if opener is None:
            self._pieces.append("]")
            return end
        destination = _DESTINATION.match(self._text, end)
        if (
            destination is None
            and _HALF_DESTINATION.match(self._text, end)
            and not self._words_of(opener).startswith("^")
        ):
            self._pieces[opener.piece] = ""
            self._open.remove(opener)
            return len(self._text)
        del self._open[self._open.index(opener) :]
        self._pieces.append("]" + (destination[0] if destination else ""))
        return destination.end() if destination else end

    def _take_emphasis(self, mark: str, start: int, end: int) -> None:
        before, after = self._text[start - 1 : start] or " ", self._text[end : end + 1]
        count = len(mark)
        if not before.isspace() and not (mark[0] == "_" and after.isalnum()):
            count = self._close(mark[0], count)
        if count and not after:
            mark = mark[:-count]
        if count and after and not after.isspace() and _opens(mark, before):
            self._take_opener(mark[0], count, mark)
        else:
            self._pieces.append(mark)

    def _take_opener(self, character: str, count: int, mark: str) -> None:
        if len(self._open) < _MOST_OPEN:
            self._open.append(_Opener(character, count, len(self._pieces)))
        self._pieces.append(mark)

    def _close(self, character: str, count: int) -> int:
        """Closes up to ``count`` of an emphasis. Returns how many are left over."""
        while count:
            opener = next((each for each in reversed(self._open) if each.mark == character), None)
            if opener is None:
                return count
            closed = min(count, opener.count)
            opener.count -= closed
            count -= closed
            if not opener.count:
                del self._open[self._open.index(opener) :]
        return 0

    def _words_of(self, opener: _Opener) -> str:
        return "".join(self._pieces[opener.piece + 1 :])

    def _closed(self) -> str:
        closing = ""
        while self._open:
            opener = self._open.pop()
            words = self._words_of(opener)
            if opener.mark == "[" and words.startswith("^"):
                del self._pieces[opener.piece :]
                closing = ""
            elif not words.strip() or (opener.mark == "[" and len(words) <= _LONGEST):
                self._pieces[opener.piece] = ""
            elif opener.mark != "[":
                closing += opener.mark * opener.count
        text = "".join(self._pieces)
        return text.rstrip() + closing if closing else text


def _opens(mark: str, before: str) -> bool:
    """Whether ``mark`` is likely to begin an emphasis: not the sign in ``2*3``, ``snake_case`` and ``~5``."""
    if mark[0] == "_" or mark == "*":
        return not before.isalnum()
    return mark != "~"
