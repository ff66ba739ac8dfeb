"""Blocks at the end of a growing text that only grow: code by its characters, a table by its rows.

What is in them is rendered once, as it comes, and never again until the block is finished.
"""

import re
from collections.abc import Callable
from typing import Final, Protocol

from msgspec import Struct

from webapp.rendering import markdown
from webapp.rendering.formulas import may_begin_display
from webapp.rendering.nested import Nesting, Verdict, marks_of
from webapp.rendering.outline import Fence, closes, outline
from webapp.rendering.pieces import Pieces
from webapp.rendering.safety import characters, escape
from webapp.rendering.weight import Tally


class OpenBlock(Struct, frozen=True, eq=False):
    """An open end that only grows: who has ``length`` characters of what is inside needs ``inside(after=length)``.

    ``start`` is where its inside begins in the text, and thereby says which block it is. ``opening`` and ``closing``
    are the HTML around the inside, which is all that the last ``element`` of the block holds.
    """

    start: int
    element: str
    opening: str
    closing: str
    pieces: Pieces
    length: int

    def inside(self, after: int = 0) -> str:
        """What is inside, as HTML, behind its first ``after`` characters."""
        return self.pieces.after(after)[: self.length - after]

    @property
    def html(self) -> str:
        """The whole block as HTML."""
        return f"{self.opening}{self.inside()}{self.closing}"


class Growing(Protocol):
    """A block that grows. It begins the open end; ``source`` is all of that end so far."""

    source: Pieces
    end: int | None  # where in the source the block ends, once that is known
    is_odd: bool  # whether it turned out to be one that cannot be shown piece by piece
    held: str  # what has come and is not shown yet: half a row, or what may become the closing line

    def take(self, text: str) -> None:
        """Adds ``text`` at the end."""

    def tail(self, start: int) -> OpenBlock:
        """The block as it is; its source begins at the offset ``start``."""


LINE: Final = re.compile(r"[^\r\n]*(?:\r\n?|\n)")


def complete(text: str) -> int:
    """Where the last complete line of ``text`` ends. A carriage return at the very end may be half of a line end."""
    return max(text.rfind("\n"), text.rfind("\r", 0, len(text) - 1)) + 1


class GrowingCode:
    """A block of code with a fence. What is added to it is only searched for its closing line.

    It is odd if it is a document, and a line has come of which nobody can tell whether it closes it.
    """

    def __init__(self, fence: Fence, head: str, opener: str) -> None:
        """``head`` is the open end up to the end of the fence's own line, ``opener``."""
        self.source = Pieces(head)
        self.end: int | None = None
        self.is_odd = False
        self._fence = fence
        self._nesting = Nesting(marks_of(opener)) if marks_of(opener) else None
        self._begin = len(head)
        self._code = Pieces()
        self.held = ""
        self._is_in_line = False  # whether the beginning of its line is shown
        self._line = ""  # that beginning, in a document
        html = markdown.finish(markdown.part_to_html(opener), None)
        self._opening, closing_tag, rest = html.partition("</code>")
        self._closing = closing_tag + rest

    def take(self, text: str) -> None:
        self.source.append(text)
        text, position = self.held + text, 0
        for line in LINE.finditer(text, 0, complete(text)):
            if self._closes(line[0]):
                self.end = len(self.source) - len(text) + line.end()
            if self.end is not None or self.is_odd:
                return
            self._show(line[0])
            self._is_in_line, self._line, position = False, "", line.end()
        self.held = text[position:]
        if self._is_in_line or not self._may_close(self.held):
            shown = self.held.removesuffix("\r")
            self._show(shown)
            self._is_in_line, self.held = self._is_in_line or bool(shown), self.held[len(shown) :]
            self._line += shown if self._nesting else ""

    def _closes(self, rest: str) -> bool:
        """Whether the line that ``rest`` completes is the closing one."""
        if self._nesting is None:
            return not self._is_in_line and closes(self._fence, rest)
        verdict = self._nesting.look(self._line + rest)
        self.is_odd = verdict is Verdict.PERHAPS
        return verdict is Verdict.END

    def tail(self, start: int) -> OpenBlock:
        return OpenBlock(start + self._begin, "code", self._opening, self._closing, self._code, len(self._code))

    def _show(self, code: str) -> None:
        """Adds to the code what is a line or a part of one."""
        if not self._is_in_line:
            indent = min(self._fence.indent, len(code) - len(code.lstrip(" ")))
            code = code[indent:]
        self._code.append(escape(characters(code)))

    def _may_close(self, line: str) -> bool:
        """Whether a line that is not complete could become the closing one; it is held back as long as it could."""
        return not line.strip(" \t\r").strip(self._fence.mark)


class GrowingTable:
    """A table, perhaps with a paragraph right above it. A row is shown when its line is complete."""

    def __init__(self, head: list[str], render: Callable[[str], str]) -> None:
        """``head`` is the open end up to the line of dashes. ``render`` makes HTML of the open end's Markdown."""
        self.source = Pieces("".join(head))
        self.end: int | None = None
        self.is_odd = False
        self._head = head
        self._begin = len(self.source)
        self._render = render
        self._rows = Pieces()
        self.held = ""
        self._tally = Tally(head)
        self._opening, _, self._closing = self._rendered(["x\n"])

    def take(self, text: str) -> None:
        self.source.append(text)
        self.held += text
        behind = complete(self.held)
        if behind:
            lines, self.held = LINE.findall(self.held, 0, behind), self.held[behind:]
            self._take_lines(lines)

    def tail(self, start: int) -> OpenBlock:
        return OpenBlock(start + self._begin, "tbody", self._opening, self._closing, self._rows, len(self._rows))

    def _take_lines(self, lines: list[str]) -> None:
        self._tally.add(lines)
        if self._tally.is_heavy or any(map(may_begin_display, lines)):
            self.is_odd = True
            return
        parts = outline([*self._head, *lines]).parts
        rows = lines[: parts[0].end - len(self._head)] if parts else lines
        above, inside, below = self._rendered(rows or ["x\n"])
        if (above, below) != (self._opening, self._closing):  # raw HTML stands behind it, which is no block of its own
            self.is_odd = True
            return
        self._rows.append(inside if rows else "")
        if parts:
            behind = sum(map(len, lines[len(rows) :])) + len(self.held)
            self.end = len(self.source) - behind

    def _rendered(self, rows: list[str]) -> tuple[str, str, str]:
        """The HTML of a table of ``rows``: what is above them, they themselves, and what is below."""
        html = self._render("".join([*self._head, *rows]))
        above, begin, rest = html.rpartition(_ROWS_BEGIN)
        inside, end, below = rest.rpartition(_ROWS_END)
        return above + begin, inside, end + below


_ROWS_BEGIN: Final = "<tbody>\n"
_ROWS_END: Final = "</tbody>"
