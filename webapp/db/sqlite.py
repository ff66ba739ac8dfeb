"""An SQLite file as the database of one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from webapp.db.connection import connect
from webapp.db.engine import Database

POOL_SIZE: Final = 4
OVERFLOW: Final = 4  # further connections, closed when they are not needed any more


class SqliteDatabase(Database):
    """A file in WAL mode: readers never wait, writers queue for at most ten seconds."""

    is_shared = False

    def __init__(self, path: Path) -> None:
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}",
            async_creator=lambda: connect(path),
            pool_size=POOL_SIZE,
            max_overflow=OVERFLOW,
            hide_parameters=True,
        )
        super().__init__(engine, POOL_SIZE + OVERFLOW)
        self._writing = asyncio.Lock()
        event.listen(engine.sync_engine, "connect", _set_up_connection)
        event.listen(engine.sync_engine, "begin", _begin)
        event.listen(engine.sync_engine, "handle_error", _keep_connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._session() as session:
            yield session

    @asynccontextmanager
    async def write(self, key: UUID | str | None = None) -> AsyncIterator[AsyncSession]:
        """Alone in the whole file, whatever the key.

        It takes SQLite's write lock at once (BEGIN IMMEDIATE), so what it reads cannot change before it writes. Within
        the process writers queue for a lock of our own, which is fair and does not poll as SQLite's does.
        """
        async with self._writing, self._session() as session:
            await session.connection(execution_options={"writes": True})
            yield session
            await session.commit()


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


def _keep_connection(context: Any) -> None:
    """SQLAlchemy throws the connection of a cancelled statement away; it is good if the statement has ended."""
    if isinstance(context.original_exception, asyncio.CancelledError) and context.connection is not None:
        context.is_disconnect = context.connection.connection.driver_connection.is_at_work


def _begin(connection: Any) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
