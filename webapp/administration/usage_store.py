"""The ledger of all users, for administrators."""

from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, select

from webapp.accounts.ledger_store import in_month_of
from webapp.accounts.spending import Month
from webapp.administration.usage import Used
from webapp.db.engine import Database
from webapp.db.tables import Spending as SpendingRow
from webapp.db.tables import User as UserRow


class UsageStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def months(self) -> list[Month]:
        """Those in which anybody has used anything, and the present one, the last first."""
        query = select(func.substr(SpendingRow.day, 1, 7)).distinct()
        async with self._database.read() as session:
            found = {Month.parse(text) for text in await session.scalars(query)}
        return sorted(found | {Month.of(datetime.now(UTC))}, reverse=True)

    async def of(self, month: Month) -> list[Used]:
        """What each user's answers by each model have come to, by their names."""
        async with self._database.read() as session:
            return [_used(row) for row in await session.execute(_USED, in_month_of(month))]


_SUMMED: Final = ("answers", "prompt_tokens", "completion_tokens", "cost", "own_cost")
_USED: Final = (
    select(
        UserRow.id,
        UserRow.name,
        SpendingRow.model,
        *(func.sum(getattr(SpendingRow, name)).label(name) for name in _SUMMED),
    )
    .join(UserRow, UserRow.id == SpendingRow.user_id)
    .where(SpendingRow.day.between(bindparam("first_day"), bindparam("last_day")))
    .group_by(UserRow.id, UserRow.name, SpendingRow.model)
    .order_by(UserRow.name, SpendingRow.model)
)


def _used(row: Row[Any]) -> Used:
    tokens = int(row.prompt_tokens), int(row.completion_tokens)
    return Used(row.id, row.name, row.model, int(row.answers), *tokens, row.cost, row.own_cost)
