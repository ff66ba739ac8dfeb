"""Where the top-level blocks of a text begin and end, so that the finished ones of a growing text can be told.

Comrak itself says so, through the source positions in its output: what it calls a block is a block here too.
"""

import re
from itertools import zip_longest
from typing import Final

import comrak
from msgspec import Struct
from msgspec.structs import replace

from webapp.rendering.formulas import Fenced, Place, fenced, may_have_display, step
from webapp.rendering.masks import with_blocks
from webapp.rendering.nested import documents, may_hold
from webapp.rendering.safety import readable
from webapp.rendering.spans import hidden
from webapp.rendering.weight import is_heavy


class Part(Struct, frozen=True):
    """A finished part: the lines up to ``end``, counted from 0, that line excluded.

    ``marker`` is set for an item of a list that has another item behind it: how that one begins ("-", "  2.").
    """

    end: int
    marker: str = ""


class Fence(Struct, frozen=True):
    """The opening line of a block of code: its number, counted from 0, and what its closing line looks like."""

    line: int
    mark: str
    length: int
    indent: int


class Outline(Struct, frozen=True):
    """The finished parts of a text, and what is still open at its end: a block of code, or the rows of a table.

    ``rows`` is the line where the first row comes. Lines before the fence or the rows that are not in a part belong to
    what is unfinished.
    """

    parts: list[Part]
    fence: Fence | None = None
    rows: int | None = None


def outline(lines: list[str]) -> Outline:
    """The outline of a text that begins with a top-level block or item, given as complete lines with their ends.

    A part that is finished in some lines is finished, with the same end, in whatever lines they are the beginning of.
    """
    text = "".join(lines)
    if not may_hold(text):
        return _with_formulas(lines) if may_have_display(text) else _outline(lines)
    found = documents(lines)
    before = found.lines[: found.pending]
    shown = _with_formulas(before)
    return shown if found.pending is None else Outline(shown.parts)


def _with_formulas(lines: list[str]) -> Outline:
    parts: list[Part] = []
    begin = 0
    while True:
        formulas = fenced(lines[begin:])
        found = _outline(formulas.lines[: formulas.pending])
        broken = next((part for part in found.parts if not _is_fresh(formulas, part.end)), None)
        kept = found.parts[: found.parts.index(broken) + 1] if broken else found.parts
        parts += [Part(part.end + begin, part.marker) for part in kept]
        if broken is None:
            return _moved(found, parts, begin) if formulas.pending is None else Outline(parts)
        begin += broken.end


def _moved(found: Outline, parts: list[Part], lines: int) -> Outline:
    """What ``found`` says of the open end, ``lines`` further down and behind all ``parts``."""
    fence = found.fence and replace(found.fence, line=found.fence.line + lines)
    return Outline(parts, fence, None if found.rows is None else found.rows + lines)


def _is_fresh(formulas: Fenced, end: int) -> bool:
    """Whether the lines from ``end`` on have the same formulas when those before them are gone."""
    if end >= len(formulas.places):
        return True
    place, line = formulas.places[end], formulas.lines[end]
    return place is not None and step(place, line) == step(Place(), line)


def _outline(lines: list[str]) -> Outline:
    parts: list[Part] = []
    blocks = _blocks("".join(lines))
    for block, after in zip_longest(blocks, blocks[1:]):
        if after and _runs_on(block, after):
            continue
        parts.extend(Part(item, _marker(lines[item])) for item in block.items[1:])
        end = _end(block, after, lines)
        if end is None:
            return Outline(parts, _fence(block, lines), block.first + 2 if block.element == "table" else None)
        parts.append(Part(end))
    return Outline(parts)


class _Block(Struct):
    """A top-level block by its element; lines counted from 0. ``items`` holds the lines where a list's items begin."""

    element: str
    first: int
    last: int
    items: list[int]


_POSITION = re.compile(
    r"<(?:(?P<open>p|h[1-6]|[uo]l|li|blockquote|pre|table|hr) data-sourcepos=\"(?P<first>\d+):\d+-(?P<last>\d+):\d+\""
    r"|/(?:[uo]l|li|blockquote)>)"
)
_CONTAINERS: Final = frozenset({"ul", "ol", "li", "blockquote"})


def _blocks(text: str) -> list[_Block]:
    """The blocks in order. The list around footnotes has no position: their items count as blocks themselves."""
    blocks: list[_Block] = []
    depth = 0
    for tag in _POSITION.finditer(_positions(text)):
        element = tag["open"]
        if element is None:
            depth -= 1
            continue
        if depth == 0:
            blocks.append(_Block(element, int(tag["first"]) - 1, int(tag["last"]) - 1, []))
        elif depth == 1 and element == "li" and blocks[-1].element in {"ul", "ol"}:
            blocks[-1].items.append(int(tag["first"]) - 1)
        depth += element in _CONTAINERS
    return blocks


def _positions(text: str) -> str:
    if is_heavy(text):
        return ""
    text = with_blocks(readable(text))
    text = hidden(text) if "|" in text else text
    return comrak.render_markdown(_without_references(text), _EXTENSIONS, _PARSING, _RENDERING)


_BRACKET = re.compile(r"(?<=[^\s>])\[|\[(?!\^[^\]\s]{1,200}\]:)")  # any but that of a footnote's definition


def _without_references(text: str) -> str:
    """``text`` with the same blocks but no definitions of links, which would be blocks that leave no trace.

    A paragraph that turned into a definition with its next line would take back an end that was already told.
    """
    return _BRACKET.sub("(", text)


_MARKER = re.compile(r" *(?:[-+*]|\d+[.)])")


def _marker(line: str) -> str:
    found = _MARKER.match(line)
    return found[0] if found else ""


_FENCE = re.compile(r"( {0,3})(?:(`{3,})[^`]*|(~{3,}).*)", re.DOTALL)


def _runs_on(block: _Block, after: _Block) -> bool:
    """Whether ``after`` is a table whose head was this paragraph's last line: alone it might be read differently."""
    return block.element == "p" and after.element == "table" and block.last + 1 == after.first


def _end(block: _Block, after: _Block | None, lines: list[str]) -> int | None:
    """The line behind ``block``, or None while a further line could still be part of it."""
    if fence := _fence(block, lines):
        return _behind_fence(fence, lines)
    if block.element in {"ul", "ol", "li", "pre"}:  # a blank line does not end these
        return after.first if after else None
    end = (block.first if block.element == "hr" else block.last) + 1
    is_closed = after is not None or block.element.startswith("h") or (end < len(lines) and is_blank(lines[end]))
    return end if is_closed else None


def is_blank(line: str) -> bool:
    """Whether ``line`` holds nothing but spaces and tabs; other white space is text in Markdown."""
    return not line.strip(" \t\r\n")


def _fence(block: _Block, lines: list[str]) -> Fence | None:
    """The fence around ``block``, if it is code that has one."""
    opening = _FENCE.fullmatch(lines[block.first].rstrip("\r\n")) if block.element == "pre" else None
    if opening is None:
        return None
    marks: str = opening[2] or opening[3]
    return Fence(block.first, marks[0], len(marks), len(opening[1]))


_CLOSING = re.compile(r" {0,3}(`{3,}|~{3,})[ \t]*[\r\n]*")


def closes(fence: Fence, line: str) -> bool:
    """Whether ``line`` ends the block of code that ``fence`` began."""
    found = _CLOSING.fullmatch(line)
    return found is not None and found[1][0] == fence.mark and len(found[1]) >= fence.length


def _behind_fence(fence: Fence, lines: list[str]) -> int | None:
    for number in range(fence.line + 1, len(lines)):
        if closes(fence, lines[number]):
            return number + 1
    return None


def _extensions() -> comrak.ExtensionOptions:
    options = comrak.ExtensionOptions()
    options.table = options.footnotes = True
    return options


def _in_place() -> comrak.ParseOptions:
    options = comrak.ParseOptions()
    options.leave_footnote_definitions = True
    return options


def _with_positions() -> comrak.RenderOptions:
    options = comrak.RenderOptions()
    options.escape = options.sourcepos = True
    return options


_EXTENSIONS: Final = _extensions()
_PARSING: Final = _in_place()
_RENDERING: Final = _with_positions()
