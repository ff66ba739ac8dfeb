"""Trees of files and boxes that are drawn with characters outside of code: their spaces stay, their width is fixed."""

import re
from typing import Final

from webapp.rendering.fences import CONTAINER, prose
from webapp.rendering.masks import BACKSLASH, SPACE, TICK

_BOX: Final = "[\u2500-\u257f]"
_TWIG: Final = r"[|+`\\]-{2,4}[ ]*[^\s|:+-]"
_BRANCH: Final = rf"[ \u00a0|]*{_TWIG}"  # as the command `tree` draws where it has no other characters
_BORDER: Final = r"\+[-=]{3,}\+"
_DRAWN = re.compile(rf"^[ \t>]*+(?:[^\n]*?(?:{_BOX}|{_BORDER})|{_BRANCH})", re.MULTILINE)
_BOXES = re.compile(_BOX)
_PARAGRAPH = re.compile(r"(?:^[ \t>]*+[^\s>][^\n]*(?:\n|\Z))+", re.MULTILINE)


def spaced(text: str) -> str:
    """A readable text with the spaces of drawings hidden, which Markdown would take away."""
    if not _may_have_drawing(text):
        return text
    return "".join(_PARAGRAPH.sub(_keep_spaces, piece) if is_prose else piece for is_prose, piece in prose(text))


def _may_have_drawing(text: str) -> bool:
    is_possible = "--" in text and _IN_ASCII.search(text) is not None
    return is_possible or (not text.isascii() and _BOXES.search(text) is not None)


_IN_ASCII = re.compile(rf"{_TWIG}|{_BORDER}")


def _keep_spaces(paragraph: re.Match[str]) -> str:
    """What all its lines are indented by is Markdown's; by what a line is indented more belongs to the drawing.

    A line between two of a drawing is one of it.
    """
    lines = paragraph[0].splitlines(keepends=True)
    drawn = [_DRAWN.match(line) is not None for line in lines]
    if sum(drawn) < 2 or _indent(lines[0]) > _MOST:
        return paragraph[0]
    first, behind = drawn.index(True), len(drawn) - drawn[::-1].index(True)
    drawn[first:behind] = [True] * (behind - first)
    indent = min(_indent(line) for line, is_drawn in zip(lines, drawn, strict=True) if is_drawn)
    return "".join(
        _spaced(line, indent if is_below else _indent(line)) if is_drawn else line
        for line, is_drawn, is_below in zip(lines, drawn, [False, *drawn], strict=False)
    )


_MOST: Final = 3  # spaces before a paragraph: with more it is code
_MARGIN = re.compile(CONTAINER)
_SPACES = re.compile(r" {2,}")
_TWIG_MARK = re.compile(r"[`\\](?=--)")
_MASKS: Final = {"`": TICK, "\\": BACKSLASH}


def _indent(line: str) -> int:
    found = _MARGIN.match(line)
    return found.end() if found else 0


def _spaced(line: str, indent: int) -> str:
    margin, drawn = line[:indent], _TWIG_MARK.sub(lambda found: _MASKS[found[0]], line[indent:])
    inside = drawn.lstrip(" ")
    return margin + SPACE * (len(drawn) - len(inside)) + _SPACES.sub(lambda found: SPACE * len(found[0]), inside)


def framed(html: str) -> str:
    """Comrak's HTML with a class at the paragraphs that are drawings."""
    return _OF_LINES.sub(_frame, html) if "<br />" in html and _may_have_drawing(html) else html


_DRAWN_IN_HTML = re.compile(rf"^(?:[^\n]*?(?:{_BOX}|{_BORDER})|(?:<p>)?{_BRANCH})", re.MULTILINE)
_OF_LINES = re.compile(r"<p>[^\n]*(?:(?<=<br />)\n[^\n]*)+")


def _frame(paragraph: re.Match[str]) -> str:
    lines = len(_DRAWN_IN_HTML.findall(paragraph[0]))
    return f'<p class="drawing">{paragraph[0].removeprefix("<p>")}' if lines > 1 else paragraph[0]
