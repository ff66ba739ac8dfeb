"""Markdown documents in a block of code that hold blocks of code themselves, in fences as long as their own.

To CommonMark such a block ends at the first fence without a language. A model means the last one. So the outer fences
are made longer; the lines stay as many as they were.
"""

import re
from enum import Enum
from typing import Final

from msgspec import Struct

from webapp.rendering.fences import CONTAINER, may_have_fence

_OPENER = re.compile(
    rf"(?P<container>{CONTAINER})(?P<marks>`{{3,}}+|~{{3,}}+)[ \t]*(?:markdown|mdx?)(?![^\s{{}},])[^`\n]*\n?",
    re.IGNORECASE,
)
_MAY_OPEN = re.compile(r"(?:```|~~~)[ \t]*m(?:arkdown|d)", re.IGNORECASE)
_FENCE = re.compile(rf"{CONTAINER}(?P<marks>`{{3,}}+(?=[^`]*\Z)|~{{3,}}+)(?P<info>.*)", re.DOTALL)


class Documents(Struct, frozen=True):
    """Lines with the fences of documents lengthened.

    ``pending`` is the line where a document begins of which nobody can tell yet where it ends; it is shown as open.
    """

    lines: list[str]
    pending: int | None = None


def may_hold(text: str) -> bool:
    """Whether it is worth while to look for documents in ``text``."""
    return may_have_fence(text) and _MAY_OPEN.search(text) is not None


def lengthened(text: str) -> str:
    """A whole text in which a document ends where it is meant to, if there is such a place."""
    return "".join(documents(text.splitlines(keepends=True), is_whole=True).lines) if may_hold(text) else text


def drafted(text: str) -> str:
    """The same for the beginning of a text, the rest of which is still to come."""
    return "".join(documents(text.splitlines(keepends=True)).lines) if may_hold(text) else text


class Verdict(Enum):
    """What a line is to a document: no fence that matters, its end, perhaps its end (the line below it will tell), or
    the proof that the line before, which perhaps was the end, was it."""

    INSIDE = 0
    END = 1
    PERHAPS = 2
    LATE = 3


class Nesting:
    """Which line ends a document, by the fences in it: one with a language begins code, the next without one ends it.

    One without a language where no code is open may end the document or begin more code.
    """

    def __init__(self, marks: str) -> None:
        self._marks = marks
        self._inner = 0  # the length of the fence of the code that is open in it
        self._is_guess = False  # whether that has no language
        self._above = ""
        self.longest = 0  # of the fences in it

    def look(self, line: str) -> Verdict:
        """What ``line``, the next one, is. It begins code only below a line that leads to some."""
        above, self._above = self._above, line
        fence = _FENCE.match(line)
        if fence is None or not fence["marks"].startswith(self._marks):
            return Verdict.INSIDE
        length, is_bare = len(fence["marks"]), not fence["info"].strip()
        if is_bare and not self._inner:
            return Verdict.PERHAPS if _LEADS_TO_CODE.fullmatch(above) else Verdict.END
        if not is_bare and self._is_guess:
            return Verdict.LATE
        if not self._inner:
            self._begin(length, is_guess=False)
        elif is_bare and length >= self._inner:
            self._inner, self._is_guess = 0, False
        return Verdict.INSIDE

    def guess(self) -> None:
        """The line that perhaps was the end is taken for one that begins code."""
        self._begin(len(self._above.strip(" \t>\r\n")), is_guess=True)

    def _begin(self, length: int, *, is_guess: bool) -> None:
        self._inner, self._is_guess, self.longest = length, is_guess, max(self.longest, length)


# A blank line, a heading, or words that end in a colon.
_LEADS_TO_CODE = re.compile(r"[\s>]*+(?:(?:#.*|.*[:\uff1a][*_]*)\s*)?")


def marks_of(opener: str) -> str:
    """The fence of a line that begins a document; "" for any other line."""
    found = _OPENER.fullmatch(opener)
    return found["marks"] if found else ""


def documents(lines: list[str], *, is_whole: bool = False) -> Documents:
    """``lines``, complete ones but perhaps the last, which begin with a top-level block or an item of a list."""
    out, number = lines.copy(), 0
    while number < len(lines):
        fence = _FENCE.match(lines[number])
        if fence is None:
            number += 1
        elif not marks_of(lines[number]):
            number = _behind_code(lines, number, fence)
        else:
            end = _search(lines, number, is_whole=is_whole)
            if not end.is_sure and is_whole:
                break  # it has no end where one was hoped for, nor will any other that hopes for one
            _lengthen(out, number, end)
            if not end.is_sure:
                return Documents(out, number)
            number = end.behind
    return Documents(out)


class _End(Struct, frozen=True):
    """The closing fence of a document, None for none so far; the line behind it; its longest fence inside."""

    line: int | None
    behind: int
    longest: int
    is_sure: bool = True


def _search(lines: list[str], opener: int, *, is_whole: bool) -> _End:
    nesting = Nesting(marks_of(lines[opener]))
    width = _width(lines[opener])
    perhaps: int | None = None
    for number in range(opener + 1, len(lines)):
        if _is_outside(lines[number], width):
            return _End(None, number, nesting.longest)
        verdict = nesting.look(lines[number])
        if verdict is Verdict.PERHAPS:
            if number + 1 < len(lines) and lines[number + 1].strip(" \t>\r\n"):
                perhaps = number
                nesting.guess()
            else:
                return _End(number, number + 1, nesting.longest, is_sure=is_whole or number + 1 < len(lines))
        elif verdict is Verdict.LATE and perhaps is not None:
            return _End(perhaps, perhaps + 1, nesting.longest)
        elif verdict is Verdict.END:
            return _End(number, number + 1, nesting.longest)
    return _End(None, len(lines), nesting.longest, is_sure=perhaps is None)


def _width(line: str) -> int:
    """How wide that is which a list or quote puts before the lines of code that begins in ``line``; 0 for none."""
    found = _FENCE.match(line)
    container = line[: found.start("marks")] if found else ""
    return len(container) if container.strip() or len(container) > _MOST_SPACES else 0


_MOST_SPACES: Final = 3


def _is_outside(line: str, width: int) -> bool:
    return width > 0 and bool(line.strip()) and len(line) - len(line.lstrip(" \t>")) < width


def _behind_code(lines: list[str], opener: int, fence: re.Match[str]) -> int:
    """The line behind a block of code."""
    width = _width(lines[opener])
    for number in range(opener + 1, len(lines)):
        if _is_outside(lines[number], width):
            return number
        body = lines[number].strip(" \t>\r\n")
        if body.startswith(fence["marks"]) and not body.strip(body[0]):
            return number + 1
    return len(lines)


def _lengthen(lines: list[str], opener: int, end: _End) -> None:
    if not end.longest:
        return
    for number in (opener, end.line):
        if number is not None and (fence := _FENCE.match(lines[number])):
            begin, behind = fence.span("marks")
            line = lines[number]
            lines[number] = line[:begin] + line[begin] * (end.longest + 1) + line[behind:]
