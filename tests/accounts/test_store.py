"""The one local user."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.fakes.database import open_database
from webapp.accounts.store import Users
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(tmp_path / "test.db") as database:
        yield database


async def test_the_local_user_is_made_once_and_found_again(database: Database) -> None:
    first = await Users(database).local()
    assert first.name == "local"
    assert await Users(database).local() == first


async def test_who_starts_at_the_same_time_finds_the_same_user(database: Database) -> None:
    users = await asyncio.gather(*(Users(database).local() for _ in range(5)))
    assert len(set(users)) == 1
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(UserRow)) == 1
