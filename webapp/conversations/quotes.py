"""What a call may cost at most, by its prompt, its options and the catalogue's prices. Pure.

The meter estimates what a call has cost; this is a bound of what it can come to. So a token is taken to be short here.
"""

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from webapp.accounts.budgets import COMFORTABLE, LEAST, LEAST_THOUGHT, USUAL, Quote
from webapp.catalog.catalog import Catalog
from webapp.catalog.models import Model
from webapp.conversations.messages import PromptMessage

BYTES_PER_TOKEN: Final = 3  # of UTF-8: English has four or more, code, figures and other scripts have fewer
TOKENS_PER_MESSAGE: Final = 4  # around each message, for whose it is
SEARCH: Final = Decimal("0.02")  # of the web, which the variant `:online` of any model makes


class Tariff(Struct, frozen=True):
    """What a model's calls cost at most: for each, and for each token read and written; None where nobody knows.

    `context` is how many tokens it reads and writes together, `longest` how many of these it writes; 0 if unknown.
    """

    prompt: Decimal | None = None
    completion: Decimal | None = None
    request: Decimal = Decimal(0)
    context: int = 0
    longest: int = 0


TariffOf = Callable[[str], Tariff | None]


def without_tariffs(_model: str) -> Tariff | None:
    """Of a catalogue that says nothing of prices."""
    return None


def tariffs_of(catalog: Catalog) -> TariffOf:
    """The catalogue's; of a variant that is not in it, its model's. None where it tells no price of any model."""

    def tariff(model_id: str) -> Tariff | None:
        if not catalog.has_prices:
            return None
        name, _, variant = model_id.partition(":")
        model = catalog.find(model_id) or catalog.find(name)
        return Tariff() if model is None else _tariff(model, SEARCH if variant == "online" else Decimal(0))

    return tariff


def quoted(
    tariff: Tariff | None, model: str, prompt: Sequence[PromptMessage], options: Mapping[str, Any]
) -> Quote | None:
    """What a call with these options may cost. None where nothing has a price."""
    if tariff is None:
        return None
    if tariff.prompt is None or tariff.completion is None:
        return Quote(model, is_priced=False)
    tokens = sum(TOKENS_PER_MESSAGE - (-len(one.content.encode()) // BYTES_PER_TOKEN) for one in prompt)
    asked = options.get("max_tokens")
    return Quote(
        model,
        tokens * tariff.prompt + tariff.request,
        tariff.completion,
        asked if isinstance(asked, int) else None,
        _longest(tariff, tokens),
        LEAST_THOUGHT if options.get("reasoning") else LEAST,
    )


def _tariff(model: Model, search: Decimal) -> Tariff:
    return Tariff(
        model.highest_prompt_price or model.prompt_price,
        model.highest_completion_price or model.completion_price,
        (model.request_price or Decimal(0)) + search,
        model.context_length or 0,
        model.longest_answer or 0,
    )


def _longest(tariff: Tariff, prompt: int) -> int:
    """How many tokens the model can write below such a prompt, whose length is only estimated."""
    if not tariff.context:
        return tariff.longest or USUAL
    room = max(tariff.context - prompt, COMFORTABLE)
    return min(tariff.longest or room, room)
