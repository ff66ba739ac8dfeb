"""What an answer is taken to cost while it grows: by its length and the catalogue's prices, until OpenRouter tells."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from webapp.conversations.messages import PromptMessage

CHARACTERS_PER_TOKEN: Final = 4  # of English text


class Prices(NamedTuple):
    """US dollars per token, read and written, and for each call."""

    prompt: Decimal
    completion: Decimal
    request: Decimal = Decimal(0)


PricesOf = Callable[[str], Prices | None]


def without_prices(_model: str) -> Prices | None:
    """Of a catalogue that says nothing."""
    return None


class Meter:
    """The estimate of one call. Thoughts count as text does, as they are billed so."""

    def __init__(self, prices: Prices | None, prompt: Sequence[PromptMessage] = ()) -> None:
        """Without `prices` nothing is known of the cost."""
        self._prices = prices
        self._prompt_tokens = sum(_tokens(len(one.content)) for one in prompt)

    def estimate(self, characters: int) -> Decimal | None:
        """Of a call by which so many characters have come. Its prompt is read also where none came."""
        return self.of_tokens(self._prompt_tokens, _tokens(characters))

    def of_tokens(self, prompt: int, completion: int) -> Decimal | None:
        """Of a call whose tokens are known."""
        if self._prices is None:
            return None
        return prompt * self._prices.prompt + completion * self._prices.completion + self._prices.request


UNKNOWN: Final = Meter(None)


def _tokens(characters: int) -> int:
    return -(-characters // CHARACTERS_PER_TOKEN)
