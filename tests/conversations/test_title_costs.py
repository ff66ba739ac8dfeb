"""Titles are paid for as answers are: within the limits, and in the ledger."""

from collections.abc import AsyncIterator
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.fakes.database import open_database
from webapp.accounts.budgets import BudgetError, Limits
from webapp.accounts.budgets_store import Budgets, BudgetStore
from webapp.accounts.keys import Keys
from webapp.accounts.store import Users
from webapp.conversations.bills_store import BillStore
from webapp.conversations.meter import Prices
from webapp.conversations.title_costs import TitleCosts
from webapp.db.address import Address
from webapp.services.events import Usage

MODEL = "cheap/one"
PRICES = Prices(Decimal("0.001"), Decimal("0.002"))


class Purse(NamedTuple):
    costs: TitleCosts
    budgets: BudgetStore
    owner: UUID

    async def spent(self) -> Decimal:
        return (await self.budgets.standing(self.owner)).spent


@pytest.fixture
async def purse(address: Address) -> AsyncIterator[Purse]:
    async with open_database(address) as database:
        owner = (await Users(database).local()).id
        budgets = BudgetStore(database, Budgets(Limits(hard=Decimal("0.05"))))
        costs = TitleCosts(budgets, Keys(), BillStore(database), lambda _: PRICES)
        yield Purse(costs, budgets, owner)


async def test_what_a_title_has_cost_counts_towards_the_limit(purse: Purse) -> None:
    assert await purse.costs.key(purse.owner) == ""
    await purse.costs.book(purse.owner, MODEL, Usage(10, 5, cost=Decimal("0.05")), by_own_key=False)
    assert await purse.spent() == Decimal("0.05")
    with pytest.raises(BudgetError):
        await purse.costs.key(purse.owner)


async def test_where_no_cost_was_told_the_catalogue_s_prices_are_taken(purse: Purse) -> None:
    await purse.costs.book(purse.owner, MODEL, Usage(10, 5), by_own_key=False)
    assert await purse.spent() == Decimal("0.02")


async def test_what_an_own_key_pays_counts_for_no_limit(purse: Purse) -> None:
    await purse.costs.book(purse.owner, MODEL, Usage(10, 5, cost=Decimal(1)), by_own_key=True)
    assert await purse.spent() == 0
    assert await purse.costs.key(purse.owner) == ""
