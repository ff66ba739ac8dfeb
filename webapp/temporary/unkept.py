"""The streaming core's keeper for answers that are kept nowhere: of each only its cost is booked."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

from webapp.conversations.bills_store import BillStore
from webapp.conversations.replies_store import Checkpoint, Ending, Kept, Progress, call_of

NOTHING = Kept(frozenset(), frozenset())


class Unkept:
    """Remembers how an answer ended until whoever follows it has taken that."""

    def __init__(self, bills: BillStore) -> None:
        self._bills = bills
        self._endings: dict[UUID, Ending | None] = {}

    def expect(self, answer_id: UUID) -> None:
        """Says that somebody is going to take this answer's ending. What nobody expects is not remembered."""
        self._endings[answer_id] = None

    def take(self, answer_id: UUID) -> Ending | None:
        """How the answer ended; None if it has not. It is forgotten by that."""
        return self._endings.pop(answer_id, None)

    # For the streaming core

    async def checkpoint(self, changed: Iterable[Progress], live: Mapping[UUID, int]) -> Kept:
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
