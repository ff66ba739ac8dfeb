"""The database: one engine a process, one short session an operation."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine


class Database:
    """An SQLite file in WAL mode: readers never wait, writers queue for at most ten seconds."""

    def __init__(self, path: Path) -> None:
        address = f"sqlite+aiosqlite:///{path}"
        self._engine = create_async_engine(address, pool_size=4, max_overflow=4, hide_parameters=True)
        self._writing = asyncio.Lock()
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)
        event.listen(self._engine.sync_engine, "connect", _set_up_connection)
        event.listen(self._engine.sync_engine, "begin", _begin)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """A session on one consistent snapshot. What it changes is not kept."""
        async with self._sessions() as session:
            yield session

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncSession]:
        """A session in one transaction: kept whole at the end, or not at all when the block raises.

        It takes SQLite's write lock at once (BEGIN IMMEDIATE), so what it reads cannot change before it writes. Within
        the process writers queue for a lock of our own, which is fair and does not poll as SQLite's does.
        """
        async with self._writing, self._sessions() as session:
            await session.connection(execution_options={"writes": True})
            yield session
            await session.commit()

    async def close(self) -> None:
        await self._engine.dispose()


def _set_up_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own: _begin does
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "busy_timeout=10000",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-4000",
    ):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
