"""What a new password and signing out everywhere end, and that every kind of secret is decided on."""

import asyncio
import io
import re
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, select

from tests.accounts.people import ALICE, BOB, ELSEWHERE, HOME, PASSWORD, House
from tests.accounts.test_account import NEW, sign_in
from tests.fakes.database import open_database
from tests.fakes.gallery import gallery_of
from webapp.accounts.attempts_store import Attempts
from webapp.accounts.credentials_store import COLUMNS, PURPOSES, Cause
from webapp.accounts.limits import ACCOUNT
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.purposes import Purpose
from webapp.accounts.sections import OwnSections
from webapp.accounts.signing_in import WrongPasswordError
from webapp.accounts.throttles import Throttles
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import WaysIn
from webapp.config import Settings
from webapp.conversations.store import Conversations
from webapp.db.address import Address
from webapp.db.tables import ApiToken, Base, Ticket
from webapp.db.tables import Session as SessionRow
from webapp.documents.closer import Closer
from webapp.documents.routes import download_all
from webapp.documents.store import DocumentStore
from webapp.rendering.markdown import RENDERER_VERSION
from webapp.web.refusals import SignedOutError, TooManyError

SECRETIVE: Final = re.compile(r"token|secret|hash|key|identity|credential|password|code")
# What only sounds like one, or is no more than bytes.
NO_SECRETS: Final = {
    "passkeys.credential_id",  # says which key; the key opens
    "attempts.subject",
    "attachments.data",
    "import_items.document",
    "import_pieces.data",
}


def may_be_a_secret(column: Any) -> bool:
    if column.primary_key or column.foreign_keys:
        return False
    return isinstance(column.type, LargeBinary) or bool(
        SECRETIVE.search(column.name) and column.type.python_type is str
    )


def test_every_kind_of_secret_is_decided_on() -> None:
    columns = {str(column): column for table in Base.metadata.sorted_tables for column in table.c}
    found = {name for name, column in columns.items() if may_be_a_secret(column)}
    undecided = found - set(COLUMNS) - NO_SECRETS
    assert not undecided, "say in webapp/accounts/credentials_store.py what ends these, or here that they are none"
    assert set(COLUMNS) | NO_SECRETS <= set(columns)
    assert set(PURPOSES) == set(Purpose)


@pytest.fixture
async def alice(house: House) -> Caller:
    return await sign_in(house, await house.add(ALICE))


async def tickets_of(house: House, user_id: UUID) -> set[str]:
    async with house.database.read() as session:
        return set(await session.scalars(select(Ticket.purpose).where(Ticket.user_id == user_id)))


async def new_password(house: House, alice: Caller) -> None:
    await house.account.change_password(alice, PASSWORD, NEW, HOME)


async def sign_out_elsewhere(house: House, alice: Caller) -> None:
    await house.account.end_other_sessions(alice, HOME)


async def reset(house: House, alice: Caller) -> None:
    link = await house.reset_links.make("olga", alice.user.id)
    await house.resetting.reset(link.rpartition("=")[2], NEW, HOME)


Act = Callable[[House, Caller], Awaitable[None]]
ACTS: Final = [(new_password, Cause.NEW_PASSWORD), (reset, Cause.NEW_PASSWORD), (sign_out_elsewhere, Cause.SIGN_OUT)]


@pytest.mark.parametrize(("act", "cause"), ACTS, ids=[act.__name__ for act, _ in ACTS])
async def test_it_ends_what_is_said_to_end_and_nothing_of_others(
    house: House, alice: Caller, act: Act, cause: Cause
) -> None:
    bob = await sign_in(house, await house.add(BOB))
    for user in (alice.user, bob.user):
        await sign_in(house, user)
        await house.account.make_token(await sign_in(house, user), f"Script of {user.name}", ["read"], 0, HOME)
        await PasskeyStore(house.database).add(user.id, "Phone", user.id.bytes, b"key")
        for purpose in Purpose:
            await house.tickets.make(purpose, timedelta(days=1), user_id=user.id)
    of_bob = await house.sessions.of(bob.user.id), await tickets_of(house, bob.user.id)
    await act(house, alice)

    left = {one.id for one in await house.sessions.of(alice.user.id)}
    assert left == (set() if act is reset else {alice.credential})
    assert await house.tokens.of(alice.user.id) == []
    kept = {purpose.value for purpose, ends in PURPOSES.items() if not ends & cause}
    if act is new_password:
        kept.add(Purpose.DEVICE)  # a new one, of the browser in which it was chosen
    assert await tickets_of(house, alice.user.id) == kept
    assert [one.name for one in await PasskeyStore(house.database).of(alice.user.id)] == ["Phone"]

    assert (await house.sessions.of(bob.user.id), await tickets_of(house, bob.user.id)) == of_bob
    assert [one.name for one in await house.tokens.of(bob.user.id)] == [f"Script of {BOB}"]
    assert f"1 API token: Script of {ALICE}" in (await house.events.page())[0].detail


async def test_the_tokens_that_will_end_are_named_before(house: House, alice: Caller) -> None:
    await house.account.make_token(alice, "Backup script", ["read"], 0, HOME)
    own = OwnSections(house.account, house.sessions, house.tokens, WaysIn.of(Settings()))
    password = await own.password(alice)
    assert password is not None
    assert password.tokens == (await own.sessions(alice)).tokens == ("Backup script",)


async def test_what_a_token_has_open_ends_with_a_new_password(house: House, alice: Caller) -> None:
    token = await house.tokens.find(await house.account.make_token(alice, "script", ["read"], 0, HOME))
    assert token is not None

    async def silent() -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.Event().wait()

    reading = house.presence.reading(token, silent())
    assert await anext(reading) == 1
    waiting = asyncio.ensure_future(anext(reading))
    await new_password(house, alice)
    with pytest.raises(SignedOutError):
        await waiting


async def test_a_download_of_everything_ends_too(house: House, alice: Caller) -> None:
    store = Conversations(house.database, max_live=9, renderer_version=RENDERER_VERSION)
    for _ in range(3):
        await store.add_exchange(alice.user.id, None, "Hello", "openai/gpt-5-mini", "")
    thief = await sign_in(house, alice.user)
    throttles = Throttles(Attempts(house.database))
    documents = DocumentStore(house.database, gallery_of(house.database))
    download = await download_all.fn(thief, house.presence, documents, Closer(), throttles)
    pieces = download.iterator
    got = [await anext(pieces)]
    await sign_out_elsewhere(house, alice)
    got += [piece async for piece in pieces]
    assert len(got) == 1
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(got)))


# Nobody who is being put out leaves something behind


@pytest.fixture
async def other_process(address: Address, house: House) -> AsyncIterator[House]:
    async with open_database(address) as database:
        yield House(database)


async def test_who_is_put_out_makes_nothing_more(house: House, alice: Caller) -> None:
    thief = await sign_in(house, alice.user)
    await sign_out_elsewhere(house, alice)
    with pytest.raises(SignedOutError):
        await house.account.make_token(thief, "script", ["read"], 0, HOME)
    with pytest.raises(SignedOutError):
        await PasskeyStore(house.database).add(alice.user.id, "Phone", b"id", b"key", made_in=thief.credential)


@pytest.mark.parametrize("act", [new_password, sign_out_elsewhere], ids=lambda act: str(act.__name__))
async def test_a_token_that_is_made_at_the_same_time_ends_too(
    house: House, other_process: House, alice: Caller, act: Act
) -> None:
    """However the two fall: it was made before, and ended, or its session had ended, and it was not made."""
    for _ in range(5):
        thief = await sign_in(house, alice.user)
        making = [other_process.account.make_token(thief, "script", ["read"], 0, ELSEWHERE) for _ in range(5)]
        await asyncio.gather(act(house, alice), *making, return_exceptions=True)
        if act is new_password:
            await house.users.set_password(alice.user.id, await house.passwords.hashed(PASSWORD))
        async with house.database.read() as session:
            assert list(await session.scalars(select(ApiToken.name))) == []
            assert list(await session.scalars(select(SessionRow.id))) == [alice.credential]


# The owner's own browser


async def test_after_a_new_password_strangers_do_not_keep_its_owner_out(house: House, alice: Caller) -> None:
    device = (await house.account.change_password(alice, PASSWORD, NEW, HOME)).device
    for _ in range(ACCOUNT.free):
        with pytest.raises(WrongPasswordError):
            await house.signing_in.by_password(ALICE, "a wrong password", ELSEWHERE)
    with pytest.raises(TooManyError):
        await house.signing_in.by_password(ALICE, NEW, ELSEWHERE)
    assert await house.signing_in.by_password(ALICE, NEW, HOME, device) == alice.user


async def test_who_knew_the_old_device_is_a_stranger_after_a_new_password(house: House, alice: Caller) -> None:
    old = await house.devices.remember(alice.user)
    new = (await house.account.change_password(alice, PASSWORD, NEW, HOME)).device
    assert (await house.devices.knows(ALICE, old), await house.devices.knows(ALICE, new)) == (False, True)
