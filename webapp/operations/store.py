"""What the database tells of itself. Nothing here belongs to anybody, so nothing asks for an owner."""

import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.outages import AwayError, Trouble

LATELY: Final = timedelta(seconds=3)  # a disk that is almost full takes small things, and no others

_SIZES: Final = {
    "sqlite": text("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"),
    "postgresql": text("SELECT pg_database_size(current_database())"),
}


class DatabaseFacts:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def latency(self) -> float:
        """Seconds that the smallest question takes, with whatever it waits for."""
        began = time.perf_counter()
        async with self._database.read() as session:
            await session.execute(select(1))
        return time.perf_counter() - began

    async def trouble(self) -> Trouble | None:
        """What keeps anything from being written just now, or has a moment ago; None where one can write."""
        try:
            await self._database.try_writing()
        except AwayError as error:
            return error.trouble
        return self._database.outages.damage or self._database.outages.recent(LATELY)

    async def revision(self) -> str | None:
        """The number of the last migration that was applied; None where there is none."""
        async with self._database.read() as session:
            row = (await session.execute(text("SELECT version_num FROM alembic_version"))).first()
        return None if row is None else str(row[0])

    async def size(self) -> int:
        """Bytes on the disk."""
        async with self._database.read() as session:
            return int((await session.execute(_SIZES[_kind(session)])).scalar_one())

    @property
    def is_shared(self) -> bool:
        """Whether the database has a server with a clock of its own; an embedded one has ours."""
        return self._database.is_shared

    async def now(self) -> datetime:
        """The database's clock."""
        async with self._database.read() as session:
            return (await session.execute(select(moment()))).scalar_one()


def _kind(session: AsyncSession) -> str:
    return session.get_bind().dialect.name
