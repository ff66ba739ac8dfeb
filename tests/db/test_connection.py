"""The connection under SQLAlchemy: one crossing to its thread for each statement, and errors where they belong."""

import asyncio
import gc
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from tests.fakes.eventually import eventually
from webapp.db import connection as module
from webapp.db.connection import Connection, Outcome, connect
from webapp.db.engine import Database
from webapp.db.sqlite import SqliteDatabase

PATIENCE = 30.0


@pytest.fixture
async def connection(tmp_path: Path) -> AsyncIterator[Connection]:
    opened = await connect(tmp_path / "test.db")
    yield opened
    await opened.close()


async def test_a_connection_that_is_left_at_work_can_be_closed_twice(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONGEST_END", 0.01)
    connection, has_begun, gate = await connect(tmp_path / "test.db"), threading.Event(), threading.Event()

    def work(_: object) -> Outcome:
        has_begun.set()
        gate.wait(PATIENCE)
        raise sqlite3.OperationalError("locked")

    running = asyncio.create_task(connection.run(work))
    await asyncio.to_thread(has_begun.wait, PATIENCE)
    running.cancel()
    await asyncio.wait([running])
    async with asyncio.timeout(PATIENCE):
        stopped = connection.stop()
        await asyncio.gather(connection.close(), connection.close())
        gate.set()
        assert stopped is not None
        await stopped
    gc.collect()
    assert "never retrieved" not in caplog.text


async def test_a_statement_has_its_rows_when_it_was_executed(connection: Connection) -> None:
    statement = connection.cursor()
    await statement.execute("SELECT ? AS one, 2 AS two", (1,))
    assert [column[0] for column in statement.description] == ["one", "two"]
    assert await statement.fetchall() == [(1, 2)]


async def test_a_large_value_is_not_kept_longer_than_its_statement_takes(connection: Connection) -> None:
    """The driver keeps statements, and SQLite with them what they were last executed with."""
    statement, before = connection.cursor(), resident()
    await statement.execute("SELECT length(?), ?", (bytes([1]) * 40_000_000, "small"))
    assert await statement.fetchall() == [(40_000_000, "small")]
    await statement.execute("SELECT 1")  # as a COMMIT follows: the thread holds on to the last that it did
    assert resident() - before < 20_000_000
    await statement.execute("SELECT length(?), ?", (b"abc", "small"))
    assert await statement.fetchall() == [(3, "small")]


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


async def test_many_rows_go_in_at_once(connection: Connection) -> None:
    statement = connection.cursor()
    await statement.execute("CREATE TABLE things (name)")
    assert statement.description is None
    await statement.executemany("INSERT INTO things VALUES (?)", [("one",), ("two",)])
    assert statement.rowcount == 2


async def test_a_rollback_takes_back_what_was_begun_and_is_nothing_without_it(connection: Connection) -> None:
    statement = connection.cursor()
    await connection.rollback()
    await statement.execute("CREATE TABLE things (name)")
    await statement.execute("INSERT INTO things VALUES ('one')")
    assert connection.in_transaction
    await connection.rollback()
    await statement.execute("SELECT count(*) FROM things")
    assert await statement.fetchall() == [(0,)]


async def test_a_refused_statement_raises_and_its_transaction_is_taken_back(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "test.db")
    async with database.write() as session:
        await session.execute(text("CREATE TABLE things (name UNIQUE)"))
    with pytest.raises(IntegrityError):
        await _add_twice(database)
    async with database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM things")) == 0
    await database.close()


async def test_whoever_is_cancelled_leaves_no_transaction_behind(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "test.db")
    async with database.write() as session:
        await session.execute(text("CREATE TABLE things (name)"))
        await session.execute(text("INSERT INTO things VALUES ('kept')"))
    for turns in range(200):  # of the event loop, until the task is cancelled: before, between and in statements
        task = asyncio.create_task(_add_and_take_back(database) if turns % 2 else _count(database))
        for _ in range(turns // 8):
            await asyncio.sleep(0)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    async with asyncio.timeout(30):
        assert await asyncio.gather(*(_count(database) for _ in range(8))) == [1] * 8
        async with database.write() as session:
            await session.execute(text("DELETE FROM things"))
    assert await _count(database) == 0
    await database.close()


async def _add_and_take_back(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO things VALUES ('passing')"))
        await session.execute(text("DELETE FROM things WHERE name = 'passing'"))


async def _count(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(text("SELECT count(*) FROM things"))).scalar_one())


async def _add_twice(database: Database) -> None:
    async with database.write() as session:
        await session.execute(text("INSERT INTO things VALUES ('one')"))
        await session.execute(text("INSERT INTO things VALUES ('one')"))


async def connection_number(database: Database) -> int:
    """Which connection the pool gives; only one is in use."""
    async with database.read() as session:
        return id((await (await session.connection()).get_raw_connection()).driver_connection)


async def read_slowly(database: Database, rows: int) -> None:
    async with database.read() as session:
        numbers = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :rows) SELECT max(i) FROM n"
        await session.scalar(text(numbers), {"rows": rows})


@pytest.mark.parametrize("cancellations", [1, 50])
async def test_who_is_cancelled_in_mid_read_leaves_a_good_connection(tmp_path: Path, cancellations: int) -> None:
    database = SqliteDatabase(tmp_path / "test.db")
    before = await connection_number(database)
    for steps in range(12):
        reading = asyncio.create_task(read_slowly(database, 20_000))
        for _ in range(steps):
            await asyncio.sleep(0)
        for _ in range(cancellations):
            reading.cancel()
            await asyncio.sleep(0)
        await asyncio.wait([reading])
        assert reading.cancelled()
        assert await connection_number(database) == before
    assert database.connections.open == 1
    await database.close()


async def test_a_statement_that_takes_long_is_broken_off(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "test.db")
    before = await connection_number(database)
    reading = asyncio.create_task(read_slowly(database, 10**9))
    await eventually(lambda: is_busy(database))
    reading.cancel()
    await asyncio.wait([reading], timeout=PATIENCE)
    assert reading.cancelled()
    assert await connection_number(database) == before
    await database.close()


async def is_busy(database: Database) -> bool:
    return database.connections.busy > 0


async def test_what_was_written_by_who_is_cancelled_is_there_whole_or_not_at_all(tmp_path: Path) -> None:
    database = SqliteDatabase(tmp_path / "test.db")
    async with database.write() as session:
        await session.execute(text("CREATE TABLE things (name)"))

    async def write() -> None:
        async with database.write() as session:
            await session.execute(text("INSERT INTO things VALUES ('one')"))
            await session.execute(text("INSERT INTO things VALUES ('two')"))

    for steps in range(30):
        writing = asyncio.create_task(write())
        for _ in range(steps):
            await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        async with database.read() as session:
            assert await session.scalar(text("SELECT count(*) FROM things")) % 2 == 0
    assert database.connections.open == 1
    await database.close()
