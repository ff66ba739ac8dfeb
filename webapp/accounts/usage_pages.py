"""The page of what a user has spent, made from what the ledger has. Pure."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from webapp.accounts.budgets import Standing, cents, precisely
from webapp.accounts.spending import Line, Month


class UsageRow(Struct, frozen=True):
    """What was spent on a day or by a model. `share` is its part of the dearest one, in hundredths."""

    name: str
    answers: int
    tokens: int
    cost: Decimal
    share: int


class MonthLink(Struct, frozen=True):
    name: str
    url: str


class UsagePage(Struct, frozen=True):
    """A month of a user. `note` is about limits, `own` of what an own key has paid, `held` of what may still be spent.

    Each is "" where there is nothing to tell.
    """

    title: str
    total: str
    own: str
    note: str
    held: str
    days: tuple[UsageRow, ...]
    models: tuple[UsageRow, ...]
    others: tuple[MonthLink, ...]


class Usage(Struct, frozen=True):
    """What a user has spent: in a month, and in which others there was anything."""

    month: Month
    days: Sequence[Line]
    models: Sequence[Line]
    months: Sequence[Month]


def usage_page(usage: Usage, this_month: Month, standing: Standing) -> UsagePage:
    """`standing` is that of `this_month`: limits are told with it alone."""
    own = sum((line.own_cost for line in usage.days), Decimal(0))
    others = sorted({*usage.months, this_month} - {usage.month}, reverse=True)
    return UsagePage(
        title=f"Usage in {usage.month.name}",
        total=cents(sum((line.cost for line in usage.days), Decimal(0))),
        own=f"{cents(own)} of it was paid by your own OpenRouter key." if own else "",
        note=_limits(standing) if usage.month == this_month else "",
        held=_held(standing) if usage.month == this_month else "",
        days=_rows(usage.days, by_day=True),
        models=_rows(usage.models),
        others=tuple(MonthLink(one.name, "/usage" if one == this_month else f"/usage?month={one}") for one in others),
    )


def _limits(standing: Standing) -> str:
    if standing.own_key is not None:
        return "Your own OpenRouter key pays for what you ask, so that no limit holds here."
    limits = standing.limits
    if limits.hard is None:
        return "" if limits.soft is None else f"Above {cents(limits.soft)} a month a note says so."
    soft = "" if limits.soft is None else f"; above {cents(limits.soft)} a note says so"
    return f"You may spend {cents(limits.hard)} a month{soft}."


def _held(standing: Standing) -> str:
    if not standing.held or standing.own_key is not None:
        return ""
    held = precisely(standing.held)
    return (
        f"{held} more is reserved for answers that are under way, and for those whose cost isn't known yet. "
        "What they don't use of it is released."
    )


def _rows(lines: Sequence[Line], *, by_day: bool = False) -> tuple[UsageRow, ...]:
    most = max((line.cost for line in lines), default=Decimal(0)) or Decimal(1)
    return tuple(
        UsageRow(
            _day(line.name) if by_day else line.name or "unknown",
            line.answers,
            line.prompt_tokens + line.completion_tokens,
            line.cost,
            max(0, round(100 * line.cost / most)),
        )
        for line in lines
    )


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.day} {day:%b}"
