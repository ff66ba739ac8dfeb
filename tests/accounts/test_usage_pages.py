"""The page of what was spent, as its template is given it."""

from decimal import Decimal

from webapp.accounts.budgets import NO_LIMITS, Limits, Standing
from webapp.accounts.spending import Line, Month
from webapp.accounts.usage_pages import MonthLink, Usage, UsagePage, usage_page

NOVEMBER = Month(2026, 11)
LIMITS = Limits(Decimal(4), Decimal(5))


def line(name: str, cost: str, own: str = "0") -> Line:
    return Line(name, 2, 1_000, 234, Decimal(cost), Decimal(own))


def page(*days: Line, month: Month = NOVEMBER, standing: Standing = Standing()) -> UsagePage:  # noqa: B008  # a value
    usage = Usage(month, days, [line("a/b", "1")], [Month(2026, 9), NOVEMBER])
    return usage_page(usage, NOVEMBER, standing)


def test_it_adds_up_the_days_and_measures_them_by_the_dearest() -> None:
    shown = page(line("2026-11-01", "0.5"), line("2026-11-30", "1.25"))
    assert (shown.title, shown.total) == ("Usage in November 2026", "$1.75")
    assert [(row.name, row.answers, row.tokens, row.share) for row in shown.days] == [
        ("1 Nov", 2, 1_234, 40),
        ("30 Nov", 2, 1_234, 100),
    ]


def test_days_that_were_free_have_no_bar() -> None:
    assert [row.share for row in page(line("2026-11-01", "0")).days] == [0]


def test_it_leads_to_the_other_months() -> None:
    assert page().others == (MonthLink("September 2026", "/usage?month=2026-09"),)
    october = page(month=Month(2026, 10)).others
    assert [one.url for one in october] == ["/usage", "/usage?month=2026-09"]


def test_limits_are_told_with_this_month_alone() -> None:
    standing = Standing(limits=LIMITS)
    assert page(standing=standing).note == "You may spend $5.00 a month; above $4.00 a note says so."
    assert page(standing=standing, month=Month(2026, 9)).note == ""
    assert page(standing=Standing(limits=NO_LIMITS)).note == ""
    assert page(standing=Standing(limits=Limits(Decimal(4)))).note == "Above $4.00 a month a note says so."


def test_what_is_held_is_told_with_this_month_alone() -> None:
    standing = Standing(limits=LIMITS, held=Decimal("0.314"))
    assert page(standing=standing).held.startswith("$0.31 more is reserved for answers that are under way")
    assert page(standing=standing, month=Month(2026, 9)).held == page().held == ""


def test_what_an_own_key_has_paid_is_told_apart() -> None:
    shown = page(line("2026-11-01", "1", own="0.25"), standing=Standing(limits=LIMITS, own_key=b"sealed"))
    assert shown.own == "$0.25 of it was paid by your own OpenRouter key."
    assert "no limit holds" in shown.note
