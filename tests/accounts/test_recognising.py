"""Which account somebody has who signed in at the provider; above all, which they have not."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import pytest
from sqlalchemy import update

from tests.accounts.people import HOME
from tests.fakes.database import open_database
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.id_tokens import Claims
from webapp.accounts.identities_store import Identities
from webapp.accounts.passkeys_store import LastWayInError, PasskeyStore
from webapp.accounts.purposes import Purpose
from webapp.accounts.recognising import Recognising
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role
from webapp.config import Settings
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.web.refusals import ConflictError, ForbiddenError

ISSUER: Final = "https://accounts.example.org"
BOB: Final = Claims(ISSUER, "1", "Bob@Example.org", "Bob")


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address) as database:
        yield database


@pytest.fixture
def users(database: Database) -> Users:
    return Users(database)


@pytest.fixture
def identities(database: Database) -> Identities:
    return Identities(database)


def recognising(database: Database, **settings: Any) -> Recognising:
    return Recognising(
        Settings(oidc_name="Provider", **settings),
        Users(database),
        Identities(database),
        Tickets(database),
        Events(database),
    )


async def test_who_has_an_address_of_the_domains_gets_an_account(database: Database) -> None:
    user = await recognising(database, oidc_domains="example.com, EXAMPLE.org").user_of(BOB, HOME)
    assert (user.name, user.full_name, user.role) == ("bob@example.org", "Bob", Role.MEMBER)


async def test_the_same_person_is_found_again_by_any_other_address(database: Database) -> None:
    bob = await recognising(database, oidc_domains="example.org").user_of(BOB, HOME)
    for claims in (Claims(ISSUER, "1"), Claims(ISSUER, "1", "robert@evil.example")):
        assert await recognising(database).user_of(claims, HOME) == bob


async def test_another_at_the_same_address_is_another(database: Database) -> None:
    await recognising(database, oidc_domains="example.org").user_of(BOB, HOME)
    for claims in (Claims(ISSUER, "2", BOB.email), Claims("https://other.example", "1", BOB.email)):
        with pytest.raises(ForbiddenError, match=r"an account for .* already"):
            await recognising(database, oidc_domains="example.org").user_of(claims, HOME)


async def test_an_invitation_for_the_address_is_used_up_and_gives_its_role(database: Database) -> None:
    tickets = Tickets(database)
    for name in ("", "eve@example.org", "bob@example.org"):
        data = {"role": "administrator" if name else "member", "name": name}
        await tickets.make(Purpose.INVITATION, timedelta(days=1), data=data, made_by="alice@example.org")
    user = await recognising(database).user_of(BOB, HOME)
    assert user.role is Role.ADMINISTRATOR
    assert {one.data["name"] for one in await tickets.of(Purpose.INVITATION)} == {"", "eve@example.org"}
    (event,) = await Events(database).page()
    assert (event.kind, event.actor, event.address) == (Kind.INVITATION_USED, "bob@example.org", HOME.address)


@pytest.mark.parametrize("domains", ["", "example.com", "org", "sub.example.org", "ample.org"])
async def test_nobody_else_gets_one(database: Database, users: Users, domains: str) -> None:
    with pytest.raises(ForbiddenError, match="Nobody has invited"):
        await recognising(database, oidc_domains=domains).user_of(BOB, HOME)
    assert await users.credentials("bob@example.org") is None


@pytest.mark.parametrize("email", ["", "no address", "a@b", "a@evil.example@example.org", "a\n@example.org"])
async def test_without_a_proven_address_nobody_is_new(database: Database, email: str) -> None:
    with pytest.raises(ForbiddenError, match=r"does not vouch|isn't taken"):
        await recognising(database, oidc_domains="example.org").user_of(Claims(ISSUER, "1", email), HOME)


async def test_a_name_that_is_none_is_left_out(database: Database) -> None:
    user = await recognising(database, oidc_domains="example.org").user_of(
        Claims(ISSUER, "1", BOB.email, "x" * 500), HOME
    )
    assert user.full_name == ""


async def test_an_account_that_waits_for_its_owner_is_theirs(database: Database, users: Users) -> None:
    made = await users.add("bob@example.org", "", Role.ADMINISTRATOR)
    assert await recognising(database).user_of(BOB, HOME) == made
    assert await recognising(database).user_of(Claims(ISSUER, "1"), HOME) == made


async def test_an_account_with_a_password_is_not_taken_over_by_its_address(database: Database, users: Users) -> None:
    """Whoever has made it, perhaps before the owner of the address came, has not shown that it is theirs."""
    await users.add("bob@example.org", "", Role.MEMBER, password_hash="hash")
    with pytest.raises(ForbiddenError, match="Sign in to it as you did before"):
        await recognising(database, oidc_domains="example.org").user_of(BOB, HOME)


async def test_an_account_with_a_passkey_is_not_taken_over_either(database: Database, users: Users) -> None:
    mallory = await users.add("bob@example.org", "", Role.MEMBER)
    await PasskeyStore(database).add(mallory.id, "Key", b"1", b"key")
    with pytest.raises(ForbiddenError, match="Sign in to it as you did before"):
        await recognising(database, oidc_domains="example.org").user_of(BOB, HOME)


async def test_a_closed_account_stays_closed(database: Database, users: Users) -> None:
    await users.add("eve@example.org", "", Role.MEMBER)
    await recognising(database, oidc_domains="example.org").user_of(BOB, HOME)
    async with database.write() as session:
        await session.execute(update(UserRow).values(disabled_at=UserRow.created_at))
    with pytest.raises(ForbiddenError, match="closed"):
        await recognising(database).user_of(BOB, HOME)
    with pytest.raises(ForbiddenError):
        await recognising(database).user_of(Claims(ISSUER, "3", "eve@example.org"), HOME)


async def test_an_identity_is_linked_to_one_account(database: Database, users: Users, identities: Identities) -> None:
    alice = await users.add("alice@example.org", "", Role.MEMBER, password_hash="hash")
    eve = await users.add("eve@example.org", "", Role.MEMBER, password_hash="hash")
    await identities.link(alice.id, BOB.identity)
    assert await recognising(database).user_of(BOB, HOME) == alice
    with pytest.raises(ConflictError):
        await identities.link(eve.id, BOB.identity)
    assert (await identities.has(alice.id), await identities.has(eve.id)) == (True, False)


async def test_a_link_goes_unless_it_is_the_last_way_in(users: Users, identities: Identities) -> None:
    alice = await users.add("alice@example.org", "", Role.MEMBER, identity=BOB.identity)
    with pytest.raises(LastWayInError):
        await identities.unlink(alice.id, lambda left: left.has_password or left.has_identity)
    assert await identities.has(alice.id)
    await users.set_password(alice.id, "hash")
    await identities.unlink(alice.id, lambda left: left.has_password)
    assert await identities.find(BOB.identity) is None
