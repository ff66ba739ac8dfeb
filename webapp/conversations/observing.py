"""What the streaming core tells of itself to whoever counts: a call for each answer that ended and each checkpoint."""

from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from webapp.accounts.spending import Spent
from webapp.conversations.messages import Receipt, Status


class Ended(Struct, frozen=True):
    """How one answer grew, from its beginning or from where it was continued.

    `error_code` is "" where nothing went wrong; `first_token` is in seconds, and None where nothing came.
    """

    model: str
    status: Status
    error_code: str
    first_token: float | None
    retries: int
    spent: Spent


class Observer(Protocol):
    """Is called in the event loop, returns at once, and raises nothing."""

    def reply_ended(self, ended: Ended) -> None: ...

    def checkpoint_kept(self, seconds: float) -> None: ...


class Nobody:
    """Does not count."""

    def reply_ended(self, ended: Ended) -> None:
        pass

    def checkpoint_kept(self, seconds: float) -> None:
        pass


def spent_between(before: Receipt, after: Receipt) -> Spent:
    """What was spent while a receipt grew from one to the other: a continued answer adds to what it had."""
    return Spent(
        (after.prompt_tokens or 0) - (before.prompt_tokens or 0),
        (after.completion_tokens or 0) - (before.completion_tokens or 0),
        (after.reasoning_tokens or 0) - (before.reasoning_tokens or 0),
        (after.cached_tokens or 0) - (before.cached_tokens or 0),
        (after.cost or Decimal(0)) - (before.cost or Decimal(0)),
    )
