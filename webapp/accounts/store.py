"""Users. Until accounts arrive there is one, who owns everything."""

from datetime import UTC, datetime
from uuid import UUID

from msgspec import Struct
from sqlalchemy import select

from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id


class User(Struct, frozen=True):
    """Who asks. Stores take the user's id first and find nothing that belongs to another."""

    id: UUID
    name: str


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def local(self) -> User:
        """The one local user, made at the first call."""
        async with self._database.write() as session:
            row = await session.scalar(select(UserRow).where(UserRow.name == "local"))
            if row is None:
                row = UserRow(id=new_id(), name="local", created_at=datetime.now(UTC))
                session.add(row)
            return User(row.id, row.name)
