"""What OpenRouter's smaller endpoints tell about the key, its credit and a past answer. Pure: bytes in, values out.

Sums are US dollars. Fields that are not named here are ignored; null means not said.
"""

from decimal import Decimal
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from webapp.services.chunks import check_parts

T = TypeVar("T")


class KeyInfo(Struct, frozen=True):
    """The API key in use. ``limit`` and ``limit_remaining`` are None where the key has no limit of its own."""

    label: str | None = None
    limit: Decimal | None = None
    limit_remaining: Decimal | None = None
    usage: Decimal | None = None
    usage_daily: Decimal | None = None
    usage_monthly: Decimal | None = None
    is_free_tier: bool | None = None
    expires_at: str | None = None


class Credits(Struct, frozen=True):
    """What was bought and what was used, ever."""

    total_credits: Decimal
    total_usage: Decimal

    @property
    def remaining(self) -> Decimal:
        """What is left; below zero for debts."""
        return self.total_credits - self.total_usage


class Generation(Struct, frozen=True):
    """A past answer, as it was billed."""

    id: str
    model: str | None = None
    provider_name: str | None = None
    total_cost: Decimal | None = None
    native_tokens_prompt: int | None = None
    native_tokens_completion: int | None = None
    native_tokens_reasoning: int | None = None
    native_tokens_cached: int | None = None
    finish_reason: str | None = None
    cancelled: bool | None = None


class _Envelope(Struct, Generic[T]):
    data: T


def read_models(body: bytes) -> list[dict[str, Any]]:
    """The entries of a list of models, in the shapes of many servers. What is no entry is left out.

    The list stands in ``data`` or ``models``, where null is an empty one, or is the whole; an entry may be a mere id.
    Raises ValueError where there is no list, nothing in it is an entry, or it has far too many parts.
    """
    check_parts(body)
    value = msgspec.json.decode(body)
    if isinstance(value, dict) and ("data" in value or "models" in value):
        value = value.get("data") or value.get("models") or []
    if not isinstance(value, list):
        raise ValueError("there is no list in it")
    entries = [{"id": entry} if isinstance(entry, str) else entry for entry in value]
    models = [entry for entry in entries if isinstance(entry, dict)]
    if entries and not models:
        raise ValueError("no entry is a model")
    return models


def read(body: bytes, kind: type[T]) -> T:
    """What stands in the ``data`` of a response. Raises ValueError where that is no ``kind``."""
    envelope: Any = _Envelope[kind]  # type: ignore[valid-type]  # known at run time alone
    data: T = msgspec.json.decode(body, type=envelope, strict=False).data
    return data
