"""Prompts and personas: kept, changed, found by their owner alone."""

from collections.abc import AsyncIterator
from typing import NamedTuple
from uuid import UUID

import pytest
from msgspec.structs import replace

from tests.fakes.database import open_database
from webapp.accounts.store import Users
from webapp.accounts.users import Role
from webapp.db.address import Address
from webapp.db.types import new_id
from webapp.library import store
from webapp.library.prompts import Persona
from webapp.library.store import Library
from webapp.web.refusals import ConflictError, NotFoundError


class Shelf(NamedTuple):
    library: Library
    alice: UUID
    bob: UUID


@pytest.fixture
async def shelf(address: Address) -> AsyncIterator[Shelf]:
    async with open_database(address) as database:
        users = Users(database)
        people = [(await users.add(f"{name}@example.org", "", Role.MEMBER)).id for name in ("alice", "bob")]
        yield Shelf(Library(database), *people)


async def test_prompts_are_listed_by_name_and_are_their_owner_s_alone(shelf: Shelf) -> None:
    library, alice, bob = shelf
    second = await library.add_prompt(alice, "zebra", "{{x}}")
    first = await library.add_prompt(alice, "Apple", "y")
    assert await library.prompts(alice) == [first, second]
    assert await library.prompts(bob) == []
    await library.change_prompt(alice, replace(first, name="apples", text="z"))
    assert (await library.prompt(alice, first.id)).text == "z"
    for attempt in (
        library.prompt(bob, first.id),
        library.change_prompt(bob, first),
        library.delete_prompt(bob, first.id),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    await library.delete_prompt(alice, first.id)
    assert await library.prompts(alice) == [second]


async def test_there_is_one_default_persona_at_most(shelf: Shelf) -> None:
    library, alice, bob = shelf
    terse = Persona(new_id(), "Terse", "Be brief.", "some/model", {"temperature": 0.5}, is_default=True)
    kind = Persona(new_id(), "Kind", is_default=True)
    assert await library.default_persona(alice) is None
    await library.save_persona(alice, terse, is_new=True)
    assert await library.default_persona(alice) == terse
    await library.save_persona(alice, kind, is_new=True)
    assert await library.personas(alice) == [kind, replace(terse, is_default=False)]
    await library.save_persona(alice, replace(terse, system_prompt="!", is_default=True), is_new=False)
    assert await library.default_persona(alice) == replace(terse, system_prompt="!")
    assert await library.default_persona(bob) is None
    for attempt in (
        library.persona(bob, kind.id),
        library.save_persona(bob, kind, is_new=False),
        library.delete_persona(bob, kind.id),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    await library.delete_persona(alice, terse.id)
    assert await library.default_persona(alice) is None


async def test_there_is_an_end_to_how_many(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST", 1)
    library, alice, bob = shelf
    await library.add_prompt(alice, "a", "a")
    await library.save_persona(alice, Persona(new_id(), "a"), is_new=True)
    with pytest.raises(ConflictError):
        await library.add_prompt(alice, "b", "b")
    with pytest.raises(ConflictError):
        await library.save_persona(alice, Persona(new_id(), "b"), is_new=True)
    await library.add_prompt(bob, "b", "b")
