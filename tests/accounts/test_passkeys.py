"""Passkeys: what is kept, what opens an account, and what does not. The device is one of software."""

import json
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from sqlalchemy import update

from tests.fakes.authenticator import PRESENT, Authenticator, bytes_of
from tests.fakes.database import open_database
from webapp.accounts.passkeys import Passkeys, RelyingParty
from webapp.accounts.passkeys_store import MOST, LastWayInError, Left, PasskeyStore
from webapp.accounts.round_trips import RoundTrips
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role, User
from webapp.config import Settings
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError

PARTY: Final = RelyingParty("chat.example.org", "https://chat.example.org")
HERE, ELSEWHERE = "b" * 43, "c" * 43  # two browsers


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address) as database:
        yield database


@pytest.fixture
async def alice(database: Database) -> User:
    return await Users(database).add("alice@example.org", "Alice", Role.MEMBER)


@pytest.fixture
async def bob(database: Database) -> User:
    return await Users(database).add("bob@example.org", "", Role.MEMBER)


@pytest.fixture
def store(database: Database) -> PasskeyStore:
    return PasskeyStore(database)


@pytest.fixture
def passkeys(database: Database, store: PasskeyStore) -> Passkeys:
    return Passkeys(store, RoundTrips(Tickets(database)), PARTY, "Open Chat")


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(PARTY.origin)


async def made(passkeys: Passkeys, user: User, device: Authenticator, name: str = "Phone") -> None:
    await passkeys.add(user, device.make(await passkeys.ask_for_new(user, name, HERE)), HERE)


async def test_a_passkey_signs_in_and_leads_on(
    passkeys: Passkeys, store: PasskeyStore, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    known = await passkeys.sign_in(device.sign(await passkeys.ask("/c/1", HERE)), HERE)
    assert (known.user, known.place) == (alice, "/c/1")
    (passkey,) = await store.of(alice.id)
    assert passkey.name == "Phone"
    assert passkey.last_used_at is not None
    (described,) = await store.described(alice.id)
    assert (described.credential_id, described.transports) == (device.credential_id, ("internal",))


async def test_a_passkey_confirms_who_its_owner_is(passkeys: Passkeys, alice: User, device: Authenticator) -> None:
    await made(passkeys, alice, device)
    asked = await passkeys.ask_to_confirm(alice, HERE)
    assert [bytes_of(one["id"]) for one in json.loads(asked)["allowCredentials"]] == [device.credential_id]
    await passkeys.confirm(alice, device.sign(asked), HERE)


async def test_an_answer_does_what_it_was_asked_for_and_nothing_else(
    passkeys: Passkeys, store: PasskeyStore, alice: User, bob: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    with pytest.raises(InvalidError):  # another's question
        await passkeys.confirm(bob, device.sign(await passkeys.ask_to_confirm(bob, HERE)), HERE)
    with pytest.raises(InvalidError):  # another's passkey
        await passkeys.confirm(bob, device.sign(await passkeys.ask_to_confirm(alice, HERE)), HERE)
    with pytest.raises(InvalidError):  # the question of a page to sign in
        await passkeys.confirm(alice, device.sign(await passkeys.ask("/", HERE)), HERE)
    with pytest.raises(InvalidError):  # no sign-in
        await passkeys.sign_in(device.sign(await passkeys.ask_to_confirm(alice, HERE)), HERE)
    other, making = Authenticator(PARTY.origin, credential_id=b"other"), await passkeys.ask_for_new(alice, "", HERE)
    challenge = json.loads(await passkeys.ask_to_confirm(alice, HERE))["challenge"]
    with pytest.raises(InvalidError):  # no new passkey
        await passkeys.add(alice, other.make(json.dumps({**json.loads(making), "challenge": challenge})), HERE)
    assert len(await store.of(alice.id)) == 1


async def test_a_device_that_does_not_count_signs_in_again_and_again(passkeys: Passkeys, alice: User) -> None:
    device = Authenticator(PARTY.origin, counts=False)
    await made(passkeys, alice, device)
    for _ in range(2):
        assert (await passkeys.sign_in(device.sign(await passkeys.ask("/", HERE)), HERE)).user == alice


async def test_the_question_asks_for_a_verified_user_and_leaves_out_known_keys(
    passkeys: Passkeys, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    asked = json.loads(await passkeys.ask_for_new(alice, "", HERE))
    assert asked["rp"] == {"id": "chat.example.org", "name": "Open Chat"}
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert [one["transports"] for one in asked["excludeCredentials"]] == [["internal"]]
    assert "alice" not in asked["user"]["id"]
    assert json.loads(await passkeys.ask("/", HERE))["userVerification"] == "required"


# What does not open an account


async def refused(passkeys: Passkeys, answer: str, browser: str = HERE) -> None:
    with pytest.raises(InvalidError):
        await passkeys.sign_in(answer, browser)


async def test_an_answer_opens_once(passkeys: Passkeys, alice: User) -> None:
    device = Authenticator(PARTY.origin, counts=False)
    await made(passkeys, alice, device)
    answer = device.sign(await passkeys.ask("/", HERE))
    await passkeys.sign_in(answer, HERE)
    await refused(passkeys, answer)


async def test_an_answer_for_another_browser_is_refused_and_stays_good_there(
    passkeys: Passkeys, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    answer = device.sign(await passkeys.ask("/", HERE))
    await refused(passkeys, answer, ELSEWHERE)
    assert (await passkeys.sign_in(answer, HERE)).user == alice


@pytest.mark.parametrize(
    "origin",
    [
        "https://chat.example.org.evil.example",
        "https://evil.example",
        "http://chat.example.org",
        "https://chat.example.org:8443",
        "https://sub.chat.example.org",
    ],
)
async def test_another_origin_is_refused(passkeys: Passkeys, alice: User, device: Authenticator, origin: str) -> None:
    await made(passkeys, alice, device)
    device.origin = origin
    await refused(passkeys, device.sign(await passkeys.ask("/", HERE)))


FRAMED: Final[list[dict[str, Any]]] = [
    {"crossOrigin": True},
    {"crossOrigin": "false"},
    {"crossOrigin": None},
    {"crossOrigin": False, "topOrigin": "https://evil.example"},
    {"crossOrigin": True, "topOrigin": PARTY.origin},
    {"topOrigin": ""},
]


@pytest.mark.parametrize("told", FRAMED)
async def test_inside_a_page_of_another_site_no_passkey_opens_or_is_made(
    passkeys: Passkeys, store: PasskeyStore, alice: User, device: Authenticator, told: dict[str, Any]
) -> None:
    device.told = told
    with pytest.raises(InvalidError, match="in a tab of its own"):
        await made(passkeys, alice, device)
    assert await store.of(alice.id) == ()
    device.told = {"crossOrigin": False}
    await made(passkeys, alice, device)
    device.told = told
    with pytest.raises(InvalidError, match="in a tab of its own"):
        await passkeys.sign_in(device.sign(await passkeys.ask("/", HERE)), HERE)


async def test_a_key_of_another_site_is_refused(passkeys: Passkeys, alice: User, device: Authenticator) -> None:
    await made(passkeys, alice, device)
    device.rp_id = "example.org"
    await refused(passkeys, device.sign(await passkeys.ask("/", HERE)))


async def test_a_challenge_that_was_never_asked_is_refused(
    passkeys: Passkeys, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    asked = json.loads(await passkeys.ask("/", HERE))
    await refused(passkeys, device.sign(json.dumps({**asked, "challenge": "Zm9yZWlnbg"})))


async def test_a_challenge_of_yesterday_is_refused(
    passkeys: Passkeys, database: Database, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    answer = device.sign(await passkeys.ask("/", HERE))
    async with database.write() as session:
        await session.execute(update(TicketRow).values(expires_at=TicketRow.created_at))
    await refused(passkeys, answer)


async def test_a_question_for_a_new_key_is_not_answered_by_a_sign_in(
    passkeys: Passkeys, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    asked = json.loads(await passkeys.ask_for_new(alice, "", HERE))
    await refused(passkeys, device.sign(json.dumps({**asked, "rpId": PARTY.id})))


async def test_a_removed_key_is_refused(
    passkeys: Passkeys, store: PasskeyStore, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    answer = device.sign(await passkeys.ask("/", HERE))
    (passkey,) = await store.of(alice.id)
    await store.remove(alice.id, passkey.id, lambda left: True)
    await refused(passkeys, answer)


async def test_a_key_that_names_another_user_is_refused(
    passkeys: Passkeys, alice: User, bob: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    device.belongs_to(bob.id)
    await refused(passkeys, device.sign(await passkeys.ask("/", HERE)))


async def test_another_key_by_the_same_id_is_refused(passkeys: Passkeys, alice: User, device: Authenticator) -> None:
    await made(passkeys, alice, device)
    forged = Authenticator(PARTY.origin)
    forged.belongs_to(alice.id)
    forged.sign_count = 10
    await refused(passkeys, forged.sign(await passkeys.ask("/", HERE)))


async def test_a_device_that_does_not_know_its_owner_is_refused(
    passkeys: Passkeys, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    device.flags = PRESENT
    await refused(passkeys, device.sign(await passkeys.ask("/", HERE)))


async def test_a_copy_that_lags_behind_is_refused(passkeys: Passkeys, alice: User, device: Authenticator) -> None:
    await made(passkeys, alice, device)
    device.sign_count = 5
    await passkeys.sign_in(device.sign(await passkeys.ask("/", HERE)), HERE)
    device.sign_count = 3
    await refused(passkeys, device.sign(await passkeys.ask("/", HERE)))


async def test_a_disabled_user_is_refused(
    passkeys: Passkeys, database: Database, alice: User, device: Authenticator
) -> None:
    await made(passkeys, alice, device)
    async with database.write() as session:
        await session.execute(update(UserRow).values(disabled_at=UserRow.created_at))
    await refused(passkeys, device.sign(await passkeys.ask("/", HERE)))


@pytest.mark.parametrize(
    "answer",
    ["", "{}", "[]", "null", "nonsense", '{"id": 1}', "[" * 9_000, '{"id": "\\ud800", "rawId": "", "response": {}}'],
)
async def test_nonsense_is_refused(passkeys: Passkeys, alice: User, answer: str) -> None:
    await refused(passkeys, answer)
    with pytest.raises(InvalidError):
        await passkeys.add(alice, answer, HERE)


# What is not kept


async def not_kept(passkeys: Passkeys, user: User, answer: str, browser: str = HERE) -> None:
    with pytest.raises(InvalidError):
        await passkeys.add(user, answer, browser)


async def test_a_new_key_is_kept_for_whom_it_was_asked_and_in_that_browser(
    passkeys: Passkeys, store: PasskeyStore, alice: User, bob: User, device: Authenticator
) -> None:
    answer = device.make(await passkeys.ask_for_new(alice, "", HERE))
    await not_kept(passkeys, alice, answer, ELSEWHERE)
    await not_kept(passkeys, bob, answer)
    assert await store.of(alice.id) == await store.of(bob.id) == ()


async def test_a_new_key_of_another_origin_is_not_kept(passkeys: Passkeys, alice: User) -> None:
    device = Authenticator("https://evil.example")
    await not_kept(passkeys, alice, device.make(await passkeys.ask_for_new(alice, "", HERE)))


async def test_a_new_key_without_a_verified_user_is_not_kept(
    passkeys: Passkeys, alice: User, device: Authenticator
) -> None:
    device.flags = PRESENT
    await not_kept(passkeys, alice, device.make(await passkeys.ask_for_new(alice, "", HERE)))


async def test_a_key_has_one_owner(passkeys: Passkeys, alice: User, bob: User, device: Authenticator) -> None:
    await made(passkeys, alice, device)
    with pytest.raises(ConflictError):
        await made(passkeys, bob, device)


async def test_a_name_is_one_short_line(passkeys: Passkeys, alice: User) -> None:
    for name in ("x" * 61, "a\x00b"):
        with pytest.raises(InvalidError, match="at most 60 characters"):
            await passkeys.ask_for_new(alice, name, HERE)


async def test_without_a_name_of_its_own_there_are_none(database: Database, store: PasskeyStore, alice: User) -> None:
    passkeys = Passkeys(store, RoundTrips(Tickets(database)), None, "Open Chat")
    with pytest.raises(NotFoundError):
        await passkeys.ask("/", HERE)
    with pytest.raises(NotFoundError):
        await passkeys.sign_in("{}", HERE)


# The store


async def test_there_is_an_end_to_them(store: PasskeyStore, alice: User) -> None:
    for number in range(MOST):
        await store.add(alice.id, "Key", bytes([number]), b"key")
    with pytest.raises(ConflictError, match="20 passkeys"):
        await store.add(alice.id, "Key", b"more", b"key")


async def test_one_renames_and_removes_ones_own_alone(store: PasskeyStore, alice: User, bob: User) -> None:
    await store.add(alice.id, "Old", b"1", b"key")
    (passkey,) = await store.of(alice.id)
    for stranger, one in ((bob.id, passkey.id), (alice.id, new_id())):
        with pytest.raises(NotFoundError):
            await store.rename(stranger, one, "New")
        with pytest.raises(NotFoundError):
            await store.remove(stranger, one, lambda left: True)
    await store.rename(alice.id, passkey.id, "New")
    assert [one.name for one in await store.of(alice.id)] == ["New"]


async def test_one_that_is_the_last_way_in_stays_until_its_user_is_sure(
    database: Database, store: PasskeyStore, alice: User
) -> None:
    await store.add(alice.id, "One", b"1", b"key")
    (passkey,) = await store.of(alice.id)
    asked: list[Left] = []

    def never(left: Left) -> bool:
        asked.append(left)
        return False

    with pytest.raises(LastWayInError):
        await store.remove(alice.id, passkey.id, never)
    await Users(database).set_password(alice.id, "hash")
    await store.add(alice.id, "Two", b"2", b"key")
    with pytest.raises(LastWayInError):
        await store.remove(alice.id, passkey.id, never)
    assert asked == [Left(Role.MEMBER, False, False, 0), Left(Role.MEMBER, True, False, 1)]
    await store.remove(alice.id, passkey.id, lambda left: True)
    assert [one.name for one in await store.of(alice.id)] == ["Two"]


async def test_a_key_counts_upwards(store: PasskeyStore, alice: User) -> None:
    await store.add(alice.id, "One", b"1", b"key", 0)
    assert await store.use(alice.id, b"1", 0)
    assert await store.use(alice.id, b"1", 7)
    assert not await store.use(alice.id, b"1", 7)
    assert not await store.use(alice.id, b"1", 0)
    assert not await store.use(new_id(), b"1", 8)


# Where there are passkeys


@pytest.mark.parametrize(
    ("settings", "party"),
    [
        ({"app_url": "https://Chat.example.org/below"}, PARTY),
        ({"app_url": "https://chat.example.org:443"}, PARTY),
        (
            {"app_url": "https://chat.example.org:8443"},
            RelyingParty("chat.example.org", "https://chat.example.org:8443"),
        ),
        ({"app_url": "https://café.example"}, RelyingParty("xn--caf-dma.example", "https://xn--caf-dma.example")),
        ({"app_url": "http://localhost:8100"}, RelyingParty("localhost", "http://localhost:8100")),
        ({"port": 8000}, RelyingParty("localhost", "http://localhost:8000")),
        ({"app_url": "http://chat.example.org"}, None),
        ({"app_url": "https://192.0.2.1"}, None),
        ({"app_url": "https://[2001:db8::1]"}, None),
        ({"app_url": "http://127.0.0.1:8000"}, None),
        ({"app_url": "https://a..b"}, None),
        ({"app_url": "https://a:b"}, None),
    ],
)
def test_passkeys_need_a_name_and_tls_or_localhost(settings: dict[str, Any], party: RelyingParty | None) -> None:
    assert RelyingParty.of(Settings(**settings)) == party
