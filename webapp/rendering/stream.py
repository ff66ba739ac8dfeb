"""An answer that is still growing, as HTML: what is settled is rendered once and stays, only the open end changes.

Where a settled block ends is a function of the text alone, however the text was cut on its way here. So an offset that
one process gave to a reader is good in every other process that has the text.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from msgspec import Struct

from webapp.rendering.fragments import Context
from webapp.rendering.growing import LINE, Growing, GrowingCode, GrowingTable, OpenBlock, complete
from webapp.rendering.markdown import as_it_is
from webapp.rendering.outline import Outline, is_blank, outline
from webapp.rendering.safety import readable
from webapp.rendering.unfinished import complete_tail
from webapp.rendering.weight import MAX_CHARACTERS, SMALL_PART, is_small


class Block(Struct, frozen=True):
    """A settled part of the text: where it ends, in characters from the text's beginning, and its HTML.

    The HTML is sanitised and may be empty, as for a definition of a link.
    """

    end: int
    html: str


class Prose(Struct, frozen=True, tag=True):
    """The open end as HTML, what is half written made good; "" when everything is settled. Any of it may change."""

    html: str


Tail = Prose | OpenBlock


def _windows() -> Iterator[int]:
    """The lengths, in characters, at which a longer open end is looked at: with every sixty-fourth, later sixteenth.

    So the work for each character stays the same, however long the end becomes. A shorter one is looked at with every
    line, and rendered whenever it has grown.
    """
    window = 2_000
    while window < MAX_CHARACTERS:
        yield window
        window += window // 64 if window < 8_000 else window // 16


WINDOWS: Final = (*_windows(), MAX_CHARACTERS)


def _window(length: int) -> int:
    """The last of the lengths up to ``length`` at which an open end is looked at; a function of the text alone."""
    place = bisect_right(WINDOWS, length)
    return WINDOWS[place - 1] if place else length


def _next_window(seen: int, length: int) -> int | None:
    """The first of those lengths behind ``seen``, if there is one."""
    place = bisect_right(WINDOWS, seen)
    if place < len(WINDOWS) and WINDOWS[place] <= length:
        return WINDOWS[place]
    return length if seen < length < WINDOWS[0] else None


LONGEST_SHOWN: Final = 250_000  # characters of an open end; one without a single blank line is no text to read along
LONG_OPEN: Final = 20_000  # characters
DENSE: Final = 2.5  # times its length, as weight; prose, code, tables and data weigh less than twice theirs


def _is_left_alone(text: str) -> bool:
    """Whether so long an open end of so many marks isn't looked through any more, until the text has ended.

    The work for each look grows with both, and nobody writes twenty thousand characters of marks without a blank line.
    """
    return len(text) > LONG_OPEN and not is_small(text, int(DENSE * len(text)))


SLICE: Final = 20_000  # characters: a text that comes at once is settled so much at a time, without copying the rest


class BlockStream:
    """One growing text for any number of readers. Adding to it costs next to nothing; HTML is made when asked for.

    Not to be used from several threads at once.
    """

    def __init__(self, text: str = "") -> None:
        self._pending: list[str] = [text]
        self._blocks: list[Block] = []
        self._ends: list[int] = []
        self._context = Context()
        self._open = ""  # the text behind the last settled block, but that of what grows
        self._outlined = 0  # how much of it has been looked through for blocks
        self._growing: Growing | None = None
        self._is_odd = False  # whether it began with what only seemed to grow
        self._tail: Tail | None = None
        self._shown = 0  # how much of the open end it has

    def append(self, text: str) -> None:
        """Adds ``text`` at the end."""
        self._pending.append(text)

    def blocks(self, after: int = 0) -> list[Block]:
        """The settled blocks that end behind the offset ``after``, in order, each in whole."""
        self._settle()
        return self._blocks[bisect_right(self._ends, after) :]

    def is_boundary(self, offset: int) -> bool:
        """Whether a reader can go on from ``offset``: it is 0 or the end of a settled block."""
        self._settle()
        place = bisect_left(self._ends, offset)
        return offset == 0 or self._ends[place : place + 1] == [offset]

    @property
    def tail(self) -> Tail:
        """The open end, behind the last settled block; the same object until it has changed.

        Of a long end the last part is not shown yet, up to a sixteenth, and never more than LONGEST_SHOWN: all of it is
        sent again with each change. Of a table the row that is not complete is not shown.
        """
        self._settle()
        if self._growing:
            return self._growing_tail(self._growing)
        shown = min(_window(len(self._open)), LONGEST_SHOWN)
        if self._tail is None or self._shown != shown:
            self._shown = shown
            self._tail = self._prose(self._open[:shown])
        return self._tail

    def finish(self) -> None:
        """Settles all there is, when no more text will come."""
        self._settle()
        if self._growing and not is_small(str(self._growing.source), SMALL_PART):
            held = self._growing.held
            self._add_grown(self._growing, len(self._growing.source), as_it_is(held) if held.strip(" \t\r`~") else "")
        elif rest := str(self._growing.source) if self._growing else self._open:
            self._add_block(rest)
        self._begin_open("")

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _settle(self) -> None:
        text = "".join(self._pending)
        self._pending.clear()
        for begin in range(0, len(text), SLICE):
            self._take(text[begin : begin + SLICE])

    def _take(self, text: str) -> None:
        if self._growing:
            self._growing.take(text)
        else:
            self._open += text
        while self._settle_growing(self._growing) if self._growing else self._settle_next():
            pass

    def _settle_growing(self, growing: Growing) -> bool:
        """Settles the block that grows if it has ended. Returns whether there is more to look at."""
        if growing.is_odd:
            self._begin_open(str(growing.source))
            self._is_odd = True
            self._outlined = max(0, _window(complete(self._open)) - 1)  # the last look finds what all would find
        elif growing.end is not None:
            self._settle_grown(growing, growing.end)
        return self._growing is None

    def _settle_grown(self, growing: Growing, end: int) -> None:
        """Settles a block that has grown to its end."""
        source = str(growing.source)
        if is_small(source[:end], SMALL_PART):
            self._begin_open(source)
            self._settle_parts([source[:end]], [""])
        else:
            self._add_grown(growing, end)
            self._begin_open(source[end:])

    def _add_grown(self, growing: Growing, length: int, held: str = "") -> None:
        """Adds a large block with the HTML that it has by now, its code plain."""
        self._add(length, self._context.skip(growing.tail(self._end).html + held))

    def _settle_next(self) -> bool:
        """Looks at some more of the open end for what is finished. Returns whether there is more to look at."""
        behind = complete(self._open)
        window = _next_window(self._outlined, behind)
        if window is None or _is_left_alone(self._open[:window]):
            return False
        end = window if window == behind else complete(self._open[:window])
        settled = self._settle_lines(LINE.findall(self._open, 0, end))
        self._outlined = window - settled
        return True

    def _settle_lines(self, lines: list[str]) -> int:
        """Settles what is finished in ``lines``, with which the open end begins. Returns how many characters."""
        found = outline(lines)
        ends = [0, *(part.end for part in found.parts)]
        sources = ["".join(lines[begin:end]) for begin, end in pairwise(ends)]
        settled = self._settle_parts(sources, [part.marker for part in found.parts])
        self._grow(lines[ends[-1] :], found, ends[-1])
        return settled

    def _grow(self, lines: list[str], found: Outline, first: int) -> None:
        """Begins to follow what only grows, if that is what the open end, ``lines`` from ``first`` on, begins with."""
        if found.fence and _begins_with_code(lines[: found.fence.line + 1 - first]):
            head = lines[: found.fence.line + 1 - first]
            self._growing = GrowingCode(found.fence, "".join(head), head[-1])
        elif found.rows is not None and not self._is_odd and _is_table(lines[: found.rows - first]):
            self._growing = GrowingTable(lines[: found.rows - first], self._draft)
        if self._growing:
            rest = self._open[len(self._growing.source) :]
            self._open, self._tail = "", None
            self._growing.take(rest)

    def _settle_parts(self, sources: list[str], markers: list[str]) -> int:
        for source, marker in zip(sources, markers, strict=True):
            self._add_block(source, marker)
        settled = sum(map(len, sources))
        if sources:
            self._begin_open(self._open[settled:])
        return settled

    def _begin_open(self, text: str) -> None:
        """The open end is ``text`` from now on, nothing of which has been looked at."""
        self._open, self._outlined, self._growing, self._is_odd, self._tail = text, 0, None, False, None

    def _add_block(self, source: str, next_marker: str = "") -> None:
        self._add(len(source), self._context.settle(source, next_marker))

    def _add(self, length: int, html: str) -> None:
        self._ends.append(self._end + length)
        self._blocks.append(Block(self._end, html))

    def _growing_tail(self, growing: Growing) -> OpenBlock:
        tail = growing.tail(self._end)
        if not isinstance(self._tail, OpenBlock) or tail.length != self._tail.length:
            self._tail = tail
        return self._tail

    def _prose(self, text: str) -> Prose:
        if not is_small(text, SMALL_PART):
            return Prose(self._draft(text))
        shown = complete_tail(readable(text))
        return Prose("" if is_blank(shown) else self._draft(shown))

    def _draft(self, source: str) -> str:
        return self._context.draft(source)


_MATHS = re.compile(r" {0,3}[`~]{3,}[ \t]*math\b")


def _begins_with_code(lines: list[str]) -> bool:
    """Whether lines, the last of them a fence's, begin with that fence, and its block will be shown as code."""
    return all(is_blank(line) for line in lines[:-1]) and not _MATHS.match(lines[-1])


def _is_table(lines: list[str]) -> bool:
    """Whether lines are the head of a table that grows, also when nothing stands below them."""
    found = outline(lines)
    return found.rows == len(lines) and not found.parts and sum(map(len, lines)) < WINDOWS[0]
