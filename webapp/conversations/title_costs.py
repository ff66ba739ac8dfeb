"""What titles cost: the same key pays for them as for answers, within the same limits, and they are in the ledger."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Final
from uuid import UUID

from webapp.accounts.budgets import Terms
from webapp.accounts.budgets_store import Budgets
from webapp.accounts.keys import Keys
from webapp.accounts.spending import Spent
from webapp.conversations.bills_store import BillStore, Call
from webapp.conversations.messages import PromptMessage
from webapp.conversations.meter import Meter, PricesOf
from webapp.conversations.quotes import TariffOf, quoted
from webapp.db.patience import outlast
from webapp.db.types import new_id
from webapp.services.errors import OpenRouterError
from webapp.services.events import Usage

RUN: Final = 1  # as of an answer that goes on: a title is not counted as another one


class TitleCall:
    """A call that writes a title. `key` is the own key that pays, "" for the installation's.

    Its caller notes in `usage` what the model has used, None where that isn't known.
    """

    def __init__(self, key: str) -> None:
        self.key = key
        self.usage: Usage | None = None


class TitleCosts:
    def __init__(
        self, budgets: Budgets, keys: Keys, bills: BillStore, prices_of: PricesOf, tariff_of: TariffOf
    ) -> None:
        self._budgets = budgets
        self._keys = keys
        self._bills = bills
        self._prices_of = prices_of
        self._tariff_of = tariff_of

    @asynccontextmanager
    async def paying(
        self, owner: UUID, model: str, prompt: Sequence[Mapping[str, str]], max_tokens: int
    ) -> AsyncIterator[TitleCall]:
        """Reserves what a call may cost, and puts into the ledger what it did: its prompt where nobody knows.

        Raises BudgetError where what is left of the month's money does not pay for it. A task that is cancelled books
        nothing: what it leaves is found as that of a process that died.
        """
        given = [PromptMessage(one["role"], one["content"]) for one in prompt]
        quote = quoted(self._tariff_of(model), model, given, {"max_tokens": max_tokens})
        call_id, meter = new_id(), Meter(self._prices_of(model), given)
        terms = await self._bills.reserve(self._budgets, owner, quote, call_id, RUN)
        call = TitleCall("" if terms.own_key is None else self._keys.open(owner, terms.own_key))
        try:
            yield call
        except OpenRouterError as error:
            spent = Spent(cost=meter.estimate(0) or Decimal(0)) if error.may_be_billed else Spent()
            await self._book(owner, call_id, model, spent, terms)
            raise
        except Exception:
            await self._book(owner, call_id, model, Spent(cost=meter.estimate(0) or Decimal(0)), terms)
            raise
        await self._book(owner, call_id, model, _spent(call.usage, meter), terms)

    async def _book(self, owner: UUID, call_id: UUID, model: str, spent: Spent, terms: Terms) -> None:
        """It is no answer, so it is not counted as one."""
        by_own_key, reserved = terms.own_key is not None, terms.hold.amount
        call = Call(call_id, owner, model, spent, 0, by_own_key, run=RUN, reserved=reserved)
        await outlast(partial(self._bills.book_call, call, datetime.now(UTC)))


def _spent(usage: Usage | None, meter: Meter) -> Spent:
    if usage is None:
        return Spent(cost=meter.estimate(0) or Decimal(0))
    cost = usage.cost
    if cost is None:
        cost = meter.of_tokens(usage.prompt_tokens, usage.completion_tokens) or Decimal(0)
    return Spent(usage.prompt_tokens, usage.completion_tokens, usage.reasoning_tokens, usage.cached_tokens, cost)
