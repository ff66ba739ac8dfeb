"""Signing in: the right password, all the wrong ones, and who has to wait for whom."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from tests.accounts.people import ALICE, BOB, ELSEWHERE, HOME, PASSWORD, House, real_passwords
from webapp.accounts.limits import ACCOUNT, ADDRESS, DEVICE, SHARED, in_words
from webapp.accounts.passwords import DECOY
from webapp.accounts.signing_in import WrongPasswordError
from webapp.accounts.users import Role, User
from webapp.accounts.ways_in import Way
from webapp.config import Settings
from webapp.db.engine import Database
from webapp.db.tables import Attempts as AttemptsRow
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.web.client import Client
from webapp.web.refusals import TooManyError


@pytest.fixture
async def alice(house: House) -> User:
    return await house.add(ALICE)


async def guess(house: House, times: int, name: str = ALICE, client: Client = ELSEWHERE, device: str = "") -> None:
    for _ in range(times):
        with pytest.raises(WrongPasswordError):
            await house.signing_in.by_password(name, "a wrong password", client, device)


async def time_passes(database: Database, by: timedelta) -> None:
    async with database.write() as session:
        for row in await session.scalars(select(AttemptsRow)):
            row.began_at, row.expires_at = row.began_at - by, row.expires_at - by


async def test_the_right_password_is_let_in_however_the_name_is_written(house: House, alice: User) -> None:
    assert await house.signing_in.by_password(f" {ALICE.upper()} ", PASSWORD, HOME) == alice


async def test_where_passwords_are_closed_those_of_administrators_open(database: Database) -> None:
    house = House(database, Settings(password_sign_in="off"))
    alice = await house.add(ALICE)
    boss = await house.users.add(BOB, "", Role.ADMINISTRATOR, password_hash=await house.passwords.hashed(PASSWORD))
    with pytest.raises(WrongPasswordError):
        await house.signing_in.by_password(alice.name, PASSWORD, HOME)
    assert await house.signing_in.by_password(BOB, PASSWORD, HOME) == boss


async def test_all_that_is_wrong_is_told_alike(house: House, alice: User) -> None:
    await house.users.add(BOB, "", alice.role)  # without a password, as one who signs in elsewhere
    disabled = await house.add("charlie@example.org")
    async with house.database.write() as session:
        await session.execute(update(UserRow).where(UserRow.id == disabled.id).values(disabled_at=UserRow.created_at))
    told = set()
    for name, password in (
        (ALICE, "a wrong password"),
        (BOB, PASSWORD),
        (disabled.name, PASSWORD),
        ("nobody@example.org", PASSWORD),
        ("", ""),
    ):
        with pytest.raises(WrongPasswordError) as caught:
            await house.signing_in.by_password(name, password, HOME)
        told.add(caught.value.sentence)
    assert len(told) == 1


async def test_one_password_is_hashed_whatever_is_wrong(house: House, alice: User) -> None:
    """Known or not, with a password or not: each attempt costs the same, as its time would tell them apart."""
    await guess(house, 1, ALICE)
    await guess(house, 1, "nobody@example.org")
    assert house.passwords.looked_at == [True, False]


async def test_where_there_is_no_password_a_real_hash_is_compared_with_one_as_costly() -> None:
    passwords = real_passwords()
    assert not passwords.is_outdated(DECOY)
    assert not await passwords.is_right("nobody's password", None)


async def test_a_known_name_and_an_unknown_one_ask_the_database_the_same(
    house: House, alice: User, caplog: pytest.LogCaptureFixture
) -> None:
    await guess(house, 1, "before@example.org", HOME)  # the first from an address adds a row, others change it
    asked = []
    for name in (ALICE, "nobody@example.org"):
        caplog.clear()
        with caplog.at_level("INFO", "sqlalchemy.engine"):
            await guess(house, 1, name, HOME)
        asked.append([line.getMessage() for line in caplog.records if line.getMessage()[:6] in _VERBS])
    assert asked[0] == asked[1]


_VERBS = ("SELECT", "INSERT", "UPDATE", "DELETE")


async def test_who_guesses_has_to_wait_and_is_told_how_long(house: House, alice: User) -> None:
    await guess(house, ACCOUNT.free)
    with pytest.raises(TooManyError, match=r"Try again in 1 second\.") as caught:
        await house.signing_in.by_password(ALICE, PASSWORD, HOME)
    assert caught.value.retry_after is not None
    assert len(house.passwords.looked_at) == ACCOUNT.free


async def test_a_name_that_nobody_has_is_limited_as_well(house: House) -> None:
    await guess(house, ACCOUNT.free, "nobody@example.org")
    with pytest.raises(TooManyError):
        await house.signing_in.by_password("nobody@example.org", PASSWORD, HOME)


async def test_strangers_do_not_lock_out_who_was_there_before(house: House, alice: User) -> None:
    arrival = await house.arrivals.begin(alice, Way.PASSWORD, HOME)
    await guess(house, ACCOUNT.free)
    with pytest.raises(TooManyError):
        await house.signing_in.by_password(ALICE, PASSWORD, ELSEWHERE)
    assert await house.signing_in.by_password(ALICE, PASSWORD, HOME, arrival.device) == alice


async def test_a_device_is_known_for_its_own_accounts_alone(house: House, alice: User) -> None:
    bob = await house.add(BOB)
    arrival = await house.arrivals.begin(bob, Way.PASSWORD, ELSEWHERE)
    assert await house.devices.knows(BOB, arrival.device)
    assert not await house.devices.knows(ALICE, arrival.device)
    assert not await house.devices.knows(BOB, "another secret")
    assert not await house.devices.knows(BOB, "x" * 10_000)


async def test_a_device_may_be_known_to_several_accounts_and_is_remembered_once_each(house: House, alice: User) -> None:
    bob = await house.add(BOB)
    secret = await house.devices.remember(alice)
    assert await house.devices.remember(bob, secret) == secret
    assert await house.devices.remember(alice, secret) == secret
    assert await house.devices.knows(ALICE, secret)
    assert await house.devices.knows(BOB, secret)
    async with house.database.read() as session:
        assert len(list(await session.scalars(select(TicketRow)))) == 2


async def test_a_device_is_a_stranger_after_a_new_password(house: House, alice: User) -> None:
    secret = await house.devices.remember(alice)
    await house.users.change_password(alice.id, "hash of another")
    assert not await house.devices.knows(ALICE, secret)


async def test_a_stolen_device_has_a_limit_of_its_own(house: House, alice: User) -> None:
    arrival = await house.arrivals.begin(alice, Way.PASSWORD, HOME)
    await guess(house, DEVICE.free, device=arrival.device)
    with pytest.raises(TooManyError):
        await house.signing_in.by_password(ALICE, PASSWORD, ELSEWHERE, arrival.device)


async def test_who_was_right_may_err_again(house: House, alice: User) -> None:
    for _ in range(3):
        await guess(house, ACCOUNT.free - 1)
        await house.signing_in.by_password(ALICE, PASSWORD, HOME)


async def test_an_address_that_tries_many_accounts_has_to_wait(house: House) -> None:
    for number in range(ADDRESS.free):
        await guess(house, 1, f"user{number}@example.org")
    with pytest.raises(TooManyError):
        await house.signing_in.by_password("another@example.org", PASSWORD, ELSEWHERE)
    await guess(house, 1, "another@example.org", HOME)


async def test_an_own_account_excuses_no_guessing_at_others(house: House, alice: User) -> None:
    for number in range(ADDRESS.free - 1):
        await guess(house, 1, f"user{number}@example.org")
    await house.signing_in.by_password(ALICE, PASSWORD, ELSEWHERE)
    await guess(house, 1, "another@example.org")
    with pytest.raises(TooManyError):
        await house.signing_in.by_password("one more@example.org", PASSWORD, ELSEWHERE)


async def test_where_all_have_one_address_they_are_slowed_and_not_locked_out(house: House, alice: User) -> None:
    everybody = Client("10.0.0.9", "10.0.0.9", is_shared=True)
    for number in range(SHARED.free + 20):
        await time_passes(house.database, SHARED.most)
        await guess(house, 1, f"user{number}@example.org", everybody)
    with pytest.raises(TooManyError) as caught:
        await house.signing_in.by_password(ALICE, PASSWORD, everybody)
    assert caught.value.retry_after is not None
    assert caught.value.retry_after <= 5
    await time_passes(house.database, SHARED.most)
    assert await house.signing_in.by_password(ALICE, PASSWORD, everybody) == alice


async def test_guessing_shows_in_the_log_and_does_not_fill_it(house: House, alice: User) -> None:
    for _ in range(12):
        await time_passes(house.database, ACCOUNT.most)
        await guess(house, 1)
    details = [one.detail for one in await house.events.page()]
    assert details == [f"attempt {count} in a row" for count in (8, 4, 2, 1)]


async def test_a_name_that_nobody_has_is_not_written_down(house: House) -> None:
    await guess(house, 1, "my password by mistake")
    (event,) = await house.events.page()
    assert event.subject == "no such account"
    assert event.address == ELSEWHERE.address


async def test_an_old_hash_is_made_anew(house: House, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(house.passwords, "is_outdated", lambda kept: True)
    async with house.database.write() as session:
        await session.execute(update(UserRow).values(password_hash=f"hash of {PASSWORD}"))
    await house.signing_in.by_password(ALICE, PASSWORD, HOME)
    known = await house.users.credentials(ALICE)
    assert known is not None
    assert known.password_hash == f"hash of {PASSWORD}"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "1 second"),
        (1, "1 second"),
        (1.2, "2 seconds"),
        (60, "60 seconds"),
        (61, "2 minutes"),
        (900, "15 minutes"),
        (7200, "2 hours"),
    ],
)
def test_a_wait_in_words_is_never_too_short(seconds: float, words: str) -> None:
    assert in_words(seconds) == words
