"""What was spent, as values: by answers, by users, by months. Sums are US dollars, days and months those of UTC."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Self
from uuid import UUID

from msgspec import Struct


class Spent(Struct, frozen=True):
    """Tokens, and US dollars."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    reasoning_tokens: int = 0
    cached_tokens: int = 0
    cost: Decimal = Decimal(0)


class Entry(Struct, frozen=True):
    """What goes into the ledger: added to what is there of that user, day and model; also less than nothing."""

    user_id: UUID
    day: str
    model: str
    spent: Spent
    answers: int = 0
    by_own_key: bool = False


class Month(Struct, frozen=True, order=True):
    """A month of the calendar. Written as 2026-11."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime) -> Self:
        utc = moment.astimezone(UTC)
        return cls(utc.year, utc.month)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The month of "2026-11". Raises ValueError for anything else."""
        year, dash, number = text.partition("-")
        if not (dash and len(text) == 7 and text.isascii() and year.isdigit() and number.isdigit()):
            raise ValueError(text)
        first = date(int(year), int(number), 1)
        return cls(first.year, first.month)

    @property
    def next(self) -> "Month":
        return Month(self.year + self.number // 12, self.number % 12 + 1)

    @property
    def begins_at(self) -> datetime:
        return datetime(self.year, self.number, 1, tzinfo=UTC)

    @property
    def name(self) -> str:
        """For people: "November 2026"."""
        return f"{self.begins_at:%B %Y}"

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"


class Line(Struct, frozen=True):
    """What was spent by one model, or on one day, or by one user. `own_cost` is what an own key has paid of `cost`."""

    name: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    own_cost: Decimal


def day_of(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
