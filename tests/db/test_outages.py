"""A file that cannot be written for a while: said in words, in the log once, and over when it is over."""

import asyncio
import logging
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from tests.fakes.database import migrated_file
from tests.fakes.sqlite_trouble import allow_writing, damage, fill, forbid_writing, locked, make_room
from webapp.db import outages as module
from webapp.db.outages import AWAY, DAMAGED, FULL, LOCKED, READ_ONLY, AwayError, Outages
from webapp.db.sqlite import SqliteDatabase
from webapp.db.tables import User

PATIENCE = 0.3
NOW = datetime(2026, 11, 1, 12, 0, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return migrated_file(tmp_path / "test.db").path


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SqliteDatabase]:
    database = SqliteDatabase(path, patience=PATIENCE)
    async with database.read() as session:
        await session.execute(select(1))  # the first connection makes the file one of WAL
    yield database
    await database.close()


async def write(database: SqliteDatabase, name: str, size: int = 10) -> None:
    async with database.write() as session:
        session.add(User(name=name, full_name="x" * size, created_at=NOW))


def lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert all(record.exc_info is None for record in caplog.records)
    return [record.message for record in caplog.records if record.name == module.__name__]


async def test_a_full_disk_is_named_and_passes(database: SqliteDatabase, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await fill(database)
    for number in range(3):
        with pytest.raises(AwayError) as raised:
            await write(database, f"large {number}", 100_000)
        assert raised.value.trouble is FULL
    assert raised.value.sentence.startswith("The disk is full")
    assert raised.value.retry_after
    await make_room(database)
    await write(database, "bob", 100_000)
    begun, over = lines(caplog)
    assert "The disk is full" in begun
    assert "works again" in over


async def test_a_file_that_can_only_be_read_is_named_and_passes(
    database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await forbid_writing(database)
    for _ in range(3):
        with pytest.raises(AwayError) as raised:
            await write(database, "bob")
        assert raised.value.trouble is READ_ONLY
    await allow_writing(database)
    await write(database, "bob")
    assert len(lines(caplog)) == 2


async def test_another_program_s_lock_is_named_and_passes(
    path: Path, database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    async with locked(path):
        with pytest.raises(AwayError) as raised:
            await write(database, "bob")
        assert raised.value.trouble is LOCKED
        async with database.read() as session:
            assert (await session.scalars(select(User.name))).all() == []
    await write(database, "bob")
    assert len(lines(caplog)) == 2


async def test_writers_wait_for_their_time_in_all_and_not_each_for_those_before(
    path: Path, database: SqliteDatabase
) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with locked(path):
        ended = await asyncio.gather(*(write(database, str(one)) for one in range(6)), return_exceptions=True)
        assert loop.time() - began < 3 * PATIENCE
    assert [one.trouble for one in ended if isinstance(one, AwayError)] == [LOCKED] * 6
    await write(database, "bob")


async def test_a_lock_that_goes_in_time_costs_no_error(path: Path, database: SqliteDatabase) -> None:
    async with locked(path):
        writing = [asyncio.create_task(write(database, str(one))) for one in range(3)]
        await asyncio.sleep(PATIENCE / 3)
    await asyncio.gather(*writing)


async def test_who_gave_up_holds_up_nobody_afterwards(path: Path, database: SqliteDatabase) -> None:
    async with locked(path):
        writing = [asyncio.create_task(write(database, str(one))) for one in range(3)]
        await asyncio.sleep(PATIENCE / 3)
        for task in writing:
            task.cancel()
        await asyncio.wait(writing)
    async with asyncio.timeout(30):
        await write(database, "bob")


async def test_a_damaged_page_is_named_and_not_taken_for_something_that_passes(
    path: Path, database: SqliteDatabase, caplog: pytest.LogCaptureFixture
) -> None:
    damage(path, "conversations")
    for _ in range(3):
        with pytest.raises(AwayError) as raised:
            async with database.read() as session:
                await session.execute(text("SELECT * FROM conversations"))
        assert raised.value.trouble is DAMAGED
    assert raised.value.retry_after is None
    await write(database, "bob")
    assert database.outages.damage is DAMAGED
    assert len(lines(caplog)) == 1


async def test_an_error_of_a_statement_is_no_outage(database: SqliteDatabase) -> None:
    await write(database, "bob")
    with pytest.raises(Exception, match="UNIQUE"):
        await write(database, "bob")
    assert not database.was_away(within=timedelta(hours=1))


async def test_whether_one_can_write_is_found_out_by_writing(path: Path, database: SqliteDatabase) -> None:
    await database.try_writing()
    async with locked(path):
        database.outages.begun(LOCKED, "as somebody has found")
        with pytest.raises(AwayError):
            await database.try_writing()
        assert database.outages.trouble == LOCKED
    await database.try_writing()
    assert not database.outages.trouble
    assert database.outages.recent(timedelta(hours=1)) is LOCKED


async def test_a_trial_leaves_nothing_behind(database: SqliteDatabase) -> None:
    await database.try_writing()
    async with database.read() as session:
        assert (await session.execute(text("SELECT count(*) FROM alembic_version"))).scalar() == 1


def test_what_comes_and_goes_is_not_said_at_each_turn(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    outages = Outages()
    for _ in range(20):
        outages.begun(FULL, "disk I/O error")
        outages.over()
    assert len(lines(caplog)) == 2


def test_what_can_be_read_says_nothing_of_writing() -> None:
    outages = Outages()
    outages.begun(FULL, "full")
    outages.over(by_reading=True)
    assert outages.trouble == FULL
    outages.over()
    outages.begun(AWAY, "away")
    outages.over(by_reading=True)
    assert not outages.trouble
