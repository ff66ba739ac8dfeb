"""Sessions: whose they are, how they end, and that nothing but the cookie's secret finds one."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from tests.accounts.people import ALICE, BOB, House
from webapp.accounts.secret import hash_of
from webapp.accounts.sessions_store import IDLE, LIFETIME, RECENT
from webapp.accounts.users import User
from webapp.db.tables import Session as SessionRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import SignedOutError

LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def alice(house: House) -> User:
    return await house.add(ALICE)


@pytest.fixture
async def bob(house: House) -> User:
    return await house.add(BOB)


async def begin(house: House, user: User) -> tuple[str, UUID]:
    secret = await house.sessions.begin(user.id, method="password", browser="Firefox")
    caller = await house.sessions.find(secret)
    assert caller is not None
    assert caller.credential is not None
    return secret, caller.credential


async def change(house: House, **values: Any) -> None:
    async with house.database.write() as session:
        await session.execute(update(SessionRow).values(**values))


async def test_a_session_is_found_by_its_secret_alone(house: House, alice: User) -> None:
    secret, session_id = await begin(house, alice)
    caller = await house.sessions.find(secret)
    assert caller is not None
    assert (caller.user, caller.is_browser, caller.may("write")) == (alice, True, True)
    for wrong in ("", secret[:-1], secret.swapcase(), str(session_id), hash_of(secret).hex()):
        assert await house.sessions.find(wrong) is None


async def test_the_database_does_not_have_the_secret(house: House, alice: User) -> None:
    secret, _ = await begin(house, alice)
    async with house.database.read() as session:
        row = await session.scalar(select(SessionRow))
    assert row is not None
    assert secret.encode() not in row.token_hash
    assert len({secret, *[await house.sessions.begin(alice.id, method="", browser="") for _ in range(3)]}) == 4


@pytest.mark.parametrize(
    "values", [{"expires_at": LONG_AGO}, {"last_seen_at": datetime.now(UTC) - IDLE}], ids=["lifetime", "idle"]
)
async def test_a_session_ends_by_itself(house: House, alice: User, values: dict[str, Any]) -> None:
    secret, session_id = await begin(house, alice)
    await change(house, **values)
    assert await house.sessions.find(secret) is None
    assert await house.sessions.alive([session_id]) == set()
    assert await house.sessions.of(alice.id) == []
    await begin(house, alice)
    async with house.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(SessionRow)) == 1


async def test_to_use_a_session_keeps_it_but_not_for_ever(house: House, alice: User) -> None:
    secret, _ = await begin(house, alice)
    before = datetime.now(UTC) - timedelta(days=1)
    await change(house, last_seen_at=before)
    await house.sessions.find(secret)
    (seen,) = await house.sessions.of(alice.id)
    assert seen.last_seen_at > before
    assert LIFETIME > IDLE


async def test_who_is_disabled_has_no_session_any_more(house: House, alice: User, bob: User) -> None:
    secret, session_id = await begin(house, alice)
    other, _ = await begin(house, bob)
    async with house.database.write() as session:
        await session.execute(update(UserRow).where(UserRow.id == alice.id).values(disabled_at=LONG_AGO))
    assert await house.sessions.find(secret) is None
    assert await house.sessions.alive([session_id]) == set()
    assert await house.sessions.find(other) is not None


async def test_one_session_is_ended_by_its_owner_and_by_nobody_else(house: House, alice: User, bob: User) -> None:
    secret, session_id = await begin(house, alice)
    kept, _ = await begin(house, alice)
    assert not await house.sessions.end(bob.id, session_id)
    assert await house.sessions.find(secret) is not None
    assert await house.sessions.end(alice.id, session_id)
    assert not await house.sessions.end(alice.id, session_id)
    assert await house.sessions.find(secret) is None
    assert await house.sessions.find(kept) is not None


async def test_all_others_are_ended_at_once(house: House, alice: User, bob: User) -> None:
    kept, kept_id = await begin(house, alice)
    ended = [await begin(house, alice) for _ in range(2)]
    others, _ = await begin(house, bob)
    assert set((await house.sessions.end_all(alice.id, but=kept_id)).sessions) == {
        session_id for _, session_id in ended
    }
    assert [one.id for one in await house.sessions.of(alice.id)] == [kept_id]
    assert (await house.sessions.end_all(alice.id)).sessions == (kept_id,)
    assert await house.sessions.find(kept) is None
    assert await house.sessions.find(others) is not None


async def test_a_list_tells_how_and_by_what_one_has_signed_in(house: House, alice: User) -> None:
    await house.sessions.begin(alice.id, method="password", browser="x" * 1_000)
    (one,) = await house.sessions.of(alice.id)
    assert (one.method, one.browser) == ("password", "x" * 300)


async def test_a_session_is_fresh_for_some_minutes_after_its_user_has_shown_who_they_are(
    house: House, alice: User, bob: User
) -> None:
    _, session_id = await begin(house, alice)
    assert await house.sessions.is_fresh(alice.id, session_id)
    assert not await house.sessions.is_fresh(bob.id, session_id)
    await change(house, confirmed_at=datetime.now(UTC) - RECENT - timedelta(seconds=1))
    assert not await house.sessions.is_fresh(alice.id, session_id)
    await change(house, confirmed_at=None)
    assert not await house.sessions.is_fresh(alice.id, session_id)


async def test_a_session_that_is_renewed_goes_on_with_another_secret(house: House, alice: User) -> None:
    secret, session_id = await begin(house, alice)
    await change(house, confirmed_at=None)
    renewed = await house.sessions.renew(alice.id, session_id)
    assert await house.sessions.find(secret) is None
    caller = await house.sessions.find(renewed)
    assert caller is not None
    assert caller.credential == session_id
    assert await house.sessions.is_fresh(alice.id, session_id)


async def test_a_session_that_has_ended_is_not_renewed(house: House, alice: User, bob: User) -> None:
    secret, session_id = await begin(house, alice)
    with pytest.raises(SignedOutError):
        await house.sessions.renew(bob.id, session_id)
    assert await house.sessions.find(secret) is not None
    await house.sessions.end(alice.id, session_id)
    with pytest.raises(SignedOutError):
        await house.sessions.renew(alice.id, session_id)
