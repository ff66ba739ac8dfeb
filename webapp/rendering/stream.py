"""An answer that is still growing, as HTML: what is settled is rendered once and stays, only the open end changes.

Where a settled block ends is a function of the text alone, however the text was cut on its way here. So an offset that
one process gave to a reader is good in every other process that has the text.
"""

import re
from bisect import bisect_left, bisect_right
from typing import Final

from msgspec import Struct

from webapp.rendering import markdown
from webapp.rendering.fragments import Context
from webapp.rendering.outline import Fence, closes, is_blank, outline
from webapp.rendering.safety import characters, escape, readable
from webapp.rendering.unfinished import complete_tail


class Block(Struct, frozen=True):
    """A settled part of the text: where it ends, in characters from the text's beginning, and its HTML.

    The HTML is sanitised and may be empty, as for a definition of a link.
    """

    end: int
    html: str


class Prose(Struct, frozen=True, tag=True):
    """The open end as HTML, what is half written made good; "" when everything is settled. Any of it may change."""

    html: str


class OpenCode(Struct, frozen=True, tag=True):
    """The open end is a block of code, which only grows: who has ``n`` characters of ``code`` needs ``code[n:]``.

    ``start`` is where its code begins in the text, and thereby says which block it is. ``opening`` and ``closing`` are
    the HTML around the code, which is text still to be escaped.
    """

    start: int
    opening: str
    code: str
    closing: str

    @property
    def html(self) -> str:
        """The whole block as HTML."""
        return f"{self.opening}{escape(self.code)}{self.closing}"


Tail = Prose | OpenCode


class BlockStream:
    """One growing text for any number of readers. Adding to it costs next to nothing; HTML is made when asked for.

    Not to be used from several threads at once.
    """

    def __init__(self, text: str = "") -> None:
        self._pending: list[str] = [text]
        self._blocks: list[Block] = []
        self._ends: list[int] = []
        self._context = Context()
        self._open = ""  # the text behind the last settled block
        self._outlined = 0  # how much of it has been looked through for blocks
        self._code: _Code | None = None
        self._tail: Tail | None = None

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
        """The open end, behind the last settled block; the same object until something is added."""
        self._settle()
        if self._tail is None:
            self._tail = self._code.tail(self._open, self._end) if self._code else self._prose()
        return self._tail

    def finish(self) -> None:
        """Settles all there is, when no more text will come."""
        self._settle()
        if self._open:
            self._add_block(self._open)
        self._open, self._outlined, self._code, self._tail = "", 0, None, None

    @property
    def _end(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _settle(self) -> None:
        text = "".join(self._pending)
        if not text:
            return
        self._pending.clear()
        self._tail = None
        self._open += text
        if self._code and not self._code.is_closed(self._open):
            return
        complete = _complete(self._open)
        if complete > self._outlined:
            self._settle_lines(_LINE.findall(self._open, 0, complete))

    def _settle_lines(self, lines: list[str]) -> None:
        found = outline(lines)
        done = settled = 0
        for part in found.parts:
            source = "".join(lines[done : part.end])
            self._add_block(source, part.marker)
            done, settled = part.end, settled + len(source)
        self._outlined = sum(map(len, lines[done:]))
        self._open = self._open[settled:]
        self._code = None
        if found.fence and all(is_blank(line) for line in lines[done : found.fence.line]):
            self._code = _Code(found.fence, lines[done : found.fence.line + 1])

    def _add_block(self, source: str, next_marker: str = "") -> None:
        html = self._context.settle(source, next_marker)
        self._ends.append(self._end + len(source))
        self._blocks.append(Block(self._end, html))

    def _prose(self) -> Prose:
        shown = complete_tail(readable(self._open))
        return Prose("" if is_blank(shown) else self._context.draft(shown))


class _Code:
    """A block of code at the beginning of the open end. What is added to it is only searched for its closing line."""

    def __init__(self, fence: Fence, lines: list[str]) -> None:
        """``lines`` is the open end up to the fence's own line."""
        self._fence = fence
        self._begin = self._searched = sum(map(len, lines))
        html = markdown.finish(markdown.part_to_html(lines[-1]), None)
        self._opening, closing_tag, rest = html.partition("</code>")
        self._closing = closing_tag + rest

    def is_closed(self, text: str) -> bool:
        """Whether the open end, by now ``text``, has the line that closes the block."""
        for line in _LINE.finditer(text, self._searched, _complete(text)):
            if closes(self._fence, line[0]):
                return True
            self._searched = line.end()
        return False

    def tail(self, text: str, start: int) -> OpenCode:
        """The code in ``text``, the open end, which begins at the offset ``start``."""
        complete = max(_complete(text), self._begin)
        last_line = text[complete:]
        shown = complete if self._may_close(last_line) else len(text) - last_line.endswith("\r")
        code = characters(text[self._begin : shown])
        if self._fence.indent:
            code = re.sub(rf"^ {{1,{self._fence.indent}}}", "", code, flags=re.MULTILINE)
        return OpenCode(start + self._begin, self._opening, code, self._closing)

    def _may_close(self, last_line: str) -> bool:
        """Whether a line that is not complete could become the closing one; it is held back as long as it could."""
        return not last_line.strip(" \t\r").strip(self._fence.mark)


_LINE: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n)")


def _complete(text: str) -> int:
    """Where the last complete line of ``text`` ends. A carriage return at the very end may be half of a line end."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1
