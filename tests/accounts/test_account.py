"""What people do with their own account."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.accounts.people import ALICE, BOB, HOME, PASSWORD, House
from webapp.accounts.account import LIFETIMES
from webapp.accounts.api_tokens_store import MOST
from webapp.accounts.browsers import browser_in_words
from webapp.accounts.limits import DEVICE
from webapp.accounts.moments import ago
from webapp.accounts.sections import OwnSections
from webapp.accounts.users import Caller, Role, User
from webapp.accounts.ways_in import Way, WaysIn
from webapp.config import Settings
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError, TooManyError

NEW = "a stormy evening"


async def sign_in(house: House, user: User) -> Caller:
    arrival = await house.arrivals.begin(user, Way.PASSWORD, HOME)
    caller = await house.sessions.find(arrival.session)
    assert caller is not None
    return caller


@pytest.fixture
async def alice(house: House) -> Caller:
    return await sign_in(house, await house.add(ALICE))


async def test_a_new_password_ends_all_other_sessions(house: House, alice: Caller) -> None:
    other = await sign_in(house, alice.user)
    bob = await sign_in(house, await house.add(BOB))
    await house.account.change_password(alice, PASSWORD, NEW, HOME)
    assert await house.sessions.alive([one.credential for one in (alice, other, bob) if one.credential]) == {
        alice.credential,
        bob.credential,
    }
    assert await house.signing_in.by_password(ALICE, NEW, HOME) == alice.user
    assert (await house.told())[-1] == "password_changed"


async def test_a_new_password_needs_the_current_one_and_has_to_do(house: House, alice: Caller) -> None:
    other = await sign_in(house, alice.user)
    with pytest.raises(InvalidError, match="current password is not right"):
        await house.account.change_password(alice, "a wrong password", NEW, HOME)
    with pytest.raises(InvalidError, match="10 to 200"):
        await house.account.change_password(alice, PASSWORD, "short", HOME)
    assert await house.signing_in.by_password(ALICE, PASSWORD, HOME) == alice.user
    assert other.credential in await house.sessions.alive([other.credential] if other.credential else [])


async def test_an_open_browser_is_no_place_to_guess_the_password(house: House, alice: Caller) -> None:
    for _ in range(DEVICE.free):
        with pytest.raises(InvalidError):
            await house.account.change_password(alice, "a wrong password", NEW, HOME)
    with pytest.raises(TooManyError):
        await house.account.change_password(alice, PASSWORD, NEW, HOME)


async def test_who_has_no_password_sets_one_without(house: House) -> None:
    caller = await sign_in(house, await house.users.add(BOB, "", Role.MEMBER))
    assert not await house.account.has_password(caller)
    await house.account.change_password(caller, "", NEW, HOME)
    assert await house.account.has_password(caller)


async def test_sessions_are_ended_by_their_owner_alone(house: House, alice: Caller) -> None:
    bob = await sign_in(house, await house.add(BOB))
    other = await sign_in(house, alice.user)
    assert alice.credential is not None
    assert other.credential is not None
    with pytest.raises(NotFoundError):
        await house.account.end_session(bob, other.credential, HOME)
    await house.account.end_session(alice, other.credential, HOME)
    assert await house.sessions.alive([other.credential, alice.credential]) == {alice.credential}
    await sign_in(house, alice.user)
    await house.account.end_other_sessions(alice, HOME)
    assert [one.id for one in await house.sessions.of(alice.user.id)] == [alice.credential]
    assert (await house.told())[-1] == "sessions_ended"


async def test_a_token_is_made_once_and_revoked(house: House, alice: Caller) -> None:
    token = await house.account.make_token(alice, " My  script ", ["write", "read"], 7, HOME)
    caller = await house.tokens.find(token)
    assert caller is not None
    assert caller.scopes == frozenset({"read", "write"})
    (listed,) = await house.tokens.of(alice.user.id)
    assert listed.name == "My script"
    assert listed.expires_at is not None
    assert timedelta(days=6) < listed.expires_at - datetime.now(UTC) <= timedelta(days=7)
    bob = await sign_in(house, await house.add(BOB))
    with pytest.raises(NotFoundError):
        await house.account.revoke_token(bob, listed.id, HOME)
    await house.account.revoke_token(alice, listed.id, HOME)
    assert await house.tokens.find(token) is None
    assert (await house.told())[-1] == "token_revoked"
    assert [one.subject for one in await house.events.page() if one.kind == "token_made"] == ["My script"]


@pytest.mark.parametrize(
    ("name", "scopes", "days", "why"),
    [
        ("", ["read"], 7, "a name"),
        ("x" * 61, ["read"], 7, "a name"),
        ("script", [], 7, "at least one"),
        ("script", ["everything"], 7, "at least one"),
        ("script", ["read"], 8, "7, 30, 90 or 365"),
        ("script", ["read"], -1, "7, 30, 90 or 365"),
    ],
)
async def test_a_token_that_cannot_be_is_refused(
    house: House, alice: Caller, name: str, scopes: list[str], days: int, why: str
) -> None:
    with pytest.raises(InvalidError, match=why):
        await house.account.make_token(alice, name, scopes, days, HOME)
    assert await house.tokens.of(alice.user.id) == []


async def test_tokens_end_somewhere(house: House, alice: Caller) -> None:
    for _ in range(MOST):
        await house.tokens.add(alice.user.id, "script", ["read"], None)
    with pytest.raises(ConflictError):
        await house.account.make_token(alice, "one more", ["read"], 7, HOME)


async def test_the_page_has_one_s_own_things(house: House, alice: Caller) -> None:
    await sign_in(house, alice.user)
    await sign_in(house, await house.add(BOB))
    await house.account.make_token(alice, "script", ["read"], 0, HOME)
    await house.account.rename(alice, "Alice Liddell")
    own = OwnSections(house.account, house.sessions, house.tokens, WaysIn.of(Settings()))
    sessions = (await own.sessions(alice)).sessions
    assert [one.is_this_one for one in sessions] == [True, False]
    (token,) = (await own.tokens(alice)).tokens
    assert (token.name, token.last_used, token.ends) == ("script", "never", "")
    assert {one.days for one in (await own.tokens(alice)).lifetimes} == set(LIFETIMES)
    assert (await own.profile(alice)).name == ALICE


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/126.0 Safari/537.36 Edg/126.0", "Edge on Windows"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605 Version/17 Safari/605", "Safari on Mac"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605 CriOS/126 Safari", "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126 Mobile Safari", "Chrome on Android"),
        ("curl/8.5.0", "curl"),
        ("a program of one's own", "a program of one's own"),
        ("", "An unknown browser"),
    ],
)
def test_a_browser_is_told_in_words(user_agent: str, words: str) -> None:
    assert browser_in_words(user_agent) == words


NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "just now"),
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(minutes=59), "59 minutes ago"),
        (timedelta(hours=1), "1 hour ago"),
        (timedelta(days=7), "7 days ago"),
        (timedelta(days=12), "12 Nov 2026"),
    ],
)
def test_a_time_is_told_in_words(passed: timedelta, words: str) -> None:
    assert ago(NOW - passed, NOW) == words
