"""What answers have cost, on its way into the ledger; and bills that are open until OpenRouter is asked for them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final, NamedTuple
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Update, bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from webapp.accounts.budgets import Quote, Terms
from webapp.accounts.budgets_store import Budgets
from webapp.accounts.ledger_store import book
from webapp.accounts.spending import Entry, Spent, day_of
from webapp.conversations.reservations_store import SHORT_LEASE, Renewal, release, renew, reserve
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import OpenBill as BillRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id

BOOKING_PATIENCE: Final = 2.0  # seconds


class OpenBill(Struct, frozen=True):
    """A call whose cost OpenRouter has not told. `has_tokens`: it has told how many those were."""

    generation_id: str
    estimate: Decimal
    has_tokens: bool = False


class Call(Struct, frozen=True):
    """A call that has ended, and what is known of its cost. `answers`: whether it is to count as another answer.

    What was `reserved` for it, in its message's `run`, stays held as long as its bill is open.
    """

    message_id: UUID
    payer: UUID
    model: str
    spent: Spent
    answers: int
    by_own_key: bool = False
    open_bill: OpenBill | None = None
    run: int = 0
    reserved: Decimal = Decimal(0)


class Reaped(NamedTuple):
    """An answer whose process has died, as the database has it."""

    id: UUID
    owner_id: UUID
    model: str
    generation_id: str
    running_cost: Decimal | None
    by_own_key: bool
    run: int

    def call(self, reserved: Decimal) -> Call:
        """What to book for it, for which so much was reserved."""
        cost = self.running_cost or Decimal(0)
        bill = OpenBill(self.generation_id, cost) if self.generation_id or cost else None
        is_first = int(self.run == 0)
        return Call(self.id, self.owner_id, self.model, Spent(), is_first, self.by_own_key, bill, self.run, reserved)


async def book_calls(connection: AsyncConnection, calls: Sequence[Call], now: datetime) -> None:
    """Puts into the ledger what is known of the calls' cost, and estimates for the rest, whose bills stay open."""
    day = day_of(now)
    await book(connection, [_entry(call, day) for call in calls])
    bills = [_bill(call, call.open_bill, day) for call in calls if call.open_bill is not None]
    if bills:
        await connection.execute(_ADD, bills)


async def take_back(connection: AsyncConnection, message_id: UUID) -> Decimal:
    """Closes the open bills of a message, which its writer knows better; returns what the ledger has for them."""
    bills = await connection.execute(
        delete(BillRow).where(BillRow.message_id == message_id).returning(BillRow.estimate)
    )
    return sum(bills.scalars(), Decimal(0))


def _entry(call: Call, day: str) -> Entry:
    spent = call.spent
    if call.open_bill is not None:
        spent = replace(spent, cost=spent.cost + call.open_bill.estimate)
    return Entry(call.payer, day, call.model, spent, call.answers, call.by_own_key)


def _bill(call: Call, bill: OpenBill, day: str) -> dict[str, object]:
    return {
        "key": new_id(),
        "user": call.payer,
        "message": call.message_id,
        "generation": bill.generation_id,
        "of_day": day,
        "of_model": call.model,
        "taken": bill.estimate,
        "rest": _rest(call, bill),
        "tokens": bill.has_tokens,
        "own": call.by_own_key,
    }


def _rest(call: Call, bill: OpenBill) -> Decimal:
    """What stays held until OpenRouter tells: nothing where it can't be asked, or hardly anything is left to tell."""
    is_open = bill.generation_id and bill.estimate and not bill.has_tokens
    return max(call.reserved - bill.estimate, Decimal(0)) if is_open else Decimal(0)


_ADD: Final = insert(BillRow).values(
    id=bindparam("key"),
    user_id=bindparam("user"),
    message_id=bindparam("message"),
    generation_id=bindparam("generation"),
    day=bindparam("of_day"),
    model=bindparam("of_model"),
    estimate=bindparam("taken"),
    held=bindparam("rest"),
    has_tokens=bindparam("tokens"),
    by_own_key=bindparam("own"),
    tries=0,
    due_at=moment(),
)


class DueBill(Struct, frozen=True):
    """A bill that is to be asked for now. `own_key` is its payer's, encrypted, where that is to be used for it."""

    id: UUID
    user_id: UUID
    generation_id: str
    tries: int
    by_own_key: bool
    own_key: bytes | None


class BillStore:
    """Open bills, for whoever asks OpenRouter for them: of all users, by id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def reserve(self, budgets: Budgets, owner: UUID, quote: Quote | None, call_id: UUID, run: int) -> Terms:
        """On what terms a short call without a message is made, with what it may cost reserved. Raises BudgetError."""
        async with self._database.write(owner) as session:
            standing = await budgets.of(session, owner)
            terms = standing.terms(standing.hold(quote, datetime.now(UTC)))
            if quote is not None:
                reserve(session, owner, call_id, run, quote.model, terms, lease=SHORT_LEASE, running_cost=quote.prompt)
            return terms

    async def renew(self, renewals: Sequence[Renewal]) -> None:
        """Says that calls without a message go on."""
        async with self._database.write() as session:
            await renew(await session.connection(), renewals)

    async def book_call(self, call: Call, now: datetime) -> None:
        """Puts a call into the ledger whose message is kept nowhere, in place of what was reserved for it.

        Its bill may stay open.
        """
        async with self._database.write(call.payer) as session:
            connection = await session.connection()
            if call.reserved and not await release(connection, call.message_id, call.run):
                taken = await take_back(connection, call.message_id)  # it was taken for dead, and booked
                call = replace(call, answers=0, spent=replace(call.spent, cost=call.spent.cost - taken))
            await book_calls(connection, [call], now)

    async def book_call_soon(self, call: Call, now: datetime) -> None:
        """The same, in the background if it can't be done within BOOKING_PATIENCE."""
        booking = partial(self.book_call, call, now)
        await self._database.background.do(("call", call.message_id), booking, patience=BOOKING_PATIENCE)

    async def claim(self, lease: timedelta, limit: int = 20) -> list[DueBill]:
        """Bills that are due. Nobody else gets them before the `lease` is over."""
        due = (
            select(BillRow.id)
            .where(BillRow.due_at <= moment())
            .order_by(BillRow.due_at)
            .limit(limit)
            .with_for_update(skip_locked=True)
        )
        key = select(UserRow.openrouter_key).where(UserRow.id == BillRow.user_id).scalar_subquery()
        columns = (BillRow.id, BillRow.user_id, BillRow.generation_id, BillRow.tries, BillRow.by_own_key)
        claim = update(BillRow).where(BillRow.id.in_(due)).values(due_at=moment(ago=-lease), tries=BillRow.tries + 1)
        async with self._database.write() as session:
            connection = await session.connection()
            return [DueBill(*row) for row in await connection.execute(claim.returning(*columns, key))]

    async def put_off(self, bill: UUID, delay: timedelta, *, releases: bool = False) -> None:
        """Lets it be asked for again after a while; `releases` what was held for it."""
        change = update(BillRow).where(BillRow.id == bill).values(due_at=moment(ago=-delay))
        async with self._database.write() as session:
            connection = await session.connection()
            await connection.execute(change.values(held=Decimal(0)) if releases else change)

    async def give_up(self, bill: UUID) -> None:
        """Lets the estimate stand."""
        async with self._database.write() as session:
            await session.execute(delete(BillRow).where(BillRow.id == bill))

    async def settle(self, bill: UUID, told: Spent) -> None:
        """Puts the truth into the ledger in place of the estimate, once, and into the message's receipt."""
        async with self._database.write() as session:
            connection = await session.connection()
            taken = await connection.execute(delete(BillRow).where(BillRow.id == bill).returning(*BillRow.__table__.c))
            row = taken.first()
            if row is None:
                return
            new = Spent(cost=told.cost) if row.has_tokens else told
            entry = Entry(
                row.user_id,
                row.day,
                row.model,
                replace(new, cost=new.cost - row.estimate),
                by_own_key=row.by_own_key,
            )
            await connection.execute(_settled(row.message_id, new, has_tokens=row.has_tokens))
            await book(connection, [entry])


def _settled(message: UUID, new: Spent, *, has_tokens: bool) -> Update:
    names = ("cost",) if has_tokens else Spent.__struct_fields__
    grown = {name: func.coalesce(getattr(MessageRow, name), 0) + getattr(new, name) for name in names}
    return update(MessageRow).where(MessageRow.id == message).values(grown)
