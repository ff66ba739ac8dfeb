"""aiosqlite's connection at a fraction of its price: each statement crosses to the connection's thread once.

Its own cursors cross once to be opened, once to execute, once for the rows and once to be closed, and what SQLite does
itself in a statement costs less than one crossing.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, Final, Self

import aiosqlite

from webapp.background import cancel_at_next_step, in_any_case

LONGEST_END: Final = 1.0  # seconds that a statement has to end by itself when its caller is cancelled
LARGE: Final = 500_000  # bytes of a value that is not kept longer than its statement takes


class Connection(aiosqlite.Connection):
    """What SQLAlchemy needs of an aiosqlite connection; cursors of it are `Statement`.

    A cancellation is raised when the statement has ended, soon: then the connection is good for the next one. Otherwise
    every reader who hangs up would cost a connection.
    """

    _under_way: asyncio.Future[Any] | None = None
    _stopped: asyncio.Future[Any] | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether it was left with a statement that could not be broken off, as on a disk that hangs."""
        return self._under_way is not None and not self._under_way.done()

    def cursor(self) -> "Statement":  # type: ignore[override]  # a cursor with what SQLAlchemy asks of one
        return Statement(self)

    async def rollback(self) -> None:
        """Does not cross where there is nothing to roll back, as after a commit. Puts off a cancellation.

        SQLAlchemy rolls back after a cancellation, and a second one would have it throw the connection away.
        """
        if self.in_transaction:
            try:
                await in_any_case(super().rollback())
            except asyncio.CancelledError:
                cancel_at_next_step()

    def stop(self) -> asyncio.Future[Any] | None:
        """Has the thread close the connection and end, behind what it is at. Once: it would never come to another."""
        if self._stopped is None:
            self._stopped = super().stop()
        return self._stopped

    async def close(self) -> None:
        """Returns when the connection is closed. Where it `is_at_work` that happens later, and nobody waits for it."""
        is_at_work, stopped = self.is_at_work, self.stop()
        if stopped is not None and not is_at_work:
            await asyncio.wait([stopped])
            stopped.exception()

    async def run(self, work: Callable[[sqlite3.Connection], "Outcome"]) -> "Outcome":
        """Lets the connection's thread do `work`."""
        outcome: Outcome = await self._execute(work, self._conn)
        return outcome

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        """As aiosqlite's, but for a cancellation. All that is done with the connection goes through it."""
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        self._under_way = future = asyncio.get_running_loop().create_future()
        self._tx.put_nowait((future, partial(fn, *args, **kwargs)))
        try:
            await asyncio.wait([future])
        except asyncio.CancelledError:
            await self._end(future)
            raise
        return future.result()

    async def _end(self, future: asyncio.Future[Any]) -> None:
        """Waits for a statement of which nobody wants to know any more; one that takes long is broken off."""
        await _wait_for(future)
        if not future.done() and self._connection:
            self._connection.interrupt()
            await _wait_for(future)
        if future.done():
            future.exception()
        else:
            future.add_done_callback(asyncio.Future.exception)  # later, and nobody wants to know


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
        self._outcome = await self._connection.run(lambda connection: _executed(connection, sql, parameters))

    async def executemany(self, sql: str, parameters: Sequence[Any]) -> None:
        self._outcome = await self._connection.run(lambda connection: _outcome(connection.executemany(sql, parameters)))

    async def fetchall(self) -> list[Any]:
        return self._outcome[3]

    async def close(self) -> None:
        """Was done in the connection's thread."""


async def _wait_for(future: asyncio.Future[Any]) -> None:
    """Waits for LONGEST_END at most, in spite of any cancellation."""
    loop = asyncio.get_running_loop()
    until = loop.time() + LONGEST_END
    while not future.done() and (left := until - loop.time()) > 0:
        with suppress(asyncio.CancelledError):
            await asyncio.wait([future], timeout=left)


def _executed(connection: sqlite3.Connection, sql: str, parameters: Any) -> Outcome:
    try:
        return _outcome(connection.execute(sql, parameters))
    finally:
        if any(isinstance(one, bytes | str | memoryview) and len(one) > LARGE for one in parameters):
            _let_go(connection, sql, len(parameters))


def _let_go(connection: sqlite3.Connection, sql: str, count: int) -> None:
    """Has the driver's cache keep a statement without its copies of the values, which stay there until the next ones.

    Others are bound in their place up to the last, which cannot be, so that the statement does not run.
    """
    with suppress(sqlite3.Error):
        connection.execute(sql, (*[None] * (count - 1), object()))


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
