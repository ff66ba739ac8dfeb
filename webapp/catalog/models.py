"""Models that OpenRouter offers, as values."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import msgspec
from msgspec import Struct

from webapp.rendering.safety import unturned

_MAX_PRICE = Decimal(1_000)  # dollars per token; above it somebody has made a mistake
_MAX_LENGTH = 2**31 - 1  # what a database can keep


MAX_NAME: Final = 200
MAX_DESCRIPTION: Final = 5_000


class Model(Struct, frozen=True):
    """A model. Prices are US dollars per token; None where OpenRouter does not say or the price varies.

    `canonical_slug` is the dated name by which an answer says who gave it; "" if it is the id. `request_price` is for
    each call, a search of the web included. The highest prices are those of long prompts, of pictures and of thoughts
    where these cost more than usual. `longest_answer` is in tokens.
    """

    id: str
    name: str
    canonical_slug: str = ""
    description: str = ""
    context_length: int | None = None
    prompt_price: Decimal | None = None
    completion_price: Decimal | None = None
    longest_answer: int | None = None
    request_price: Decimal | None = None
    highest_prompt_price: Decimal | None = None
    highest_completion_price: Decimal | None = None
    input_modalities: tuple[str, ...] = ()
    output_modalities: tuple[str, ...] = ()
    supported_parameters: tuple[str, ...] = ()

    @property
    def maker(self) -> str:
        """Whose model it is: the part of its name before the colon, or of its id before the slash."""
        name, colon, _ = self.name.partition(": ")
        return name if colon else self.id.partition("/")[0]

    @property
    def short_name(self) -> str:
        return self.name.partition(": ")[2] or self.name

    @property
    def price(self) -> str:
        """What a million tokens cost, in and out: "$3 / $15"; "free"; "" where it is not known."""
        if self.prompt_price is None or self.completion_price is None:
            return ""
        if not self.prompt_price and not self.completion_price:
            return "free"
        return f"{_per_million(self.prompt_price)} / {_per_million(self.completion_price)}"


class _Architecture(Struct):
    input_modalities: tuple[str, ...] | None = None
    output_modalities: tuple[str, ...] | None = None


class _Override(Struct):
    """Prices of long prompts."""

    prompt: Any = None
    completion: Any = None


class _Pricing(Struct):
    prompt: str | float | None = None
    completion: str | float | None = None
    request: Any = None
    web_search: Any = None
    image_output: Any = None
    internal_reasoning: Any = None
    overrides: Any = None


class _TopProvider(Struct):
    max_completion_tokens: Any = None


class _Listed(Struct):
    """An entry of OpenRouter's list, as far as we read it; every other field is left out."""

    id: str
    canonical_slug: str | None = None
    name: str | None = None
    description: str | None = None
    context_length: int | None = None
    architecture: _Architecture | None = None
    pricing: _Pricing | None = None
    top_provider: Any = None
    supported_parameters: tuple[str, ...] | None = None


def read_model(entry: Mapping[str, Any]) -> Model | None:
    """A model of an entry of OpenRouter's list; None for one that cannot be read."""
    try:
        listed = msgspec.convert(entry, _Listed, strict=False)
    except msgspec.ValidationError:
        return None
    if not 0 < len(listed.id) <= MAX_NAME or not listed.id.isprintable():
        return None
    architecture, pricing = listed.architecture or _Architecture(), listed.pricing or _Pricing()
    length = listed.context_length or 0
    return Model(
        id=listed.id,
        name=_text(listed.name or listed.id, MAX_NAME),
        canonical_slug=_text(listed.canonical_slug or "", MAX_NAME),
        description=_text(listed.description or "", MAX_DESCRIPTION),
        context_length=length if 0 < length <= _MAX_LENGTH else None,
        prompt_price=_price(pricing.prompt),
        completion_price=_price(pricing.completion),
        longest_answer=_longest_answer(listed.top_provider),
        request_price=_sum(pricing.request, pricing.web_search),
        highest_prompt_price=_highest(pricing.prompt, *(one.prompt for one in _overrides(pricing))),
        highest_completion_price=_highest(
            pricing.completion,
            pricing.image_output,
            pricing.internal_reasoning,
            *(one.completion for one in _overrides(pricing)),
        ),
        input_modalities=architecture.input_modalities or (),
        output_modalities=architecture.output_modalities or (),
        supported_parameters=listed.supported_parameters or (),
    )


def _text(text: str, limit: int) -> str:
    """`text` as every database can keep it, so that one entry spoils no list."""
    return unturned(text[:limit]).replace("\x00", " ")


def _price(said: object) -> Decimal | None:
    """Dollars per token. Routers list "-1": the price varies, which is not known and not free."""
    try:
        price = Decimal("-1" if said in (None, "") else str(said))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 <= price <= _MAX_PRICE else None


def _prices(said: Iterable[object]) -> list[Decimal]:
    return [price for one in said if (price := _price(one)) is not None]


def _highest(usual: object, *others: object) -> Decimal | None:
    """None where it is the usual price, or that is not known."""
    base = _price(usual)
    highest = max(_prices(others), default=Decimal(0))
    return highest if base is not None and highest > base else None


def _sum(*said: object) -> Decimal | None:
    return sum(_prices(said), Decimal(0)) or None


def _overrides(pricing: _Pricing) -> list[_Override]:
    """Prices of long prompts, as far as they can be read."""
    try:
        return msgspec.convert(pricing.overrides or [], list[_Override], strict=False)
    except msgspec.ValidationError:
        return []


def _longest_answer(provider: object) -> int | None:
    try:
        longest = msgspec.convert(provider or {}, _TopProvider).max_completion_tokens
    except msgspec.ValidationError:
        return None
    return longest if isinstance(longest, int) and 0 < longest <= _MAX_LENGTH else None


def _per_million(price: Decimal) -> str:
    """In dollars and cents, or with as many digits as it takes to be more than nothing."""
    amount = price * 1_000_000
    amount = round(amount, max(2, -amount.adjusted()))
    return f"${amount.normalize():f}" if amount == amount.to_integral_value() else f"${amount:f}"
