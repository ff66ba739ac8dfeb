"""Databases with all tables, quickly: the migrations run once, every further file is a copy."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from sqlalchemy import Connection

from webapp.db import engine
from webapp.db.address import Address, SqliteFile
from webapp.db.engine import Database
from webapp.db.migrate import upgrade

T = TypeVar("T")


def migrated_file(path: Path) -> SqliteFile:
    """An SQLite file with all tables and nothing in them."""
    path.write_bytes(_migrated())
    return SqliteFile(path)


@asynccontextmanager
async def open_database(address: Address) -> AsyncIterator[Database]:
    """The database at `address`, which has its tables. Who uses it at the end leaves a connection open."""
    database = engine.open_database(address)
    try:
        yield database
        assert not database.connections.busy
    finally:
        await database.close()


async def on(address: Address, work: Callable[[Connection], T]) -> T:
    """What `work` returns, in a transaction on the database at `address`."""
    async with open_database(address) as database, database.write() as session:
        return await (await session.connection()).run_sync(work)


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        file = SqliteFile(Path(folder) / "migrated.db")
        upgrade(file)
        return file.path.read_bytes()
