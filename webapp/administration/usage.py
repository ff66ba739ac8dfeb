"""What a month has come to: by user, by model, in all; and as CSV. Nothing of conversations is in it."""

import csv
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from io import StringIO
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.accounts.spending import Month

HEADINGS: Final = ("month", "user", "model", "answers", "prompt_tokens", "completion_tokens", "cost", "own_key_cost")
_FORMULAS: Final = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would compute


class Used(Struct, frozen=True):
    """What a user's answers by a model have come to, in dollars. `own_cost` is what an own key has paid of `cost`."""

    user_id: UUID
    user: str
    model: str
    answers: int
    prompt_tokens: int
    completion_tokens: int
    cost: Decimal
    own_cost: Decimal


class UsageLine(Struct, frozen=True):
    """A sum. `place` leads to what it is of, "" if nowhere."""

    name: str
    answers: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: Decimal = Decimal(0)
    own_cost: Decimal = Decimal(0)
    place: str = ""


class Usage(Struct, frozen=True):
    """A month's sums, the dearest first."""

    users: tuple[UsageLine, ...]
    models: tuple[UsageLine, ...]
    total: UsageLine


def summed(used: Sequence[Used]) -> Usage:
    places = {one.user: f"/admin/users/{one.user_id}" for one in used}
    return Usage(
        _lines(used, lambda one: one.user, places.__getitem__),
        _lines(used, lambda one: one.model, lambda _: ""),
        _line("In all", used),
    )


def as_csv(month: Month, used: Iterable[Used]) -> str:
    """A line for each user and model. What a spreadsheet would take for a formula stays text."""
    file = StringIO()
    writer = csv.writer(file)
    writer.writerow(HEADINGS)
    for one in used:
        figures = (one.answers, one.prompt_tokens, one.completion_tokens, f"{one.cost:f}", f"{one.own_cost:f}")
        writer.writerow((month, _text(one.user), _text(one.model), *figures))
    return file.getvalue()


def _lines(
    used: Sequence[Used], name_of: Callable[[Used], str], place_of: Callable[[str], str]
) -> tuple[UsageLine, ...]:
    by_name: dict[str, list[Used]] = {}
    for one in used:
        by_name.setdefault(name_of(one), []).append(one)
    lines = (_line(name, some, place_of(name)) for name, some in by_name.items())
    return tuple(sorted(lines, key=lambda line: (-line.cost, -line.answers, line.name)))


def _line(name: str, used: Sequence[Used], place: str = "") -> UsageLine:
    return UsageLine(
        name,
        sum(one.answers for one in used),
        sum(one.prompt_tokens for one in used),
        sum(one.completion_tokens for one in used),
        sum((one.cost for one in used), Decimal(0)),
        sum((one.own_cost for one in used), Decimal(0)),
        place,
    )


def _text(name: str) -> str:
    return f"'{name}" if name.startswith(_FORMULAS) else name
