"""The database: one engine a process, one short session an operation; the same on an SQLite file and on Postgres."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from typing import ClassVar, Final, NamedTuple, cast
from uuid import UUID

from sqlalchemy import QueuePool
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from webapp.background import in_any_case
from webapp.db.address import Address, PostgresServer
from webapp.db.background_writes import BackgroundWrites
from webapp.db.outages import Outages

POOL_SIZE: Final = 5


class Connections(NamedTuple):
    """How many connections serve a session at the moment, how many are open, and how many there may be."""

    busy: int
    open: int
    most: int


class Database(ABC):
    """What stores know of it. Sessions are short: none is open while something streams."""

    is_shared: ClassVar[bool]  # whether other processes may use it at the same time

    def __init__(self, engine: AsyncEngine, most_connections: int) -> None:
        self._engine = engine
        self._most_connections = most_connections
        self.outages = Outages()
        self.background = BackgroundWrites()
        self._sessions = async_sessionmaker(engine, expire_on_commit=False)

    @abstractmethod
    def read(self) -> AbstractAsyncContextManager[AsyncSession]:
        """A session on one consistent snapshot. What it changes is not kept."""

    @abstractmethod
    def write(self, key: UUID | str | None = None) -> AbstractAsyncContextManager[AsyncSession]:
        """A session in one transaction: kept whole at the end, or not at all when the block raises.

        Those who write under the same `key`, in this process or another, take turns: each sees all that the one before
        it wrote. So whoever looks first and then writes does it under a key, as a rule the owner of what it looks at.
        """

    @abstractmethod
    async def try_writing(self) -> None:
        """Raises AwayError where nothing can be written just now. Waits for a second at most."""

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[AsyncSession]:
        """At the end of the block its connection is given back, however often its user is cancelled."""
        session = self._sessions()
        try:
            yield session
        finally:
            await in_any_case(session.close())

    @property
    def connections(self) -> Connections:
        pool = cast("QueuePool", self._engine.pool)
        return Connections(pool.checkedout(), pool.checkedout() + pool.checkedin(), self._most_connections)

    def was_away(self, within: timedelta) -> bool:
        """Whether this process found it out of reach at some moment that is no longer past than that."""
        return self.outages.was_seen(within)

    async def close(self) -> None:
        await self.background.close()
        await self._engine.dispose()


def open_database(address: Address, *, pool_size: int = POOL_SIZE) -> Database:
    """The database at `address`, which is there and migrated. On Postgres with at most `pool_size` connections."""
    if isinstance(address, PostgresServer):
        from webapp.db.postgres import PostgresDatabase  # its driver is not loaded where a file is the database

        return PostgresDatabase(address, pool_size)
    from webapp.db.sqlite import SqliteDatabase

    return SqliteDatabase(address.path)
