"""Money held back for calls under way: reserved in the transaction that begins one, released in that of its end."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

from webapp.accounts.budgets import Terms
from webapp.db.clock import moment
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import Reservation as ReservationRow

# Of an answer whose message has a heartbeat, which shows a death before. Longer than any answer grows.
ANSWER_LEASE: Final = timedelta(hours=2)
LEASE: Final = timedelta(seconds=30)  # of a call without a message, which its process renews

SHORT_LEASE: Final = timedelta(minutes=2)  # of a call that takes less than that


class Renewal(NamedTuple):
    """A call that goes on: by what name OpenRouter knows it, and what it is taken to have cost."""

    message_id: UUID
    run: int
    generation_id: str
    running_cost: Decimal | None


class Expired(NamedTuple):
    """A reservation that nobody renews any more. `has_message`: its call ends with that, and is booked there."""

    message_id: UUID
    run: int
    user_id: UUID
    model: str
    generation_id: str
    running_cost: Decimal
    amount: Decimal
    has_message: bool


def reserve(
    session: AsyncSession,
    owner: UUID,
    message_id: UUID,
    run: int,
    model: str,
    terms: Terms,
    *,
    lease: timedelta = ANSWER_LEASE,
    running_cost: Decimal = Decimal(0),
) -> None:
    """Reserves what `terms` hold for a call, if anything.

    The session writes under the owner's key, and the terms were made within it: so nobody reserves in between.
    `running_cost` is what the call is taken to have cost if its process dies at once.
    """
    if terms.hold.amount:
        session.add(
            ReservationRow(
                message_id=message_id,
                run=run,
                user_id=owner,
                model=model,
                amount=terms.hold.amount,
                running_cost=running_cost,
                expires_at=moment(ago=-lease),
            )
        )


async def release(connection: AsyncConnection, message_id: UUID, run: int) -> bool:
    """Releases what was reserved for a call. False if it was released before, for a process that seemed dead."""
    found = await connection.execute(_RELEASE, {"key": message_id, "in_run": run})
    return found.first() is not None


async def release_all(connection: AsyncConnection, message_ids: Sequence[UUID]) -> Mapping[UUID, Decimal]:
    """Releases what was reserved for messages, and returns how much that was."""
    rows = await connection.execute(_RELEASE_ALL, {"keys": message_ids})
    return {row.message_id: row.amount for row in rows}


async def renew(connection: AsyncConnection, renewals: Sequence[Renewal]) -> None:
    """Says that the processes of calls live, and what these are taken to have cost."""
    rows = [
        {"key": one.message_id, "in_run": one.run, "generation": one.generation_id, "costs": one.running_cost or 0}
        for one in sorted(renewals)  # two that renew at once take turns at rows in one order
    ]
    await connection.execute(_RENEW, rows)


async def take_expired(connection: AsyncConnection) -> list[Expired]:
    """Releases what was reserved for calls whose processes have died."""
    return [Expired._make(row) for row in await connection.execute(_TAKE_EXPIRED)]


_TABLE: Final[Any] = ReservationRow.__table__
_IS_CALL: Final = (_TABLE.c.message_id == bindparam("key"), _TABLE.c.run == bindparam("in_run"))
_RELEASE: Final = delete(_TABLE).where(*_IS_CALL).returning(_TABLE.c.id)
_RELEASE_ALL: Final = (
    delete(_TABLE)
    .where(_TABLE.c.message_id.in_(bindparam("keys", expanding=True)))
    .returning(_TABLE.c.message_id, _TABLE.c.amount)
)
_RENEW: Final = (
    update(_TABLE)
    .where(*_IS_CALL)
    .values(generation_id=bindparam("generation"), running_cost=bindparam("costs"), expires_at=moment(ago=-LEASE))
)
_HAS_MESSAGE: Final = select(MessageRow.id).where(MessageRow.id == _TABLE.c.message_id).exists()
_TAKE_EXPIRED: Final = (
    delete(_TABLE)
    .where(_TABLE.c.expires_at <= moment())
    .returning(*(_TABLE.c[name] for name in Expired._fields[:-1]), _HAS_MESSAGE)
)
