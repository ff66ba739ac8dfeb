"""What can happen to an SQLite file: locked by another program, on a full disk, read-only, damaged."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from sqlalchemy import text

from webapp.db.engine import Database


@asynccontextmanager
async def locked(path: Path) -> AsyncIterator[None]:
    """Another program has begun to write and does not end, as an editor of databases may.

    It waits for its turn in a thread, as an app on this event loop may be in the middle of a write.
    """
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as other:
        await asyncio.to_thread(other.execute, "BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def fill(database: Database) -> None:
    """Lets the file grow no more. The database's only connection must be free."""
    await _set(database, "max_page_count=1")  # which is as many as there are


async def make_room(database: Database) -> None:
    await _set(database, "max_page_count=1000000")


async def forbid_writing(database: Database) -> None:
    await _set(database, "query_only=ON")


async def allow_writing(database: Database) -> None:
    await _set(database, "query_only=OFF")


def damage(path: Path, table: str) -> None:
    """Overwrites the first page of a table."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (page,) = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).fetchone()
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xa5" * size)


async def _set(database: Database, pragma: str) -> None:
    async with database.read() as session:
        await session.execute(text(f"PRAGMA {pragma}"))
