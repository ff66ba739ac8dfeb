"""Titles are paid for as answers are: within the limits, and in the ledger."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.fakes.database import open_database
from tests.fakes.scene import SECRET
from webapp.accounts.budgets import BudgetError, Limits
from webapp.accounts.budgets_store import Budgets, BudgetStore
from webapp.accounts.keys import Keys
from webapp.accounts.keys_store import KeyStore
from webapp.accounts.store import Users
from webapp.conversations import bills_store
from webapp.conversations.bills_store import BillStore
from webapp.conversations.meter import Prices
from webapp.conversations.quotes import Tariff
from webapp.conversations.replies_store import ReplyStore
from webapp.conversations.title_costs import TitleCall, TitleCosts
from webapp.db.address import Address
from webapp.services.errors import Code, OpenRouterError
from webapp.services.events import Usage

MODEL = "cheap/one"
PRICES = Prices(Decimal("0.001"), Decimal("0.002"))


ORDER = [{"role": "user", "content": "Write a title"}]  # 13 letters, which are four tokens, and nine at most
NOTHING = Decimal(0)
TITLE = Decimal("0.209")  # the most that one of a hundred tokens costs


class Purse(NamedTuple):
    """What Alice has for a month, which is a little more than what two titles can cost."""

    costs: TitleCosts
    budgets: BudgetStore
    store: ReplyStore
    owner: UUID

    def paying(self) -> AbstractAsyncContextManager[TitleCall]:
        return self.costs.paying(self.owner, MODEL, ORDER, 100)

    async def standing(self) -> tuple[Decimal, Decimal]:
        """What is spent, and what is held."""
        standing = await self.budgets.standing(self.owner)
        return standing.spent, standing.held


@pytest.fixture
async def purse(address: Address) -> AsyncIterator[Purse]:
    async with open_database(address) as database:
        owner = (await Users(database).local()).id
        budgets, keys = Budgets(Limits(hard=Decimal("0.42"))), Keys(SECRET)
        costs = TitleCosts(budgets, keys, BillStore(database), lambda _: PRICES, lambda _: Tariff(*PRICES))
        yield Purse(costs, BudgetStore(database, budgets), ReplyStore(database), owner)


async def test_what_a_title_may_cost_is_held_until_it_has_told_what_it_did(purse: Purse) -> None:
    async with purse.paying() as call:
        assert (call.key, await purse.standing()) == ("", (NOTHING, TITLE))
        call.usage = Usage(10, 5, cost=Decimal("0.05"))
    assert await purse.standing() == (Decimal("0.05"), NOTHING)


async def test_no_title_is_written_that_can_not_be_paid_for(purse: Purse) -> None:
    async with purse.paying(), purse.paying():
        with pytest.raises(BudgetError, match=r"Wait for one of them to end"):
            async with purse.paying():
                pass


async def test_where_no_cost_was_told_the_catalogue_s_prices_are_taken(purse: Purse) -> None:
    async with purse.paying() as call:
        call.usage = Usage(10, 5)
    assert await purse.standing() == (Decimal("0.02"), NOTHING)


@pytest.mark.parametrize(
    ("error", "spent"), [("overloaded", "0"), ("no_credit", "0"), ("timeout", "0.004"), ("cut", "0.004")]
)
async def test_a_title_that_may_have_been_written_costs_its_prompt(purse: Purse, error: Code, spent: str) -> None:
    with pytest.raises(OpenRouterError):
        async with purse.paying():
            raise OpenRouterError(error)
    assert await purse.standing() == (Decimal(spent), NOTHING)


async def test_a_title_that_took_too_long_costs_its_prompt(purse: Purse) -> None:
    with pytest.raises(TimeoutError):
        async with purse.paying():
            raise TimeoutError
    assert await purse.standing() == (Decimal("0.004"), NOTHING)


async def test_what_a_process_left_that_died_is_booked_when_it_has_expired(
    purse: Purse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bills_store, "SHORT_LEASE", timedelta(0))
    with pytest.raises(asyncio.CancelledError):
        async with purse.paying():
            raise asyncio.CancelledError
    assert await purse.standing() == (NOTHING, TITLE)
    assert await purse.store.reap(timedelta(hours=1)) == 0
    assert await purse.standing() == (Decimal("0.009"), NOTHING)


async def test_what_an_own_key_pays_counts_for_no_limit(purse: Purse) -> None:
    await KeyStore(purse.costs._bills._database, Keys(SECRET)).keep(purse.owner, "sk-or-v1-own")
    async with purse.paying() as call:
        assert (call.key, await purse.standing()) == ("sk-or-v1-own", (NOTHING, NOTHING))
        call.usage = Usage(10, 5, cost=Decimal(1))
    assert await purse.standing() == (NOTHING, NOTHING)
    assert (await purse.budgets.standing(purse.owner)).own_spent == 1
