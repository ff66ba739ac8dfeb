"""Blocks of code in Markdown: where they are, and Markdown documents in them that hold such blocks themselves."""

import re
from collections.abc import Iterator
from typing import Final

# Possessive: there is one way to read what stands before a line's text, and no other is to be tried.
CONTAINER: Final = r"[ \t>]*+(?:(?:[-+*]|\d{1,9}[.)])[ \t][ \t>]*+)*+"
_OPENER = re.compile(
    rf"^(?P<container>{CONTAINER})(?P<marks>`{{3,}}(?=[^`\n]*$)|~{{3,}})(?P<info>[^\n]*)\n?", re.MULTILINE
)


def may_have_fence(text: str) -> bool:
    """Whether it is worth while to look for fences in ``text``."""
    return "```" in text or "~~~" in text


def prose(text: str) -> Iterator[tuple[bool, str]]:
    """``text`` in pieces, each with whether it is prose; the others are fenced code with its fences.

    Good enough: indented code is taken for prose, and a fence in a list may be seen a line too long.
    """
    position = 0 if may_have_fence(text) else len(text)
    if position and text:
        yield True, text
    while opener := _OPENER.search(text, position):
        if opener.start() > position:
            yield True, text[position : opener.start()]
        end = _end(opener["container"], opener["marks"]).search(text, opener.end())
        position = len(text) if end is None else end.end() if end["closing"] else end.start()
        yield False, text[opener.start() : position]
    if position < len(text):
        yield True, text[position:]


def _end(container: str, marks: str) -> re.Pattern[str]:
    """What ends the code that a fence begins: its closing line, or in a list or quote one that is not in it."""
    width = min(len(container), 40)
    closing = rf"(?P<closing>[ \t>]{{0,{width + 3}}}{marks[0]}{{{min(len(marks), 200)},}}[ \t]*(?:\n|\Z))"
    outside = rf"(?![ \t>]{{{width}}})[ \t>]*+[^\s>]"
    return re.compile(rf"^(?:{closing}|{outside})" if container.strip() or width > 3 else rf"^{closing}", re.MULTILINE)
