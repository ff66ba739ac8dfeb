"""The streaming core's keeper for answers that are kept nowhere: of each only its cost is booked.

What was reserved for one is renewed while it grows, so that what a process leaves that died is known by its age.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Final
from uuid import UUID

from webapp.conversations.bills_store import BillStore
from webapp.conversations.replies_store import Checkpoint, Ending, Kept, Progress, call_of
from webapp.conversations.reservations_store import Renewal

NOTHING: Final = Kept(frozenset(), frozenset())
RENEWED_EVERY: Final = 5.0  # seconds; much less than the lease of a reservation


class Unkept:
    """Remembers how an answer ended until whoever follows it has taken that."""

    def __init__(self, bills: BillStore) -> None:
        self._bills = bills
        self._endings: dict[UUID, Ending | None] = {}
        self._progress: dict[UUID, Progress] = {}
        self._renewed_at = -inf

    def expect(self, answer_id: UUID) -> None:
        """Says that somebody is going to take this answer's ending. What nobody expects is not remembered."""
        self._endings[answer_id] = None

    def take(self, answer_id: UUID) -> Ending | None:
        """How the answer ended; None if it has not. It is forgotten by that."""
        return self._endings.pop(answer_id, None)

    # For the streaming core

    async def checkpoint(self, changed: Iterable[Progress], live: Mapping[UUID, int]) -> Kept:
        """Renews what was reserved for answers: that of new ones at once, and of all every RENEWED_EVERY."""
        changes = {one.id: one for one in changed}
        is_due = monotonic() - self._renewed_at >= RENEWED_EVERY
        has_new = not changes.keys() <= self._progress.keys()
        self._progress = {key: one for key, one in (self._progress | changes).items() if key in live}
        if is_due or has_new:
            await self._bills.renew([_renewal(one) for one in self._progress.values()])
            self._renewed_at = monotonic()
        return NOTHING

    async def end(self, ending: Ending, now: datetime) -> bool:
        """Nobody waits for the ledger: while the database is away, the booking is tried again."""
        if ending.payer is not None:
            await self._bills.book_call_soon(call_of(ending, ending.payer, by_own_key=ending.by_own_key), now)
        if ending.progress.id in self._endings:
            self._endings[ending.progress.id] = ending
        return True

    async def request_stop(self, owner: UUID, message_id: UUID) -> bool:
        return message_id in self._endings

    async def read(self, message_ids: Iterable[UUID], silent_after: timedelta) -> dict[UUID, Checkpoint]:
        return {}

    async def reap(self, silent_after: timedelta) -> int:
        return 0


def _renewal(one: Progress) -> Renewal:
    return Renewal(one.id, one.run, one.generation_id, one.running_cost)
