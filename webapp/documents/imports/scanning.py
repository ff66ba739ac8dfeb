"""Finds what other programs mark in the text of an answer, in one pass, however hostile the text.

What stands in a block or a span of code is the answer's own words: there a mark is only shown.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

_FENCE: Final = re.compile(r"^ {0,3}(`{3,}+|~{3,}+)([^\n]*+)$", re.MULTILINE)
_SPAN: Final = re.compile(r"(?<!`)(`{1,2})(?!`)[^`\n]+\1(?!`)")
_ATTRIBUTE: Final = re.compile(r'(?<![\w-])([\w-]++)="([^"]*)"')


class Marked(NamedTuple):
    """A part of a text between two marks. `opening` is the first one, as it stands."""

    opening: str
    body: str

    def attribute(self, name: str) -> str:
        """The value of name="value" in the opening mark; "" without it."""
        return next((found[2] for found in _ATTRIBUTE.finditer(self.opening) if found[1] == name), "")


Closing = Callable[[str, int], tuple[int, int] | None]


def marked(text: str, opening: re.Pattern[str], closing: Closing) -> Iterator[str | Marked]:
    """The text in its order: what stands between marks as Marked, the rest as it is.

    `opening` must not look further than the next place where it could begin itself. `closing` gives the place of the
    mark that ends what begins at a place; without one all the rest is in it, as in an answer that was stopped.
    """
    is_code, place = code_in(text), 0
    while (found := _next(text, opening, place, is_code)) is not None:
        if found.start() > place:
            yield text[place : found.start()]
        start, end = closing(text, found.end()) or (len(text), len(text))
        yield Marked(found[0], text[found.end() : start])
        place = end
    if place < len(text):
        yield text[place:]


def _next(text: str, opening: re.Pattern[str], place: int, is_code: Callable[[int], bool]) -> re.Match[str] | None:
    return next((one for one in opening.finditer(text, place) if not is_code(one.start())), None)


def closed_by(mark: str) -> Closing:
    """The end is the next `mark`."""

    def closing(text: str, place: int) -> tuple[int, int] | None:
        found = text.find(mark, place)
        return None if found < 0 else (found, found + len(mark))

    return closing


def closed_by_line(mark: str) -> Closing:
    """The end is the next line that is nothing but `mark`, behind the block of code with which the part may begin."""
    pattern = re.compile(rf"^{re.escape(mark)}[ \t]*(?:\n|\Z)", re.MULTILINE)

    def closing(text: str, place: int) -> tuple[int, int] | None:
        end: int | None = place
        fence = _FENCE.match(text, place + 1) if text[place : place + 1] == "\n" else None
        if fence is not None:
            end = next((one.end() for one in _FENCE.finditer(text, fence.end()) if _closes(fence, one)), None)
        found = None if end is None else pattern.search(text, end)
        return None if found is None else (found.start(), found.end())

    return closing


def code_in(text: str) -> Callable[[int], bool]:
    """Whether a place in the text is in a block or a span of code."""
    starts, ends = list[int](), list[int]()
    for start, end in _code(text):
        starts.append(start)
        ends.append(end)

    def is_code(place: int) -> bool:
        number = bisect_right(starts, place) - 1
        return number >= 0 and place < ends[number]

    return is_code


def without(text: str, tag: re.Pattern[str]) -> str:
    """The text without the tags that are left in it, those in code aside."""
    is_code = code_in(text)
    return tag.sub(lambda found: found[0] if is_code(found.start()) else "", text)


def _code(text: str) -> Iterator[tuple[int, int]]:
    opened: re.Match[str] | None = None
    place = 0
    for fence in _FENCE.finditer(text):
        if opened is None:
            if fence[1][0] == "`" and "`" in fence[2]:
                continue
            yield from (one.span() for one in _SPAN.finditer(text, place, fence.start()))
            opened = fence
        elif _closes(opened, fence):
            yield opened.start(), fence.end()
            opened, place = None, fence.end()
    if opened is not None:
        yield opened.start(), len(text)
    else:
        yield from (one.span() for one in _SPAN.finditer(text, place))


def _closes(opened: re.Match[str], fence: re.Match[str]) -> bool:
    return fence[1].startswith(opened[1]) and not fence[2].strip()


def unclosed(text: str) -> str:
    """The fence that is still open at the end of a text; "" if there is none."""
    opened: re.Match[str] | None = None
    for fence in _FENCE.finditer(text):
        if opened is None:
            opened = None if fence[1][0] == "`" and "`" in fence[2] else fence
        elif _closes(opened, fence):
            opened = None
    return "" if opened is None else opened[1]


def without_thoughts(text: str) -> tuple[str, str]:
    """An answer that begins with <think>, as models write it: what is said, and what was thought before."""
    begun = text.lstrip()
    tag = next((tag for tag in ("think", "thinking") if begun.startswith(f"<{tag}>")), None)
    if tag is None:
        return text, ""
    thought, _, said = begun.removeprefix(f"<{tag}>").partition(f"</{tag}>")
    return said.strip(), thought.strip()


def unfenced(body: str) -> tuple[str, str]:
    """What is in a block of code, and its language; a text that is no such block as it is."""
    stripped = body.strip("\n")
    opened = _FENCE.match(stripped)
    last = stripped.rfind("\n")
    closing = _FENCE.match(stripped, last + 1)
    if opened is None or closing is None or last < opened.end() or not _closes(opened, closing):
        return stripped, ""
    return stripped[opened.end() + 1 : last], opened[2].strip()
