"""aiosqlite's connection at a fraction of its price: each statement crosses to the connection's thread once.

Its own cursors cross once to be opened, once to execute, once for the rows and once to be closed, and what SQLite does
itself in a statement costs less than one crossing.
"""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

import aiosqlite


class Connection(aiosqlite.Connection):
    """What SQLAlchemy needs of an aiosqlite connection; cursors of it are `Statement`."""

    def cursor(self) -> "Statement":  # type: ignore[override]  # a cursor with what SQLAlchemy asks of one
        return Statement(self)

    async def rollback(self) -> None:
        """Does not cross where there is nothing to roll back, as after a commit."""
        if self.in_transaction:
            await super().rollback()

    async def run(self, work: Callable[[sqlite3.Connection], "Outcome"]) -> "Outcome":
        """Lets the connection's thread do `work`."""
        outcome: Outcome = await self._execute(work, self._conn)  # type: ignore[no-untyped-call]  # aiosqlite has no type
        return outcome


Outcome = tuple[Any, int, int | None, list[Any]]  # a cursor's description, rowcount, lastrowid, and all rows


class Statement:
    """An async cursor that has all rows of its statement as soon as it was executed, and nothing left to close."""

    arraysize = 1

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._outcome: Outcome = (None, -1, None, [])

    async def __aenter__(self) -> Self:
        return self

    @property
    def description(self) -> Any:
        return self._outcome[0]

    @property
    def rowcount(self) -> int:
        return self._outcome[1]

    @property
    def lastrowid(self) -> int | None:
        return self._outcome[2]

    async def execute(self, sql: str, parameters: Any = ()) -> None:
        self._outcome = await self._connection.run(lambda connection: _outcome(connection.execute(sql, parameters)))

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> None:
        self._outcome = await self._connection.run(lambda connection: _outcome(connection.executemany(sql, parameters)))

    async def fetchall(self) -> list[Any]:
        return self._outcome[3]

    async def close(self) -> None:
        """Was done in the connection's thread."""


def _outcome(cursor: sqlite3.Cursor) -> Outcome:
    rows = cursor.fetchall() if cursor.description else []
    outcome = (cursor.description, cursor.rowcount, cursor.lastrowid, rows)
    cursor.close()
    return outcome


async def connect(path: Path) -> Connection:
    """Opens a database file, made if it is not there. The thread does not keep the process alive."""
    connection = Connection(lambda: sqlite3.connect(path), iter_chunk_size=64)
    connection._thread.daemon = True  # as SQLAlchemy does with those that it opens
    await connection
    return connection
