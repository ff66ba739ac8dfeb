"""What a text costs to render as Markdown, judged by its length and by the marks in it.

A small one takes some milliseconds, and may be rendered where others wait meanwhile. A heavy one is shown as it is,
and loses nothing but its looks: the limits lie far above what a person reads, and below what takes the renderer very
long. A line of e-mail addresses recurses once for each in comrak until the stack is used up; a table fills every row to
its widest; long runs of no-break spaces are slow to sanitise. What lies between is for another process.
"""

from collections.abc import Iterable
from typing import Final

MAX_CHARACTERS: Final = 2_000_000
SMALL: Final = 20_000  # weight up to which a text is rendered at once: about as many milliseconds as thousands
SMALL_PART: Final = 10_000  # the same of a part of a growing text, which is rendered again and again as it grows
MAX_ADDRESSES: Final = 2_000
MAX_SPACES: Final = 20_000
MAX_FORMULAS: Final = 10_000  # begun with a bracket: for each that does not end comrak looks through the paragraph
MAX_FENCES: Final = 4_000  # each second one makes a block of code, with a bar and buttons
MAX_COLUMNS: Final = 500
MAX_CELLS: Final = 20_000

# What a mark weighs beside the character that it is, as measured with texts of nothing else. The weights are what keeps
# small texts quick: tests/rendering/test_weight.py looks for a text that is slower than its weight.
_MARKS: Final = (
    ("$", 25), ("\\", 10), ("[^", 30), ("`", 4), ("~~", 4), ("|", 4), ("://", 15), ("www.", 15), ("@", 20), ("&", 4),
    ("[", 3), ("]", 3), ("<", 3), (">", 8), ("*", 2), ("_", 2), ("\u00a0", 4),
    ("(", 2), ('"', 1), ("\n", 3),
)  # fmt: skip


def weight(text: str) -> int:
    """How much work it is to render ``text``. Of plain prose it is the length."""
    return len(text) + sum(text.count(mark) * more for mark, more in _MARKS)


def is_small(text: str, most: int = SMALL) -> bool:
    """Whether ``text`` weighs no more than ``most``."""
    return len(text) <= most and weight(text) <= most


def is_heavy(text: str, longest: int = MAX_CHARACTERS) -> bool:
    """Whether ``text`` is to be shown as plain text."""
    if len(text) > longest or text.count("@") > MAX_ADDRESSES or text.count("\u00a0") > MAX_SPACES:
        return True
    if text.count("\\(") + text.count("\\[") > MAX_FORMULAS:
        return True
    if _fences(text) > MAX_FENCES:
        return True
    return text.count("|") > MAX_COLUMNS and Tally(text.split("\n")).is_heavy


def _fences(text: str) -> int:
    return text.count("```") + text.count("~~~")


class Tally:
    """The same for a text that comes line by line."""

    def __init__(self, lines: Iterable[str] = ()) -> None:
        self._characters = self._addresses = self._spaces = self._formulas = self._fences = self._pipes = 0
        self._rows = self._widest = 0  # of the run of lines that is not over, and could be a table
        self._has_vast_table = False
        self.add(lines)

    def add(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._characters += len(line)
            self._addresses += line.count("@")
            self._spaces += line.count("\u00a0")
            self._formulas += line.count("\\(") + line.count("\\[")
            self._fences += _fences(line)
            self._add_row(line.count("|") if line.strip() else None)

    @property
    def is_heavy(self) -> bool:
        """Whether the lines so far, together, are."""
        return (
            self._characters > MAX_CHARACTERS
            or self._addresses > MAX_ADDRESSES
            or self._spaces > MAX_SPACES
            or self._formulas > MAX_FORMULAS
            or self._fences > MAX_FENCES
            or (self._pipes > MAX_COLUMNS and self._has_vast_table)
        )

    def _add_row(self, pipes: int | None) -> None:
        """``pipes`` is how many a line has; None for a blank line, which ends every table."""
        self._rows, self._widest = (0, 0) if pipes is None else (self._rows + 1, max(self._widest, pipes))
        self._pipes += pipes or 0
        self._has_vast_table |= self._widest > MAX_COLUMNS or self._widest * self._rows > MAX_CELLS
