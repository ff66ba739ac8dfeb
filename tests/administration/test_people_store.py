"""Everybody who may come in: found by name, kept out at once, and never the last one who could let them in again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import func, select

from tests.accounts.people import ALICE, BOB, HOME, PASSWORD, House
from tests.fakes.database import open_database
from webapp.accounts.purposes import ENDS_WITH, MADE_IN_OFFICE, Purpose
from webapp.accounts.users import Role
from webapp.accounts.ways_in import Way
from webapp.administration.people_store import Ended, People
from webapp.conversations.store import Conversations
from webapp.db.address import Address
from webapp.db.tables import Base
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError

CAROL = "carol@example.org"
HOUR = timedelta(hours=1)


@pytest.fixture
def people(house: House) -> People:
    return People(house.database)


async def names(people: People, find: str = "", after: str = "", limit: int = 50) -> list[str]:
    return [person.name for person in await people.page(find, after, limit)]


# Finding


async def test_people_are_listed_by_name_a_page_at_a_time(house: House, people: People) -> None:
    for name in (CAROL, ALICE, BOB):
        await house.add(name)
    assert await names(people, limit=2) == [ALICE, BOB]
    assert await names(people, after=BOB) == [CAROL]


async def test_people_are_found_by_either_name(house: House, people: People) -> None:
    await house.add(ALICE)
    await house.users.add("x_y@example.org", "Alice the Second", Role.MEMBER)
    assert await names(people, "ALICE") == [ALICE, "x_y@example.org"]
    assert await names(people, "x_y") == ["x_y@example.org"]
    assert await names(people, "%") == []
    await house.users.add(BOB, "Özlem Şahin", Role.MEMBER)
    assert await names(people, " Özlem ") == [BOB]


async def test_who_owns_everything_without_accounts_is_none_of_them(house: House, people: People) -> None:
    local = await house.users.local()
    assert await names(people) == []
    with pytest.raises(NotFoundError):
        await people.find(local.id)


async def test_when_somebody_was_there_last_is_told(house: House, people: People) -> None:
    alice = await house.add(ALICE)
    assert (await people.find(alice.id)).signed_in_at is None
    await house.sessions.begin(alice.id, method="password", browser="")
    seen = (await people.find(alice.id)).signed_in_at
    assert seen is not None
    assert abs((datetime.now(UTC) - seen).total_seconds()) < 600


async def test_nothing_is_done_to_nobody(people: People) -> None:
    nobody = new_id()
    for act in (
        people.find(nobody),
        people.set_role(new_id(), nobody, Role.MEMBER),
        people.disable(new_id(), nobody),
        people.enable(new_id(), nobody),
        people.delete(new_id(), nobody),
    ):
        with pytest.raises(NotFoundError):
            await act


# Roles


async def test_a_role_is_given_and_taken(house: House, people: People) -> None:
    alice = await house.add(ALICE, Role.ADMINISTRATOR)
    bob = await house.add(BOB)
    assert (await people.set_role(alice.id, bob.id, Role.ADMINISTRATOR)).role is Role.ADMINISTRATOR
    assert (await people.set_role(alice.id, bob.id, Role.MEMBER)).role is Role.MEMBER


async def test_the_last_administrator_stays_one(house: House, people: People) -> None:
    alice, bob = await house.add(ALICE, Role.ADMINISTRATOR), await house.add(BOB, Role.ADMINISTRATOR)
    await people.disable(alice.id, bob.id)  # who cannot come in does not count
    for act in (
        people.set_role(alice.id, alice.id, Role.MEMBER),
        people.disable(bob.id, alice.id),
        people.delete(bob.id, alice.id),
    ):
        with pytest.raises(ConflictError, match="the only administrator"):
            await act
    assert not (await people.find(alice.id)).is_disabled


async def test_nobody_disables_or_deletes_themselves(house: House, people: People) -> None:
    alice = await house.add(ALICE, Role.ADMINISTRATOR)
    await house.add(BOB, Role.ADMINISTRATOR)
    for act in (people.disable(alice.id, alice.id), people.delete(alice.id, alice.id)):
        with pytest.raises(ConflictError, match="Ask another administrator"):
            await act


@pytest.mark.parametrize("act", ["demote", "disable", "delete"])
async def test_of_two_who_turn_on_each_other_at_once_one_stays(address: Address, house: House, act: str) -> None:
    alice, bob = await house.add(ALICE, Role.ADMINISTRATOR), await house.add(BOB, Role.ADMINISTRATOR)

    async def turn(people: People, actor: UUID, other: UUID) -> object:
        if act == "demote":
            return await people.set_role(actor, other, Role.MEMBER)
        return await (people.disable if act == "disable" else people.delete)(actor, other)

    async with open_database(address) as elsewhere:
        outcomes = await asyncio.gather(
            turn(People(house.database), alice.id, bob.id),
            turn(People(elsewhere), bob.id, alice.id),
            return_exceptions=True,
        )
    assert sorted(isinstance(one, ConflictError) for one in outcomes) == [False, True]
    assert await house.users.has_administrator()


# Ends


async def test_who_is_disabled_is_out_at_once_and_keeps_the_conversations(house: House, people: People) -> None:
    alice, bob = await house.add(ALICE, Role.ADMINISTRATOR), await house.add(BOB)
    secret = (await house.arrivals.begin(bob, Way.PASSWORD, HOME, "")).session
    token = await house.tokens.add(bob.id, "script", ["read"], None)
    reset = await house.tickets.make(Purpose.PASSWORD, HOUR, user_id=bob.id)
    conversations = Conversations(house.database, max_live=8, renderer_version=1)
    exchange = await conversations.add_exchange(bob.id, None, "Hi", "m", "")
    caller = await house.sessions.find(secret)
    assert caller is not None

    ended = await people.disable(alice.id, bob.id)
    assert caller.credential in ended.credentials
    assert len(ended.credentials) == 2
    assert ended.growing == (exchange.answer.id,)
    assert await house.sessions.find(secret) is None
    assert await house.tokens.find(token) is None
    assert await house.tickets.find(Purpose.PASSWORD, reset) is None
    assert len(await conversations.page(bob.id, limit=9)) == 1

    await people.enable(alice.id, bob.id)
    assert not (await people.find(bob.id)).is_disabled
    assert await house.sessions.find(secret) is None, "what has ended does not come back"
    assert await house.tokens.find(token) is None


ENDS: Final[dict[str, Any]] = {
    "disabled": lambda people, actor, other: people.disable(actor, other),
    "deleted": lambda people, actor, other: people.delete(actor, other),
    "a member": lambda people, actor, other: people.set_role(actor, other, Role.MEMBER),
}


@pytest.mark.parametrize("end", ENDS)
async def test_what_an_administrator_has_made_ends_with_the_office(house: House, people: People, end: str) -> None:
    alice, eve = await house.add(ALICE, Role.ADMINISTRATOR), await house.add("eve@example.org", Role.ADMINISTRATOR)
    tokens = [
        (await house.invitations.make(eve, Role.ADMINISTRATOR, "", 30, HOME)).rpartition("=")[2],
        (await house.invitations.make(eve, Role.MEMBER, CAROL, 30, HOME)).rpartition("=")[2],
    ]
    reset = (await house.reset_links.make(eve, alice.id)).rpartition("=")[2]
    other = (await house.invitations.make(alice, Role.MEMBER, "", 30, HOME)).rpartition("=")[2]
    own = (await house.reset_links.make("", alice.id)).rpartition("=")[2]

    await ENDS[end](people, alice.id, eve.id)
    for token in tokens:
        with pytest.raises(NotFoundError):
            await house.invitations.join(token, BOB, "", PASSWORD, HOME)
    with pytest.raises(NotFoundError):
        await house.resetting.reset(reset, "a stormy evening", HOME)
    assert (await house.invitations.check(other)).made_by == ALICE
    assert (await house.resetting.check(own)) == alice
    assert [one.made_by for one in await house.invitations.all()] == [ALICE]

    if end == "disabled":
        await people.enable(alice.id, eve.id)
        assert len(await house.invitations.all()) == 1, "what has ended does not come back"


@pytest.mark.parametrize("end", ENDS)
async def test_who_is_put_out_meanwhile_does_nothing_more(house: House, people: People, end: str) -> None:
    """A request that has passed the guard just before."""
    alice, eve = await house.add(ALICE, Role.ADMINISTRATOR), await house.add("eve@example.org", Role.ADMINISTRATOR)
    bob = await house.add(BOB)
    await ENDS[end](people, alice.id, eve.id)
    for act in (
        house.invitations.make(eve, Role.ADMINISTRATOR, "", 30, HOME),
        house.reset_links.make(eve, alice.id),
        people.set_role(eve.id, bob.id, Role.ADMINISTRATOR),
        people.disable(eve.id, bob.id),
        people.enable(eve.id, bob.id),
        people.delete(eve.id, bob.id),
    ):
        with pytest.raises(ConflictError, match="no administrator any more"):
            await act
    assert not await house.invitations.all()
    assert not await house.tickets.of(Purpose.PASSWORD)


async def test_of_a_link_and_the_end_of_who_makes_it_at_once_no_link_stays(address: Address, house: House) -> None:
    alice = await house.add(ALICE, Role.ADMINISTRATOR)
    async with open_database(address) as elsewhere:
        for number in range(4):
            eve = await house.add(f"eve{number}@example.org", Role.ADMINISTRATOR)
            await asyncio.gather(
                *(house.invitations.make(eve, Role.ADMINISTRATOR, "", 30, HOME) for _ in range(3)),
                People(elsewhere).disable(alice.id, eve.id),
                *(house.reset_links.make(eve, alice.id) for _ in range(3)),
                return_exceptions=True,
            )
            assert not await house.invitations.all()
            assert not await house.tickets.of(Purpose.PASSWORD)


def test_every_kind_of_ticket_says_what_it_ends_with() -> None:
    assert set(ENDS_WITH) == set(Purpose), "say whose right a ticket of the new kind is"
    assert set(MADE_IN_OFFICE) == {Purpose.INVITATION, Purpose.PASSWORD}


def test_nothing_else_that_is_kept_names_its_maker() -> None:
    """What carries a right belongs to a user, and goes with them; only tickets are made for others."""
    makers = [
        column
        for column in (column for table in Base.metadata.tables.values() for column in table.c)
        if column.name.endswith("_by") or column.name in ("maker", "maker_id", "actor", "creator", "author")
    ]
    assert {str(column) for column in makers} == {"tickets.made_by", "security_events.actor"}
    references = [key for table in Base.metadata.tables.values() for key in table.foreign_keys]
    of_users = [key for key in references if key.column.table.name == "users"]
    assert of_users
    assert {key.ondelete for key in of_users} == {"CASCADE"}


async def test_to_disable_twice_changes_nothing(house: House, people: People) -> None:
    alice, bob = await house.add(ALICE, Role.ADMINISTRATOR), await house.add(BOB)
    await people.disable(alice.id, bob.id)
    since = (await people.find(bob.id)).disabled_at
    assert await people.disable(alice.id, bob.id) == Ended()
    assert (await people.find(bob.id)).disabled_at == since


async def test_who_is_deleted_goes_with_all_that_is_theirs_and_with_nothing_else(house: House, people: People) -> None:
    alice, bob = await house.add(ALICE, Role.ADMINISTRATOR), await house.add(BOB)
    conversations = Conversations(house.database, max_live=8, renderer_version=1)
    for owner in (alice, bob):
        await house.arrivals.begin(owner, Way.PASSWORD, HOME, "")
        await conversations.add_exchange(owner.id, None, "Hi", "m", "")
    before = await rows(house)
    ended = await people.delete(alice.id, bob.id)
    assert len(ended.credentials) == len(ended.growing) == 1
    assert await names(people) == [ALICE]
    halved = {name: count // 2 for name, count in before.items() if name not in ("security_events", "attempts")}
    after = await rows(house)
    assert {name: after[name] for name in halved} == halved
    assert len(await conversations.page(alice.id, limit=9)) == 1


async def rows(house: House) -> dict[str, int]:
    """How many rows each table has."""
    async with house.database.read() as session:
        return {
            name: (await session.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in Base.metadata.tables.items()
        }
