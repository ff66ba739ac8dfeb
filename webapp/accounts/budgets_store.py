"""Limits of users and of the installation, and where a user stands: for whoever sends, looks, or administers."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, Uuid, and_, bindparam, case, delete, func, select, type_coerce, update
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.budgets import NO_LIMITS, Limits, Standing
from webapp.accounts.ledger_store import in_month_of
from webapp.accounts.spending import Month
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import OpenBill as BillRow
from webapp.db.tables import Option as OptionRow
from webapp.db.tables import Reservation as ReservationRow
from webapp.db.tables import Spending as SpendingRow
from webapp.db.tables import User as UserRow
from webapp.db.types import Money
from webapp.web.refusals import NotFoundError

SOFT_OPTION: Final = "monthly_soft_limit"
HARD_OPTION: Final = "monthly_hard_limit"


class Budgets:
    """`installation` has the limits of the environment, which win over those that an administrator has set."""

    def __init__(self, installation: Limits = NO_LIMITS) -> None:
        self.installation = installation

    async def of(self, session: AsyncSession, owner: UUID) -> Standing:
        """Where the owner stands just now, in one statement of somebody's transaction."""
        rows = await session.execute(_STANDING_OF, {"owner": owner, **in_month_of(Month.of(datetime.now(UTC)))})
        return self._standing(rows.one())

    async def of_all(self, session: AsyncSession, owners: Collection[UUID]) -> dict[UUID, Standing]:
        """The same of several."""
        month = Month.of(datetime.now(UTC))
        rows = await session.execute(_STANDINGS_OF, {"owners": list(owners), **in_month_of(month)})
        return {row.id: self._standing(row) for row in rows}

    def _standing(self, row: Row[Any]) -> Standing:
        option = Limits(amount_of(row.soft_option), amount_of(row.hard_option))
        limits = Limits(row.soft_limit, row.hard_limit).over(self.installation.over(option))
        none = Decimal(0)
        held = (row.reserved or none) + (row.open or none)
        sums = row.spent or none, row.growing or none
        return Standing(*sums, limits, row.openrouter_key, row.own_spent or none, held)


class BudgetStore:
    """The same for those who have no transaction, and what administrators set."""

    def __init__(self, database: Database, budgets: Budgets) -> None:
        self._database = database
        self._budgets = budgets

    async def standing(self, owner: UUID) -> Standing:
        async with self._database.read() as session:
            return await self._budgets.of(session, owner)

    async def standings(self, owners: Collection[UUID]) -> Mapping[UUID, Standing]:
        async with self._database.read() as session:
            return await self._budgets.of_all(session, owners)

    async def limits(self, user: UUID) -> Limits:
        """A user's own limits; None where those of the installation hold."""
        query = select(UserRow.soft_limit, UserRow.hard_limit).where(UserRow.id == user)
        async with self._database.read() as session:
            row = (await session.execute(query)).first()
        if row is None:
            raise NotFoundError("There is no such user.")
        return Limits(row.soft_limit, row.hard_limit)

    async def set_limits(self, user: UUID, limits: Limits) -> None:
        """Sets a user's own limits; None lets those of the installation hold."""
        change = update(UserRow).where(UserRow.id == user).values(soft_limit=limits.soft, hard_limit=limits.hard)
        async with self._database.write(user) as session:
            found = await session.execute(change.returning(UserRow.id))
            if found.first() is None:
                raise NotFoundError("There is no such user.")

    @property
    def fixed(self) -> Limits:
        """What the environment says: an administrator cannot change that."""
        return self._budgets.installation

    async def chosen(self) -> Limits:
        """What an administrator has set for the installation."""
        query = select(OptionRow.name, OptionRow.value).where(OptionRow.name.in_((SOFT_OPTION, HARD_OPTION)))
        async with self._database.read() as session:
            found = {row.name: amount_of(row.value) for row in await session.execute(query)}
        return Limits(found.get(SOFT_OPTION), found.get(HARD_OPTION))

    async def choose(self, limits: Limits) -> None:
        """Sets what holds for users without limits of their own, where the environment says nothing."""
        now = datetime.now(UTC)
        given = {SOFT_OPTION: limits.soft, HARD_OPTION: limits.hard}
        async with self._database.write("options") as session:
            await session.execute(delete(OptionRow).where(OptionRow.name.in_(given)))
            session.add_all(
                OptionRow(name=name, value=str(amount), updated_at=now)
                for name, amount in given.items()
                if amount is not None
            )


def amount_of(value: object) -> Decimal | None:
    """Dollars of an option; None for what is none."""
    try:
        amount = Decimal(str(value)) if isinstance(value, str | int | float) else None
    except InvalidOperation:
        return None
    return amount if amount is not None and amount.is_finite() and amount >= 0 else None


def _option(name: str) -> Any:
    return select(OptionRow.value).where(OptionRow.name == name).scalar_subquery()


def _spent(amount: Any) -> Any:
    days = SpendingRow.day.between(bindparam("first_day"), bindparam("last_day"))
    query = select(type_coerce(func.sum(amount), Money())).where(SpendingRow.user_id == UserRow.id, days)
    return query.correlate(UserRow).scalar_subquery()


# Made once: to put a statement together costs more than to execute it. The owner stands beside the sum and not in the
# WHERE: by that SQLite would go through all messages of the owner, as it cannot know that fewer are growing.
_IS_OWN: Final = and_(MessageRow.owner_id == UserRow.id, MessageRow.by_own_key.is_(False))
_GROWING: Final = (
    select(type_coerce(func.sum(MessageRow.running_cost).filter(_IS_OWN), Money()))
    .where(IS_LIVE)
    .correlate(UserRow)
    .scalar_subquery()
)
# A call that costs more than was reserved for it counts with what it costs.
_IS_CALL: Final = and_(MessageRow.id == ReservationRow.message_id, MessageRow.run == ReservationRow.run, IS_LIVE)
_MOST: Final = case(
    (MessageRow.running_cost > ReservationRow.amount, MessageRow.running_cost), else_=ReservationRow.amount
)
_RESERVED: Final = (
    select(type_coerce(func.sum(_MOST), Money()))
    .select_from(ReservationRow)
    .outerjoin(MessageRow, _IS_CALL)
    .where(ReservationRow.user_id == UserRow.id)
    .correlate(UserRow)
    .scalar_subquery()
)
_OPEN: Final = (
    select(type_coerce(func.sum(BillRow.held), Money()))
    .where(BillRow.user_id == UserRow.id)
    .correlate(UserRow)
    .scalar_subquery()
)
_STANDING: Final = select(
    UserRow.id,
    UserRow.soft_limit,
    UserRow.hard_limit,
    UserRow.openrouter_key,
    _spent(SpendingRow.cost - SpendingRow.own_cost).label("spent"),
    _spent(SpendingRow.own_cost).label("own_spent"),
    _GROWING.label("growing"),
    _RESERVED.label("reserved"),
    _OPEN.label("open"),
    _option(SOFT_OPTION).label("soft_option"),
    _option(HARD_OPTION).label("hard_option"),
)
_STANDING_OF: Final = _STANDING.where(UserRow.id == bindparam("owner", type_=Uuid()))
_STANDINGS_OF: Final = _STANDING.where(UserRow.id.in_(bindparam("owners", expanding=True, type_=Uuid())))
