"""Moving house: everything that one database holds, put into another, of either kind, and compared row by row."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import Column, LargeBinary, Table, bindparam, func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.db.address import Address, SqliteFile
from webapp.db.engine import open_database
from webapp.db.migrate import current_revision, is_current
from webapp.db.tables import Base

BATCH: Final = 100  # rows
BATCH_OF_FILES: Final = 10  # rows that may hold a picture each

Values = dict[str, Any]  # a row, by its columns


class CopyError(RuntimeError):
    """Nothing was copied, and why. The text is one line for the operator."""


class Step(Struct, frozen=True):
    """How far it is: `done` of a table's `total` rows are copied or, later, compared."""

    table: str
    done: int
    total: int
    is_comparing: bool


async def copy(source: Address, target: Address, report: Callable[[Step], None]) -> int:
    """Copies all rows of `source` into `target`, which has the tables of this version and nothing in them.

    The target keeps all of them or, where anything fails or a row that is read back differs, none. Returns how many.
    The caller holds what a process is to hold on both, and `report` hears of every batch. Raises CopyError.
    """
    try:
        for address in (source, target):
            await _check(address)
        old, new = open_database(source), open_database(target)
        try:
            async with old.read() as reading, new.write() as writing:
                return await _Move(reading, writing, report).all_tables(target)
        finally:
            await old.close()
            await new.close()
    except (OSError, SQLAlchemyError, sqlite3.Error) as error:
        line = " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".")
        raise CopyError(f"Nothing was copied from {source} to {target}: {line}.") from error


async def _check(address: Address) -> None:
    """Raises CopyError for a database that is not there, or is of another version."""
    if isinstance(address, SqliteFile) and not address.path.is_file():
        raise CopyError(f"There is no database {address}. {_HOW_TO_MAKE}")
    if not is_current(address, await current_revision(address)):
        raise CopyError(f"The database {address} does not have the tables of this version. {_HOW_TO_MAKE}")


_HOW_TO_MAKE: Final = "Run `db upgrade` with DATABASE_URL set to it, then copy."


class _Move:
    """From the one session into the other."""

    def __init__(self, reading: AsyncSession, writing: AsyncSession, report: Callable[[Step], None]) -> None:
        self._reading = reading
        self._writing = writing
        self._report = report

    async def all_tables(self, target: Address) -> int:
        tables = Base.metadata.sorted_tables
        await self._claim(tables, target)
        totals = [await _count(self._reading, table) for table in tables]
        for table, total in zip(tables, totals, strict=True):
            await self._fill(table, total)
        for table, total in zip(tables, totals, strict=True):
            await self._compare(table, total)
        return sum(totals)

    async def _claim(self, tables: Sequence[Table], target: Address) -> None:
        """Sees that there is nothing in the target, and keeps others from writing there until the end."""
        if (await self._writing.connection()).dialect.name == "postgresql":
            names = ", ".join(table.name for table in tables)
            await self._writing.execute(text(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE"))
        for table in tables:
            if await _count(self._writing, table):
                raise CopyError(
                    f"The database {target} is not empty: there are rows in {table.name}. Nothing was copied."
                )

    async def _fill(self, table: Table, total: int) -> None:
        done, later = 0, list[Values]()
        async for batch in _batches(self._reading, table):
            if table.name == "messages":
                later += _without_later_parents(batch)
            await self._writing.execute(insert(table), batch)
            done += len(batch)
            self._report(Step(table.name, done, total, is_comparing=False))
        if later:
            parents = update(table).where(table.c.id == bindparam("key")).values(parent_id=bindparam("parent"))
            await (await self._writing.connection()).execute(parents, later)

    async def _compare(self, table: Table, total: int) -> None:
        """Raises CopyError for a row that is not the same in both, or is in one of them alone."""
        key, done = _key(table), 0
        async for batch in _batches(self._reading, table):
            same = select(table).where(key.in_([row[key.name] for row in batch]))
            found = {row[key.name]: row for row in await _rows(self._writing, same)}
            for row in batch:
                if found.get(row[key.name]) != row:
                    raise CopyError(f"A row of {table.name} came out another: {row[key.name]}. Nothing was copied.")
            done += len(batch)
            self._report(Step(table.name, done, total, is_comparing=True))
        if not done == total == await _count(self._writing, table):
            raise CopyError(f"The rows of {table.name} came out another number. Nothing was copied.")


def _without_later_parents(batch: list[Values]) -> list[Values]:
    """Takes from messages the parents that come after them, as when two machines' clocks differ; returns those."""
    later = [row for row in batch if row["parent_id"] is not None and row["parent_id"] > row["id"]]
    taken = [{"key": row["id"], "parent": row["parent_id"]} for row in later]
    for row in later:
        row["parent_id"] = None
    return taken


async def _batches(session: AsyncSession, table: Table) -> AsyncIterator[list[Values]]:
    """All rows of a table, a few at a time, in the order of their keys."""
    key, last = _key(table), None
    has_files = any(isinstance(column.type, LargeBinary) and not column.type.length for column in table.c)
    query = select(table).order_by(key).limit(BATCH_OF_FILES if has_files else BATCH)
    while batch := await _rows(session, query if last is None else query.where(key > last)):
        yield batch
        last = batch[-1][key.name]


async def _rows(session: AsyncSession, query: Any) -> list[Values]:
    return [dict(row) for row in (await session.execute(query)).mappings()]


async def _count(session: AsyncSession, table: Table) -> int:
    return await session.scalar(select(func.count()).select_from(table)) or 0


def _key(table: Table) -> Column[Any]:
    (key,) = table.primary_key.columns
    return key
