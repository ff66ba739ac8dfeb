"""A database with all tables, of each kind, and people to have accounts there."""

from collections.abc import AsyncIterator

import pytest

from tests.accounts.people import House
from tests.fakes.database import open_database
from webapp.db.address import Address
from webapp.db.engine import Database


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address) as database:
        yield database


@pytest.fixture
def house(database: Database) -> House:
    return House(database)
