"""Tokens and cost of an answer, read of a chunk. Pure. An odd number costs no more than itself."""

from decimal import Decimal
from typing import Any, Final

from msgspec import Raw, Struct
from msgspec.json import Decoder

from webapp.services.chunks import ABSENT, Chunk, part_of
from webapp.services.events import Usage

MAX_COST: Final = 100_000  # US dollars for one answer: above it, it was not said


class _PromptDetails(Struct):
    cached_tokens: int | None = None


class _CompletionDetails(Struct):
    reasoning_tokens: int | None = None


class _CostDetails(Struct):
    upstream_inference_cost: Decimal | None = None


class _Usage(Struct):
    prompt_tokens: Raw = ABSENT
    completion_tokens: Raw = ABSENT
    cost: Raw = ABSENT
    is_byok: Any = None
    prompt_tokens_details: Raw = ABSENT
    completion_tokens_details: Raw = ABSENT
    cost_details: Raw = ABSENT


class _Groq(Struct, gc=False):
    usage: Raw = ABSENT


_USAGE: Final = Decoder(_Usage, strict=False)
_NUMBER: Final = Decoder(int, strict=False)
_COST: Final = Decoder(Decimal, strict=False)
_PROMPT_DETAILS: Final = Decoder(_PromptDetails, strict=False)
_COMPLETION_DETAILS: Final = Decoder(_CompletionDetails, strict=False)
_COST_DETAILS: Final = Decoder(_CostDetails, strict=False)
_GROQ: Final = Decoder(_Groq)


def usage_of(chunk: Chunk) -> Usage | None:
    """Tokens and cost, where a chunk has them: on its top, in a choice, or in Groq's own part."""
    choice = chunk.choices[0] if chunk.choices else None
    groq = part_of(chunk.x_groq, _GROQ) if chunk.x_groq else None
    for raw in (chunk.usage, choice.usage if choice else ABSENT, groq.usage if groq else ABSENT):
        if raw and (found := _usage(raw)):
            return found
    return None


def _usage(raw: Raw) -> Usage | None:
    """The same in one part."""
    part = part_of(raw, _USAGE)
    if part is None:
        return None
    prompt = part_of(part.prompt_tokens_details, _PROMPT_DETAILS)
    completion = part_of(part.completion_tokens_details, _COMPLETION_DETAILS)
    return Usage(
        prompt_tokens=_count(part_of(part.prompt_tokens, _NUMBER)),
        completion_tokens=_count(part_of(part.completion_tokens, _NUMBER)),
        reasoning_tokens=_count(completion.reasoning_tokens if completion else None),
        cached_tokens=_count(prompt.cached_tokens if prompt else None),
        cost=_cost(part),
    )


def _count(number: int | None) -> int:
    """A number of tokens; 0 for one that cannot be."""
    return number if number is not None and 0 < number < 2**31 else 0


def _cost(part: _Usage) -> Decimal | None:
    """The whole cost. With a provider's key of one's own that is OpenRouter's fee and the provider's bill."""
    details = part_of(part.cost_details, _COST_DETAILS) if part.is_byok is True else None
    bill = details.upstream_inference_cost if details else None
    said = (part_of(part.cost, _COST), bill)
    costs = [cost for cost in said if cost is not None and cost.is_finite() and 0 <= cost < MAX_COST]
    return sum(costs, Decimal(0)) if costs else None
