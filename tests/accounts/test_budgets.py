"""How much may be spent: whose limit holds, what a refusal says, and when it ends."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.fakes.database import open_database
from webapp.accounts.budgets import NO_LIMITS, BudgetError, Limits, Standing, cents
from webapp.accounts.budgets_store import Budgets, BudgetStore, amount_of
from webapp.accounts.ledger_store import book
from webapp.accounts.spending import Entry, Spent, day_of
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.web.refusals import NotFoundError

NOW = datetime(2026, 11, 29, 23, 59, 30, tzinfo=UTC)
FIVE = Limits(Decimal(4), Decimal(5))


@pytest.mark.parametrize(
    ("spent", "growing", "soft", "hard"),
    [("3.999", "0", False, False), ("4", "0", False, False), ("4", "0.01", True, False), ("4", "1", True, True)],
)
def test_both_limits_count_what_grows(spent: str, growing: str, soft: bool, hard: bool) -> None:
    standing = Standing(Decimal(spent), Decimal(growing), FIVE)
    assert (standing.is_over_soft_limit, standing.is_at_hard_limit) == (soft, hard)


def test_a_refusal_says_what_was_spent_and_when_it_ends() -> None:
    with pytest.raises(BudgetError) as caught:
        Standing(Decimal("5.004"), limits=FIVE).check(NOW)
    assert caught.value.sentence == (
        "This month's money is spent: $5.00 of $5.00. The month begins anew on 1 December (UTC)."
    )
    assert (caught.value.status, caught.value.retry_after) == (402, 24 * 3600 + 30)


def test_a_limit_of_nothing_lets_nobody_spend() -> None:
    with pytest.raises(BudgetError):
        Standing(limits=Limits(hard=Decimal(0))).check(NOW)


def test_who_has_an_own_key_spends_own_money() -> None:
    standing = Standing(Decimal(9), limits=FIVE, own_key=b"sealed")
    standing.check(NOW)
    assert (standing.terms().own_key, standing.terms().is_limited) == (b"sealed", False)


def test_without_limits_there_is_nothing_to_look_at() -> None:
    standing = Standing(Decimal(10**6))
    standing.check(NOW)
    assert not standing.is_over_soft_limit
    assert not standing.terms().is_limited
    assert Standing(limits=FIVE).terms().is_limited


def test_a_note_tells_of_the_limit_that_was_passed() -> None:
    assert Standing(Decimal(4), limits=FIVE).note(NOW) == ""
    over = Standing(Decimal("4.2"), limits=FIVE)
    assert over.note(NOW) == "$4.20 are spent this month: more than $4.00. Sending ends at $5.00."
    assert "is spent: $5.00 of $5.00" in Standing(Decimal(5), limits=FIVE).note(NOW)
    assert Standing(Decimal(9), limits=FIVE, own_key=b"sealed").note(NOW) == ""


def test_the_month_in_a_few_words() -> None:
    assert Standing(Decimal("1.2"), limits=FIVE).summary == "$1.20 of $5.00 this month"
    assert Standing(Decimal("1.2"), limits=Limits(Decimal(4))).summary == "$1.20 of $4.00 this month"
    assert Standing(Decimal("1.2")).summary == "$1.20 this month"
    own = Standing(Decimal("1.2"), own_key=b"sealed", own_spent=Decimal("0.5"))
    assert own.summary == "$0.50 by your own key this month"


def test_what_is_held_beside_what_is_spent_is_told() -> None:
    assert Standing(Decimal("1.2"), Decimal("0.1"), held=Decimal("0.4")).held_words == "$0.30 more reserved"
    assert Standing(Decimal("1.2"), held=Decimal("0.0042")).held_words == "$0.0042 more reserved"
    assert Standing(Decimal("1.2"), Decimal("0.1"), held=Decimal("0.1")).held_words == ""
    assert Standing(own_key=b"sealed", held=Decimal(1)).held_words == ""


@pytest.mark.parametrize(
    ("amount", "words"), [("0", "$0.00"), ("0.000001", "less than $0.01"), ("0.01", "$0.01"), ("1234.5", "$1,234.50")]
)
def test_sums_of_a_month_have_cents(amount: str, words: str) -> None:
    assert cents(Decimal(amount)) == words


def test_the_own_limit_holds_before_the_installations() -> None:
    assert Limits(hard=Decimal(9)).over(FIVE) == Limits(Decimal(4), Decimal(9))
    assert NO_LIMITS.over(FIVE) == FIVE


@pytest.mark.parametrize(("value", "amount"), [("7.50", "7.5"), (3, "3"), ("", None), ("NaN", None), (None, None)])
def test_an_option_that_is_no_amount_is_no_limit(value: object, amount: str | None) -> None:
    assert amount_of(value) == (None if amount is None else Decimal(amount))


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address) as database:
        yield database


async def test_whose_limit_holds(database: Database) -> None:
    alice = new_id()
    async with database.write() as session:
        session.add(UserRow(id=alice, name="alice", created_at=NOW))
    store, fixed = BudgetStore(database, Budgets()), BudgetStore(database, Budgets(Limits(hard=Decimal(8))))
    assert (await store.standing(alice)).limits == NO_LIMITS
    await store.choose(FIVE)
    assert await store.chosen() == (await store.standing(alice)).limits == FIVE
    assert (await fixed.standing(alice)).limits == Limits(Decimal(4), Decimal(8))  # the environment wins
    await store.set_limits(alice, Limits(hard=Decimal("0.5")))
    assert await store.limits(alice) == Limits(hard=Decimal("0.5"))
    assert (await fixed.standing(alice)).limits == Limits(Decimal(4), Decimal("0.5"))
    await store.choose(NO_LIMITS)
    assert await store.chosen() == NO_LIMITS
    for attempt in (store.limits(new_id()), store.set_limits(new_id(), FIVE)):
        with pytest.raises(NotFoundError):
            await attempt


async def test_what_counts_is_this_months_and_the_installations(database: Database) -> None:
    alice, bob, today = new_id(), new_id(), day_of(datetime.now(UTC))
    async with database.write() as session:
        session.add_all(UserRow(id=key, name=str(key), created_at=NOW) for key in (alice, bob))
        await session.flush()
        entries = [
            Entry(alice, today, "m", Spent(cost=Decimal("1.25"))),
            Entry(alice, today, "n", Spent(cost=Decimal("0.25"))),
            Entry(alice, today, "n", Spent(cost=Decimal(7)), by_own_key=True),
            Entry(alice, "2020-01-01", "m", Spent(cost=Decimal(100))),
            Entry(bob, today, "m", Spent(cost=Decimal(50))),
        ]
        await book(await session.connection(), entries)
    assert (await BudgetStore(database, Budgets()).standing(alice)).spent == Decimal("1.5")
