"""Texts that would cost too much to render as Markdown. They are shown as they are, losing nothing but their looks.

The limits lie far above what a person reads, and below what takes the renderer a noticeable time: a line of e-mail
addresses recurses once for each in comrak until the stack is used up; a table fills every row to its widest; long runs
of no-break spaces are slow to sanitise.
"""

from typing import Final

MAX_CHARACTERS: Final = 2_000_000
MAX_PART_CHARACTERS: Final = 100_000  # of what is rendered again with every frame
MAX_ADDRESSES: Final = 2_000
MAX_SPACES: Final = 20_000
MAX_COLUMNS: Final = 500
MAX_CELLS: Final = 20_000


def is_heavy(text: str, longest: int = MAX_CHARACTERS) -> bool:
    """Whether ``text`` is to be shown as plain text."""
    if len(text) > longest or text.count("@") > MAX_ADDRESSES or text.count("\u00a0") > MAX_SPACES:
        return True
    return text.count("|") > MAX_COLUMNS and _has_vast_table(text)


def _has_vast_table(text: str) -> bool:
    """Whether a run of lines could be a table of too many cells."""
    widest = rows = 0
    for line in text.split("\n"):
        rows, widest = (rows + 1, max(widest, line.count("|"))) if line.strip() else (0, 0)
        if widest > MAX_COLUMNS or widest * rows > MAX_CELLS:
            return True
    return False
