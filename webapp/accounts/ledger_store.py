"""The ledger: what was spent, by user, UTC day and model. It stays when conversations are deleted."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, Row, Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.orm import InstrumentedAttribute

from webapp.accounts.spending import Entry, Line, Month
from webapp.db.engine import Database
from webapp.db.tables import Spending as SpendingRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id


async def book(connection: AsyncConnection, entries: Sequence[Entry]) -> None:
    """Adds entries to the ledger, in the transaction of whoever knows what they are for."""
    rows = [
        {
            "id": new_id(),
            "user_id": one.user_id,
            "day": one.day,
            "model": one.model,
            "answers": one.answers,
            "prompt_tokens": one.spent.prompt_tokens,
            "completion_tokens": one.spent.completion_tokens,
            "cost": one.spent.cost,
            "own_cost": one.spent.cost if one.by_own_key else 0 * one.spent.cost,
        }
        # Two that book at once take turns at rows in one order.
        for one in sorted(entries, key=lambda one: (one.user_id, one.day, one.model))
    ]
    await connection.execute(_BOOK[connection.dialect.name], rows)


_TABLE: Final[Any] = SpendingRow.__table__
_SUMMED: Final = ("answers", "prompt_tokens", "completion_tokens", "cost", "own_cost")


def _adding(insert: Any) -> Any:
    statement = insert(_TABLE)
    sums = {name: _TABLE.c[name] + statement.excluded[name] for name in _SUMMED}
    return statement.on_conflict_do_update(index_elements=["user_id", "day", "model"], set_=sums)


_BOOK: Final = {"sqlite": _adding(sqlite.insert), "postgresql": _adding(postgresql.insert)}


class Ledger:
    """What can be read there. Methods that take an owner tell of nobody else."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def months(self, owner: UUID) -> list[Month]:
        """Those in which there was anything, the last first."""
        month = func.substr(SpendingRow.day, 1, 7)
        query = select(month).where(SpendingRow.user_id == owner).distinct()
        async with self._database.read() as session:
            return sorted((Month.parse(text) for text in await session.scalars(query)), reverse=True)

    async def days(self, owner: UUID, month: Month) -> list[Line]:
        """A month's days on which there was anything, the first of them first."""
        return await self._lines(_lines_by(SpendingRow.day, month, SpendingRow.user_id == owner))

    async def models(self, owner: UUID, month: Month) -> list[Line]:
        """A month's models, the dearest first."""
        return _dearest(await self._lines(_lines_by(SpendingRow.model, month, SpendingRow.user_id == owner)))

    async def users(self, month: Month) -> dict[UUID, Line]:
        """What each user has spent in a month, for administrators: the dearest first, by their names."""
        query = _lines_by(UserRow.name, month).join(UserRow, UserRow.id == SpendingRow.user_id)
        query = query.add_columns(UserRow.id).group_by(UserRow.id)
        async with self._database.read() as session:
            rows = [(row[-1], _line(row)) for row in await session.execute(query)]
        return dict(sorted(rows, key=lambda row: (-row[1].cost, row[1].name)))

    async def _lines(self, query: Select[Any]) -> list[Line]:
        async with self._database.read() as session:
            return [_line(row) for row in await session.execute(query)]


def in_month_of(month: Month) -> dict[str, str]:
    """The first day of a month and its last, or one that is later than that: days are text, in the order of time."""
    return {"first_day": f"{month}-01", "last_day": f"{month}-31"}


def _lines_by(column: InstrumentedAttribute[str], month: Month, *only: ColumnElement[bool]) -> Select[Any]:
    sums = (func.sum(getattr(SpendingRow, name)) for name in _SUMMED)
    days = in_month_of(month)
    is_in_month = SpendingRow.day.between(days["first_day"], days["last_day"])
    return select(column, *sums).where(is_in_month, *only).group_by(column).order_by(column)


def _line(row: Row[Any]) -> Line:
    name, answers, prompt, completion, cost, own_cost = tuple(row)[:6]
    return Line(name, int(answers), int(prompt), int(completion), cost, own_cost)


def _dearest(lines: list[Line]) -> list[Line]:
    return sorted(lines, key=lambda line: (-line.cost, line.name))
