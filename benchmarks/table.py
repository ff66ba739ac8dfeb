"""The figures as a Markdown table: what was measured, what it may be, ours, the reference's."""

from collections.abc import Iterable, Sequence
from typing import Final

from msgspec import Struct

HEAD: Final = ("measured", "budget", "ours", "reference", "ratio", "")


class Row(Struct, frozen=True):
    """One line. ``is_ok`` is None where there is no budget; ``reference`` where there is nothing to compare with."""

    measured: str
    unit: str
    ours: float
    reference: float | None = None
    budget: str = ""
    is_ok: bool | None = None

    def cells(self) -> tuple[str, ...]:
        """The line's texts, in the order of HEAD."""
        has_both = self.reference is not None and self.reference > 0
        return (
            self.measured,
            self.budget,
            self._value(self.ours),
            "" if self.reference is None else self._value(self.reference),
            f"{self.ours / self.reference:.2f}" if has_both and self.reference else "",
            {True: "ok", False: "over", None: ""}[self.is_ok],
        )

    def _value(self, value: float) -> str:
        digits = 0 if value == int(value) or abs(value) >= 100 else 1 if abs(value) >= 10 else 2
        return f"{value:.{digits}f} {self.unit}".rstrip()


def at_most(measured: str, unit: str, ours: float, limit: float, reference: float | None = None) -> Row:
    """A line whose budget is a figure."""
    return Row(measured, unit, ours, reference, f"≤ {limit:g} {unit}".rstrip(), ours <= limit)


def markdown(rows: Iterable[Row]) -> str:
    """The table, with columns as wide as their texts."""
    return table([HEAD, *(row.cells() for row in rows)])


def table(lines: Sequence[Sequence[str]]) -> str:
    """Lines of cells as Markdown, the first of them the head."""
    widths = [max(3, *map(len, column)) for column in zip(*lines, strict=True)]
    drawn = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    drawn.insert(1, " | ".join("-" * width for width in widths))
    return "".join(f"| {line} |\n" for line in drawn)
