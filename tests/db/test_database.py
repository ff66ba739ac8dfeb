"""What both kinds of database promise alike."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import DBAPIError

from tests.fakes.database import open_database
from webapp.db.address import Address
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import CatalogModel, User
from webapp.db.types import new_id

NOW = datetime(2026, 11, 1, 12, 0, 0, 123456, tzinfo=UTC)


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address) as database:
        yield database


def model(key: str, **values: object) -> CatalogModel:
    rest = {"name": "", "position": 0, "fetched_at": NOW}
    return CatalogModel(id=key, **(rest | values))  # type: ignore[arg-type]  # a test names any column


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\x10", "\x100\x10E", "\x10\x00", "😀\x00é", "", "x" * 1_000_000])
async def test_text_comes_back_as_it_was(database: Database, text: str) -> None:
    async with database.write() as session:
        session.add(model("one", description=text, name=text[:300], input_modalities=[text[:10]]))
    async with database.read() as session:
        row = (await session.scalars(select(CatalogModel).where(CatalogModel.description == text))).one()
        assert (row.name, row.input_modalities) == (text[:300], [text[:10]])


async def test_a_number_that_nobody_can_mean_costs_nothing_but_itself(database: Database) -> None:
    async with database.write() as session:
        session.add_all([model("large", context_length=10**30), model("fits", context_length=2**40)])
    async with database.read() as session:
        found = await session.execute(select(CatalogModel.id, CatalogModel.context_length))
        assert {row.id: row.context_length for row in found} == {"large": 2**63 - 1, "fits": 2**40}


async def test_a_time_of_another_zone_is_the_same_moment(database: Database) -> None:
    elsewhere = NOW.astimezone(timezone(timedelta(hours=-7)))
    async with database.write() as session:
        session.add(User(name="one", created_at=elsewhere))
    async with database.read() as session:
        kept = await session.scalar(select(User.created_at).where(User.created_at == elsewhere))
        assert kept == NOW
        assert kept.utcoffset() == timedelta(0)


async def test_the_database_tells_the_time(database: Database) -> None:
    async with database.write() as session:
        session.add(User(name="one", created_at=NOW))
        await session.execute(update(User).values(created_at=moment(ago=timedelta(seconds=90))))
    async with database.read() as session:
        created = await session.scalar(select(User.created_at))
        assert created is not None
        assert timedelta(0) <= datetime.now(UTC) - timedelta(seconds=90) - created < timedelta(seconds=20)
        older = select(func.count()).select_from(User).where(User.created_at <= moment(ago=timedelta(seconds=60)))
        assert await session.scalar(older) == 1
        assert await session.scalar(older.where(User.created_at <= moment(ago=timedelta(seconds=300)))) == 0


async def test_a_reader_sees_one_moment_whatever_is_written_meanwhile(database: Database) -> None:
    async with database.read() as reading:
        assert await reading.scalar(select(func.count()).select_from(User)) == 0
        async with database.write() as writing:
            writing.add(User(name="one", created_at=NOW))
        assert await reading.scalar(select(func.count()).select_from(User)) == 0


async def test_what_is_written_while_reading_is_not_kept(database: Database) -> None:
    async with database.write() as session:
        session.add(User(name="one", created_at=NOW))
    with suppress(DBAPIError):  # Postgres does not let it happen
        async with database.read() as session:
            await session.execute(update(User).values(name="two"))
    async with database.read() as session:
        assert await session.scalar(select(User.name)) == "one"


async def test_whoever_raises_leaves_nothing_and_holds_nothing_up(database: Database) -> None:
    key = new_id()
    with suppress(LookupError):
        async with database.write(key) as session:
            session.add(User(name="one", created_at=NOW))
            await session.flush()
            raise LookupError
    async with asyncio.timeout(30), database.write(key) as session:
        assert await session.scalar(select(func.count()).select_from(User)) == 0


async def test_those_who_look_and_write_under_one_key_take_turns_in_several_processes(address: Address) -> None:
    key, limit = new_id(), 3

    async def add_below_limit(database: Database) -> None:
        async with database.write(key) as session:
            if (await session.scalar(select(func.count()).select_from(User)) or 0) < limit:
                session.add(User(name=str(new_id()), created_at=NOW))

    async with open_database(address) as here, open_database(address) as there:
        await asyncio.gather(*(add_below_limit(one) for one in [here, there] * 6))
        async with here.read() as session:
            assert await session.scalar(select(func.count()).select_from(User)) == limit
