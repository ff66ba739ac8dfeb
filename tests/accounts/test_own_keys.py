"""A key of one's own: checked, kept, shown by its end alone, removed; and got by signing in at OpenRouter."""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import pytest
from sqlalchemy import select

from tests.fakes.database import open_database
from webapp.accounts.keys import Keys
from webapp.accounts.keys_store import KeyStore
from webapp.accounts.own_keys import OwnKeys, SignIn
from webapp.accounts.tickets_store import Tickets
from webapp.config import Settings
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.services.errors import OpenRouterError
from webapp.services.listings import KeyInfo
from webapp.web.refusals import InvalidError, NotFoundError, UnavailableError

SECRET, OTHER = "a secret of thirty-two characters", "another one of as many characters"
KEY = "sk-or-v1-0123456789abcdef"
SETTINGS = Settings(app_url="https://chat.example.org/below", secret_key=SECRET)


class Issuer:
    """OpenRouter in the test's hands: fails with `error`, if there is one."""

    def __init__(self) -> None:
        self.error: OpenRouterError | None = None
        self.checked: list[str] = []
        self.exchanged: list[tuple[str, str]] = []

    async def key_info(self, key: str = "") -> KeyInfo:
        self.checked.append(key)
        if self.error:
            raise self.error
        return KeyInfo()

    async def exchange_code(self, code: str, verifier: str) -> str:
        self.exchanged.append((code, verifier))
        if self.error:
            raise self.error
        return "sk-or-v1-from-the-sign-in"


class Scene(NamedTuple):
    database: Database
    issuer: Issuer
    keys: OwnKeys
    alice: UUID
    bob: UUID

    def with_settings(self, secret: str, settings: Settings = SETTINGS) -> OwnKeys:
        return OwnKeys(self.store(secret), Tickets(self.database), self.issuer, settings)

    def store(self, secret: str = SECRET) -> KeyStore:
        return KeyStore(self.database, Keys(secret))


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    alice, bob, now = new_id(), new_id(), datetime.now(UTC)
    async with open_database(address) as database:
        async with database.write() as session:
            session.add_all(
                UserRow(id=key, name=name, created_at=now) for key, name in ((alice, "alice"), (bob, "bob"))
            )
        issuer = Issuer()
        keys = OwnKeys(KeyStore(database, Keys(SECRET)), Tickets(database), issuer, SETTINGS)
        yield Scene(database, issuer, keys, alice, bob)


async def test_a_key_is_checked_and_kept_and_only_its_end_is_shown(scene: Scene) -> None:
    await scene.keys.keep(scene.alice, f" {KEY}\n")
    assert scene.issuer.checked == [KEY]
    page = await scene.keys.page(scene.alice)
    assert (page.is_on, page.ending, page.is_lost) == (True, "cdef", False)
    sealed = await scene.store().sealed(scene.alice)
    assert sealed is not None
    assert KEY.encode() not in sealed
    assert (await scene.keys.page(scene.bob)).ending == ""


@pytest.mark.parametrize("key", ["", "short", "sk-or-v1 with spaces", "sk-or-v1-é0123", "x" * 301])
async def test_what_is_no_key_is_refused(scene: Scene, key: str) -> None:
    with pytest.raises(InvalidError, match="8 to 300"):
        await scene.keys.keep(scene.alice, key)
    assert scene.issuer.checked == []


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (OpenRouterError("unauthorised"), InvalidError, "does not accept this key"),
        (OpenRouterError("unreachable"), UnavailableError, "could not be checked. OpenRouter cannot be reached."),
    ],
)
async def test_a_refusal_says_why_and_keeps_the_old_one(
    scene: Scene, error: OpenRouterError, kind: type[Exception], words: str
) -> None:
    await scene.keys.keep(scene.alice, KEY)
    scene.issuer.error = error
    with pytest.raises(kind, match=words):
        await scene.keys.keep(scene.alice, "sk-or-v1-new-and-wrong")
    assert (await scene.keys.page(scene.alice)).ending == "cdef"


async def test_where_a_server_does_not_tell_of_keys_one_is_kept_unchecked(scene: Scene) -> None:
    scene.issuer.error = OpenRouterError("not_offered", said="/key")
    await scene.keys.keep(scene.alice, KEY)
    assert (await scene.keys.page(scene.alice)).ending == "cdef"


async def test_it_can_be_replaced_and_removed(scene: Scene) -> None:
    await scene.keys.keep(scene.alice, KEY)
    await scene.keys.keep(scene.alice, "sk-or-v1-another")
    assert (await scene.keys.page(scene.alice)).ending == "ther"
    await scene.keys.remove(scene.bob)
    assert (await scene.keys.page(scene.alice)).ending == "ther"
    await scene.keys.remove(scene.alice)
    assert await scene.store().sealed(scene.alice) is None


async def test_without_a_secret_own_keys_are_off_and_the_page_says_so(scene: Scene) -> None:
    off = scene.with_settings("")
    assert not (await off.page(scene.alice)).is_on
    for attempt in (off.keep(scene.alice, KEY), off.begin_sign_in(scene.alice)):
        with pytest.raises(NotFoundError, match="SECRET_KEY"):
            await attempt


async def test_a_key_that_no_secret_opens_is_told_of(scene: Scene) -> None:
    await scene.keys.keep(scene.alice, KEY)
    for secret in (OTHER, ""):
        page = await scene.with_settings(secret).page(scene.alice)
        assert (page.ending, page.is_lost) == ("", True)


async def test_with_an_older_secret_all_keys_are_sealed_anew(scene: Scene) -> None:
    await scene.keys.keep(scene.alice, KEY)
    await scene.with_settings(OTHER).keep(scene.bob, KEY)
    assert await scene.store(SECRET).seal_anew() == 0  # there is no older one
    assert await scene.store(f"{OTHER},{SECRET}").seal_anew() == 1
    assert await scene.store(f"{OTHER},{SECRET}").seal_anew() == 0
    for user in (scene.alice, scene.bob):
        assert (await scene.with_settings(OTHER).page(user)).ending == "cdef"


# Signing in at OpenRouter


def query(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}


def state(begun: SignIn) -> str:
    return query(query(begun.address)["callback_url"])["state"]


async def test_a_sign_in_leads_to_openrouter_and_back_with_a_key(scene: Scene) -> None:
    begun = await scene.keys.begin_sign_in(scene.alice)
    asked = query(begun.address)
    assert begun.address.startswith("https://openrouter.ai/auth?")
    assert asked["callback_url"].startswith("https://chat.example.org/below/settings/key/callback?state=")
    await scene.keys.finish_sign_in(scene.alice, state(begun), "code", begun.browser)
    ((code, verifier),) = scene.issuer.exchanged
    digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("=")
    assert (code, digest, asked["code_challenge_method"]) == ("code", asked["code_challenge"], "S256")
    assert verifier not in begun.address
    assert (await scene.keys.page(scene.alice)).ending == "n-in"


async def test_a_sign_in_counts_once(scene: Scene) -> None:
    begun = await scene.keys.begin_sign_in(scene.alice)
    await scene.keys.finish_sign_in(scene.alice, state(begun), "code", begun.browser)
    with pytest.raises(InvalidError, match="run out"):
        await scene.keys.finish_sign_in(scene.alice, state(begun), "code", begun.browser)


async def test_it_is_for_who_began_it_in_the_same_browser(scene: Scene) -> None:
    for user, browser in ((scene.bob, None), (scene.alice, ""), (scene.alice, "another")):
        begun = await scene.keys.begin_sign_in(scene.alice)
        with pytest.raises(InvalidError, match="another browser"):
            await scene.keys.finish_sign_in(user, state(begun), "code", begun.browser if browser is None else browser)
    assert scene.issuer.exchanged == []


async def test_one_that_has_run_out_counts_no_more(scene: Scene) -> None:
    begun = await scene.keys.begin_sign_in(scene.alice)
    async with scene.database.write() as session:
        row = (await session.scalars(select(TicketRow))).one()
        row.expires_at = datetime.now(UTC)
    with pytest.raises(InvalidError, match="run out"):
        await scene.keys.finish_sign_in(scene.alice, state(begun), "code", begun.browser)


async def test_what_openrouter_refuses_is_told(scene: Scene) -> None:
    begun = await scene.keys.begin_sign_in(scene.alice)
    scene.issuer.error = OpenRouterError("forbidden")
    with pytest.raises(InvalidError, match="has given no key"):
        await scene.keys.finish_sign_in(scene.alice, state(begun), "code", begun.browser)


async def test_without_an_address_of_ours_there_is_no_sign_in(scene: Scene) -> None:
    local = scene.with_settings(SECRET, Settings(secret_key=SECRET))
    assert not (await local.page(scene.alice)).can_sign_in
    with pytest.raises(NotFoundError, match="APP_URL"):
        await local.begin_sign_in(scene.alice)
