"""API tokens: what they may do, for how long, and whose they are."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import update

from tests.accounts.people import ALICE, BOB, House
from webapp.accounts.authentication import Authentication
from webapp.accounts.users import User
from webapp.db.tables import ApiToken as TokenRow
from webapp.db.tables import User as UserRow

PAST = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def alice(house: House) -> User:
    return await house.add(ALICE)


async def test_a_token_is_its_user_with_its_scopes(house: House, alice: User) -> None:
    token = await house.tokens.add(alice.id, "script", ["read"], None)
    caller = await house.tokens.find(token)
    assert caller is not None
    assert (caller.user, caller.is_browser, caller.may("read"), caller.may("write")) == (alice, False, True, False)
    assert token.startswith("oc_")


async def test_a_token_ends_when_its_time_is_over(house: House, alice: User) -> None:
    token = await house.tokens.add(alice.id, "script", ["read"], datetime.now(UTC) + timedelta(days=1))
    caller = await house.tokens.find(token)
    assert caller is not None
    assert caller.credential is not None
    async with house.database.write() as session:
        await session.execute(update(TokenRow).values(expires_at=PAST))
    assert await house.tokens.find(token) is None
    assert await house.tokens.alive([caller.credential]) == set()
    (listed,) = await house.tokens.of(alice.id)
    assert listed.expires_at == PAST


async def test_who_is_disabled_has_no_tokens(house: House, alice: User) -> None:
    token = await house.tokens.add(alice.id, "script", ["read"], None)
    async with house.database.write() as session:
        await session.execute(update(UserRow).values(disabled_at=PAST))
    assert await house.tokens.find(token) is None


async def test_the_last_use_is_told(house: House, alice: User) -> None:
    token = await house.tokens.add(alice.id, "script", ["read"], None)
    (before,) = await house.tokens.of(alice.id)
    await house.tokens.find(token)
    (after,) = await house.tokens.of(alice.id)
    assert before.last_used_at is None
    assert after.last_used_at is not None


async def test_a_token_is_revoked_by_its_owner_alone(house: House, alice: User) -> None:
    bob = await house.add(BOB)
    token = await house.tokens.add(alice.id, "script", ["read", "write"], None)
    (listed,) = await house.tokens.of(alice.id)
    assert await house.tokens.of(bob.id) == []
    assert not await house.tokens.end(bob.id, listed.id)
    assert not await house.tokens.end(alice.id, UUID(int=1))
    assert await house.tokens.end(alice.id, listed.id)
    assert await house.tokens.find(token) is None


async def test_only_a_bearer_of_ours_is_looked_up(house: House, alice: User) -> None:
    authentication = Authentication(house.users, house.sessions, house.tokens, has_accounts=True)
    token = await house.tokens.add(alice.id, "script", ["read"], None)
    assert await authentication.by_authorization(f"bearer  {token} ") is not None
    for header in ("", token, f"Basic {token}", f"Bearer {token}x", "Bearer oc_" + "x" * 1_000, "Bearer \ud800"):
        assert await authentication.by_authorization(header) is None


async def test_without_accounts_a_browser_is_the_local_user(house: House) -> None:
    authentication = Authentication(house.users, house.sessions, house.tokens, has_accounts=False)
    caller = await authentication.by_cookie("")
    assert caller is not None
    assert (caller.user.name, caller.user.is_administrator, caller.credential) == ("local", True, None)
    assert await authentication.by_cookie("anything") == caller
