"""An SQLite file, which one process uses at a time."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from math import inf
from pathlib import Path
from time import monotonic
from typing import Any, Final
from uuid import UUID

from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

from webapp.db.connection import connect
from webapp.db.engine import Database
from webapp.db.errors import reason
from webapp.db.outages import BROKEN, BUSY, DAMAGED, FULL, LOCKED, READ_ONLY, Trouble

POOL_SIZE: Final = 4
OVERFLOW: Final = 4  # further connections, closed when they are not needed any more
PATIENCE: Final = 10.0  # seconds that a writer waits in all: for others of this process, and for other programs
TRIAL_PATIENCE: Final = 0.5  # the same for whoever only looks whether one can write
TRIED_LATELY: Final = timedelta(seconds=2)  # for so long what was written proves that one can write


class SqliteDatabase(Database):
    """A file in WAL mode: readers never wait, writers queue for at most ten seconds in all."""

    is_shared = False

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        engine = create_async_engine(
            f"sqlite+aiosqlite:///{path}",
            async_creator=lambda: connect(path),
            pool_size=POOL_SIZE,
            max_overflow=OVERFLOW,
            hide_parameters=True,
        )
        super().__init__(engine, POOL_SIZE + OVERFLOW)
        self._patience = patience
        self._writing = asyncio.Lock()
        self._begins_at = inf  # since when the writer whose turn it is waits for SQLite's lock
        event.listen(engine.sync_engine, "connect", _set_up_connection)
        event.listen(engine.sync_engine, "begin", _begin)
        event.listen(engine.sync_engine, "handle_error", _keep_connection)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._within_reach(), self._session() as session:
            yield session

    @asynccontextmanager
    async def write(self, key: UUID | str | None = None) -> AsyncIterator[AsyncSession]:
        """Alone in the whole file, whatever the key.

        It takes SQLite's write lock at once (BEGIN IMMEDIATE), so what it reads cannot change before it writes. Within
        the process writers queue for a lock of our own, which is fair and does not poll as SQLite's does.
        """
        async with self._writing_for(self._patience) as session:
            yield session

    async def try_writing(self) -> None:
        if self.outages.has_worked(within=TRIED_LATELY):
            return
        async with self._writing_for(min(TRIAL_PATIENCE, self._patience)) as session:
            for statement in _TRIAL:
                await session.execute(statement)

    @asynccontextmanager
    async def _writing_for(self, patience: float) -> AsyncIterator[AsyncSession]:
        async with self._within_reach(), self._turn(patience) as until, self._session() as session:
            self._begins_at = monotonic()
            try:
                await session.connection(execution_options={"writes_until": until})
            finally:
                self._begins_at = inf
            yield session
            await session.commit()
            self.outages.over()

    @asynccontextmanager
    async def _turn(self, patience: float) -> AsyncIterator[float]:
        """Waits for those of this process who write before; yields until when SQLite's lock may be waited for."""
        until = monotonic() + patience
        try:
            async with asyncio.timeout(patience):
                await self._writing.acquire()
        except TimeoutError:
            is_locked = monotonic() - self._begins_at > patience / 2 or self.outages.trouble is LOCKED
            trouble = LOCKED if is_locked else BUSY
            raise self.outages.begun(trouble, f"others that write have taken {patience:g} s") from None
        try:
            yield until
        finally:
            self._writing.release()

    @asynccontextmanager
    async def _within_reach(self) -> AsyncIterator[None]:
        """Turns what is wrong with the file or its disk into AwayError."""
        try:
            yield
        except (DBAPIError, sqlite3.Error) as error:
            trouble = trouble_of(error)
            if trouble is None:
                raise
            raise self.outages.begun(trouble, reason(error)) from error


def trouble_of(error: BaseException) -> Trouble | None:
    """What is wrong with the file or its disk; None where the statement was."""
    code = getattr(getattr(error, "orig", None) or error, "sqlite_errorcode", None)
    return _TROUBLES.get(code, _TROUBLES.get(code & 0xFF)) if isinstance(code, int) else None


_TROUBLES: Final[Mapping[int, Trouble]] = {
    sqlite3.SQLITE_FULL: FULL,
    sqlite3.SQLITE_IOERR_SHMSIZE: FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_READONLY: READ_ONLY,
    sqlite3.SQLITE_PERM: READ_ONLY,
    sqlite3.SQLITE_IOERR: BROKEN,
    sqlite3.SQLITE_CANTOPEN: BROKEN,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: DAMAGED,
}
# Written and taken back in one transaction, in a table that every version has. An update that changes nothing would not
# touch the disk.
_TRIAL: Final = (
    text("INSERT INTO alembic_version (version_num) VALUES ('trial')"),
    text("DELETE FROM alembic_version WHERE version_num = 'trial'"),
)


def _set_up_connection(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver begins no transactions of its own: _begin does
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        f"busy_timeout={PATIENCE * 1000:.0f}",
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
    until = connection.get_execution_options().get("writes_until")
    _set_patience(connection, PATIENCE if until is None else until - monotonic())
    connection.exec_driver_sql("BEGIN" if until is None else "BEGIN IMMEDIATE")


def _set_patience(connection: Any, seconds: float) -> None:
    """How long SQLite waits for another program. Almost always it is the same as before, and costs no statement."""
    milliseconds = max(1, round(min(seconds + 0.1, PATIENCE), 1) * 1000)
    if connection.info.get("patience", PATIENCE * 1000) != milliseconds:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={milliseconds:.0f}")
        connection.info["patience"] = milliseconds
