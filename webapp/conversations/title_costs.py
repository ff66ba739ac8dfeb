"""What titles cost: the same key pays for them as for answers, within the same limits, and they are in the ledger."""

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from webapp.accounts.budgets_store import BudgetStore
from webapp.accounts.keys import Keys
from webapp.accounts.spending import Entry, Spent, day_of
from webapp.conversations.bills_store import BillStore
from webapp.conversations.meter import Meter, PricesOf
from webapp.services.events import Usage


class TitleCosts:
    def __init__(self, budgets: BudgetStore, keys: Keys, bills: BillStore, prices_of: PricesOf) -> None:
        self._budgets = budgets
        self._keys = keys
        self._bills = bills
        self._prices_of = prices_of

    async def key(self, owner: UUID) -> str:
        """The own key that pays; "" for the installation's. Raises BudgetError at the hard limit of that."""
        standing = await self._budgets.standing(owner)
        standing.check(datetime.now(UTC))
        return "" if standing.own_key is None else self._keys.open(owner, standing.own_key)

    async def book(self, owner: UUID, model: str, usage: Usage, *, by_own_key: bool) -> None:
        """Puts a title into the ledger. It is no answer, so it is not counted as one."""
        cost = usage.cost
        if cost is None:
            cost = Meter(self._prices_of(model)).of_tokens(usage.prompt_tokens, usage.completion_tokens) or Decimal(0)
        spent = Spent(
            usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, usage.cached_tokens, Decimal(cost)
        )
        entry = Entry(owner, day_of(datetime.now(UTC)), model, spent, by_own_key=by_own_key)
        await self._bills.book(entry)
