"""Users: the one local one, the first administrator, all others."""

import asyncio
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.accounts.people import ALICE
from webapp.accounts.store import Users
from webapp.accounts.users import Role, User, read_full_name
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.web.refusals import ConflictError, InvalidError


async def test_the_local_user_is_made_once_and_found_again(database: Database) -> None:
    first = await Users(database).local()
    assert first.name == "local"
    assert await Users(database).local() == first


async def test_who_starts_at_the_same_time_finds_the_same_user(database: Database) -> None:
    users = await asyncio.gather(*(Users(database).local() for _ in range(5)))
    assert len(set(users)) == 1
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(UserRow)) == 1


# People


async def test_the_first_administrator_takes_over_what_there_was_before_accounts(database: Database) -> None:
    users = Users(database)
    local = await users.local()
    first = await users.add_first(ALICE, "Alice", "hash")
    assert (first.id, first.name, first.role) == (local.id, ALICE, Role.ADMINISTRATOR)
    assert await users.local() == first


async def test_of_many_who_would_be_the_first_one_is(database: Database) -> None:
    users = Users(database)
    names = [f"user{number}@example.org" for number in range(5)]
    made = await asyncio.gather(*(users.add_first(name, "", "hash") for name in names), return_exceptions=True)
    assert sum(isinstance(one, User) for one in made) == 1
    assert sum(isinstance(one, ConflictError) for one in made) == 4
    assert await users.has_administrator()


async def test_a_name_is_one_person_s(database: Database) -> None:
    users = Users(database)
    alice = await users.add(ALICE, "Alice", Role.MEMBER)
    with pytest.raises(ConflictError):
        await users.add(ALICE, "Another", Role.MEMBER)
    assert await users.find(alice.id) == alice
    assert await users.find(UUID(int=1)) is None
    assert not await users.has_administrator()


async def test_what_somebody_is_called_and_the_password_can_be_changed(database: Database) -> None:
    users = Users(database)
    alice = await users.add(ALICE, "", Role.MEMBER)
    await users.set_full_name(alice.id, "Alice Liddell")
    await users.set_password(alice.id, "new hash")
    known = await users.own_credentials(alice.id)
    assert known is not None
    assert (known.user.called, known.password_hash, known.is_disabled) == ("Alice Liddell", "new hash", False)
    assert await users.credentials(ALICE) == known
    assert await users.own_credentials(UUID(int=1)) is None


def test_a_full_name_is_one_short_line() -> None:
    assert read_full_name("  Alice\n Liddell ") == "Alice Liddell"
    for text in ("x" * 101, "a\x00b", "a\u202eb"):
        with pytest.raises(InvalidError):
            read_full_name(text)
