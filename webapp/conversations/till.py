"""What growing answers have to do with money: their meters, the keys that pay, and the limits that end them."""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from msgspec.structs import replace

from webapp.accounts.budgets import Standing, ends
from webapp.accounts.budgets_store import BudgetStore
from webapp.accounts.keys import Keys
from webapp.catalog.catalog import Catalog
from webapp.conversations.messages import Beginning
from webapp.conversations.meter import Meter, Prices, PricesOf, without_prices
from webapp.conversations.reply import Reply


def nothing() -> None:
    pass


class Till:
    """Without `budgets` no limit is looked at. `left_open` is called when an answer has ended whose bill is open.

    `counts_growing`: the database does not know what its growing answers have cost so far, and it adds that itself.
    """

    def __init__(
        self,
        prices_of: PricesOf = without_prices,
        budgets: BudgetStore | None = None,
        keys: Keys | None = None,
        left_open: Callable[[], None] = nothing,
        *,
        counts_growing: bool = False,
    ) -> None:
        self._counts_growing = counts_growing
        self._prices_of = prices_of
        self._budgets = budgets
        self._keys = keys or Keys()
        self.left_open = left_open

    def meter(self, beginning: Beginning) -> Meter:
        return Meter(self._prices_of(beginning.model), beginning.prompt)

    def key(self, beginning: Beginning) -> str:
        """The own key that pays; "" for the installation's. Raises UnreadableKeyError."""
        sealed = beginning.terms.own_key
        return "" if sealed is None else self._keys.open(beginning.answer.owner_id, sealed)

    async def over_the_limit(self, live: Iterable[Reply]) -> dict[Reply, str]:
        """Growing answers whose owners have come to their hard limit, as the last checkpoints have it; and why."""
        limited = [reply for reply in live if reply.terms.is_limited]
        if self._budgets is None or not limited:
            return {}
        standings = await self._budgets.standings({reply.answer.owner_id for reply in limited})
        if self._counts_growing:
            standings = {owner: _with_growing(one, owner, limited) for owner, one in standings.items()}
        over = {reply: standings[reply.answer.owner_id] for reply in limited if reply.answer.owner_id in standings}
        return {reply: _sentence(one) for reply, one in over.items() if _is_over(reply, one)}


def prices_of(catalog: Catalog) -> PricesOf:
    """The catalogue's prices; of a variant that is not in it, those of its model."""

    def prices(model_id: str) -> Prices | None:
        model = catalog.find(model_id) or catalog.find(model_id.partition(":")[0])
        if model is None or model.prompt_price is None or model.completion_price is None:
            return None
        return Prices(model.prompt_price, model.completion_price, model.request_price or Decimal(0))

    return prices


def _is_over(reply: Reply, standing: Standing) -> bool:
    """Whether the money is spent; or where it is promised to others, whether the answer takes more than was held."""
    return standing.is_at_hard_limit or (standing.has_promised_too_much and _excess(reply) > 0)


def _with_growing(standing: Standing, owner: UUID, live: Iterable[Reply]) -> Standing:
    growing, held = standing.growing, standing.held
    for reply in live:
        if reply.answer.owner_id == owner:
            growing += reply.running_cost or Decimal(0)
            held += max(_excess(reply), Decimal(0))
    return replace(standing, growing=growing, held=held)


def _excess(reply: Reply) -> Decimal:
    """What the answer is taken to have cost beyond what was held for it."""
    return (reply.running_cost or Decimal(0)) - reply.terms.hold.amount


def _sentence(standing: Standing) -> str:
    return f"Stopped here, as this month's money is spent: {standing.words}. {ends(datetime.now(UTC))}"
