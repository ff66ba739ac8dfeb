"""Signing in at a provider, against a real one on a socket: what is believed, and what is not."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.fakes.database import migrated_file, open_database
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, FOREIGN, OidcProvider, running_provider
from webapp.accounts.confirming import was_just_now
from webapp.accounts.oidc import OpenIdConnect, Outcome, Return
from webapp.accounts.round_trips import RoundTrips
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role
from webapp.config import Settings
from webapp.db.engine import Database
from webapp.services.oidc import Provider, open_provider_client
from webapp.web.refusals import InvalidError, NotFoundError, UnavailableError

HERE, ELSEWHERE = "b" * 43, "c" * 43  # two browsers
DISCOVERY: Final = "/.well-known/openid-configuration"
FAR_AHEAD: Final = 9_999_999_999  # a time in the year 2286


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: OidcProvider) -> Iterator[OidcProvider]:
    running.forget()
    yield running
    running.over.set()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        yield database


def settings_for(provider: OidcProvider, **fields: Any) -> Settings:
    given = {
        "app_url": "https://chat.example.org",
        "oidc_issuer": provider.issuer,
        "oidc_client_id": CLIENT_ID,
        "oidc_client_secret": CLIENT_SECRET,
        "oidc_name": "Provider",
    }
    return Settings(**{**given, **fields})


class Trip:
    """One browser's way to the provider and back."""

    def __init__(self, oidc: OpenIdConnect, provider: OidcProvider) -> None:
        self._oidc = oidc
        self._provider = provider

    async def there(self, place: str = "/c/1", **who: Any) -> dict[str, str]:
        return asked_in(await self._oidc.leave(place, HERE, **who))

    async def back(self, address: str, browser: str = HERE) -> Outcome:
        return await self._oidc.come_back(Return(**asked_in(address)), browser)

    async def there_and_back(self) -> Outcome:
        return await self.back(self._provider.agreed(await self.there()))


def asked_in(url: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}


@pytest.fixture
async def client(provider: OidcProvider) -> AsyncIterator[httpx.AsyncClient]:
    async with open_provider_client(settings_for(provider)) as client:
        yield client


@pytest.fixture
async def trip(database: Database, client: httpx.AsyncClient, provider: OidcProvider) -> Trip:
    return trip_with(database, client, provider)


def trip_with(database: Database, client: httpx.AsyncClient, provider: OidcProvider, **how: Any) -> Trip:
    settings = settings_for(provider)
    made = Provider(client, settings, **{"patience": 60.0, **how})
    return Trip(OpenIdConnect(settings, made, RoundTrips(Tickets(database))), provider)


async def test_who_signs_in_there_comes_back_as_whom_the_provider_vouches_for(
    trip: Trip, provider: OidcProvider
) -> None:
    outcome = await trip.there_and_back()
    assert outcome.claims is not None
    assert outcome.claims.identity == f"{provider.issuer} 1"
    assert (outcome.claims.email, outcome.claims.full_name) == ("bob@example.org", "Bob")
    assert (outcome.place, outcome.user_id) == ("/c/1", None)
    assert provider.asked == [DISCOVERY, "/token", "/keys"]


async def test_what_it_says_of_itself_and_its_keys_are_asked_for_once(trip: Trip, provider: OidcProvider) -> None:
    for _ in range(3):
        await trip.there_and_back()
    assert (provider.asked.count(DISCOVERY), provider.asked.count("/keys"), provider.asked.count("/token")) == (1, 1, 3)


async def test_those_who_come_at_once_share_one_question(trip: Trip, provider: OidcProvider) -> None:
    await asyncio.gather(*(trip.there() for _ in range(5)))
    assert provider.asked == [DISCOVERY]


async def test_the_address_to_come_back_to_is_the_setting_s(trip: Trip) -> None:
    asked = await trip.there()
    assert asked["redirect_uri"] == "https://chat.example.org/login/oidc/callback"
    assert asked["scope"] == "openid email profile"


async def test_who_wants_to_be_linked_comes_back_as_such(
    trip: Trip, database: Database, provider: OidcProvider
) -> None:
    alice = await Users(database).add("alice@example.org", "", Role.MEMBER)
    outcome = await trip.back(provider.agreed(await trip.there(user_id=alice.id)))
    assert outcome.user_id == alice.id


async def test_who_confirms_who_they_are_signs_in_there_once_more(
    trip: Trip, database: Database, provider: OidcProvider
) -> None:
    alice = await Users(database).add("alice@example.org", "", Role.MEMBER)
    asked = await trip.there(user_id=alice.id, asked="what she was about to do")
    assert (asked["prompt"], asked["max_age"]) == ("login", "0")
    outcome = await trip.back(provider.agreed(asked))
    assert (outcome.user_id, outcome.asked) == (alice.id, "what she was about to do")
    assert outcome.claims is not None
    assert outcome.claims.signed_in_at is not None
    assert was_just_now(outcome.claims.signed_in_at)
    assert "prompt" not in await trip.there()


@pytest.mark.parametrize("told", [None, "today", True])
async def test_when_somebody_signed_in_there_is_a_number_or_not_told(
    trip: Trip, provider: OidcProvider, told: object
) -> None:
    provider.claims["auth_time"] = told
    claims = (await trip.there_and_back()).claims
    assert claims is not None
    assert claims.signed_in_at is None


async def test_cancelling_there_is_no_error(trip: Trip, provider: OidcProvider) -> None:
    outcome = await trip.back(provider.refused(await trip.there()))
    assert (outcome.claims, outcome.place) == (None, "/c/1")


@pytest.mark.parametrize("method", ["ES256", "PS256", "RS512"])
async def test_other_signatures_are_taken_too(trip: Trip, provider: OidcProvider, method: str) -> None:
    provider.signs = method
    provider.key = provider.keys[1] if method == "ES256" else provider.keys[0]
    assert (await trip.there_and_back()).claims is not None


async def test_a_secret_in_the_form_where_the_provider_wants_it_there(trip: Trip, provider: OidcProvider) -> None:
    provider.metadata["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
    assert (await trip.there_and_back()).claims is not None


async def test_an_address_that_the_token_lacks_is_asked_for(trip: Trip, provider: OidcProvider) -> None:
    provider.claims |= {"email": None, "email_verified": None}
    provider.info = {"sub": "1", "email": "bob@example.org", "email_verified": True}
    claims = (await trip.there_and_back()).claims
    assert claims is not None
    assert claims.email == "bob@example.org"


async def test_what_is_told_of_somebody_else_is_refused(trip: Trip, provider: OidcProvider) -> None:
    provider.claims |= {"email": None, "email_verified": None}
    provider.info = {"sub": "2", "email": "eve@example.org", "email_verified": True}
    with pytest.raises(InvalidError):
        await trip.there_and_back()


@pytest.mark.parametrize("verified", [False, None, "true", 1])
async def test_an_address_that_the_provider_has_not_seen_is_none(
    trip: Trip, provider: OidcProvider, verified: object
) -> None:
    provider.claims["email_verified"] = verified
    claims = (await trip.there_and_back()).claims
    assert claims is not None
    assert claims.email == ""


async def test_a_new_key_is_found(database: Database, client: httpx.AsyncClient, provider: OidcProvider) -> None:
    clock = [0.0]
    trip = trip_with(database, client, provider, now=lambda: clock[0])
    await trip.there_and_back()
    provider.key = type(FOREIGN).generate_key(2048, {"kid": "new", "use": "sig"})
    provider.keys.append(provider.key)
    with pytest.raises(InvalidError):  # no flood of questions: at most one a minute
        await trip.there_and_back()
    clock[0] = 61.0
    assert (await trip.there_and_back()).claims is not None


# What is not believed


async def refused(trip: Trip) -> None:
    with pytest.raises(InvalidError, match="could not be believed"):
        await trip.there_and_back()


@pytest.mark.parametrize(
    "lie",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"nonce": 1},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": None},
        {"aud": [CLIENT_ID, "another"]},
        {"aud": [CLIENT_ID, "another"], "azp": "another"},
        {"azp": "another"},
        {"iss": "https://evil.example"},
        {"iss": None},
        {"exp": 1},
        {"exp": None},
        {"exp": True},
        {"exp": "9999999999"},
        {"iat": None},
        {"iat": 1},
        {"iat": FAR_AHEAD},
        {"nbf": FAR_AHEAD},
        {"nbf": "now"},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"sub": "x" * 256},
        {"sub": "a\nb"},
    ],
    ids=str,
)
async def test_a_token_that_is_not_for_us_now_is_refused(
    trip: Trip, provider: OidcProvider, lie: dict[str, Any]
) -> None:
    provider.claims |= lie
    await refused(trip)


async def test_a_token_for_us_among_others_is_taken_if_it_says_so(trip: Trip, provider: OidcProvider) -> None:
    provider.claims |= {"aud": [CLIENT_ID, "another"], "azp": CLIENT_ID}
    assert (await trip.there_and_back()).claims is not None


@pytest.mark.parametrize("method", ["none", "HS256"])
async def test_a_signature_that_anybody_can_make_is_refused(trip: Trip, provider: OidcProvider, method: str) -> None:
    provider.signs = method
    await refused(trip)


async def test_a_stranger_s_key_by_the_right_name_is_refused(trip: Trip, provider: OidcProvider) -> None:
    provider.key = FOREIGN
    await refused(trip)


async def test_a_key_for_something_else_signs_nothing(trip: Trip, provider: OidcProvider) -> None:
    listed = provider.listed()["keys"]
    provider.answers["/keys"] = 200, {}, json.dumps({"keys": [{**key, "use": "enc"} for key in listed]}).encode()
    await refused(trip)


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "é.é.é", "." * 100_000, "e30.e30.", None, 5])
async def test_nonsense_for_a_token_is_refused(trip: Trip, provider: OidcProvider, token: object) -> None:
    provider.answers["/token"] = 200, {}, json.dumps({"id_token": token}).encode()
    with pytest.raises((InvalidError, UnavailableError)):
        await trip.there_and_back()


async def test_a_state_works_once(trip: Trip, provider: OidcProvider) -> None:
    back = provider.agreed(await trip.there())
    await trip.back(back)
    with pytest.raises(InvalidError, match="begun in another browser"):
        await trip.back(back)


async def test_a_code_works_once(trip: Trip, provider: OidcProvider) -> None:
    back = provider.agreed(await trip.there())
    await trip.back(back)
    provider.returns["code"] = asked_in(back)["code"]
    with pytest.raises(UnavailableError):
        await trip.there_and_back()


async def test_a_code_of_another_sign_in_is_refused_by_its_challenge(trip: Trip, provider: OidcProvider) -> None:
    """What an attacker has got for themselves does not sign them in as such in another's browser."""
    provider.returns["code"] = asked_in(provider.agreed(await trip.there()))["code"]
    with pytest.raises(UnavailableError):
        await trip.there_and_back()


async def test_another_browser_s_state_is_refused_and_stays_good_there(trip: Trip, provider: OidcProvider) -> None:
    back = provider.agreed(await trip.there())
    with pytest.raises(InvalidError, match="begun in another browser"):
        await trip.back(back, ELSEWHERE)
    assert (await trip.back(back)).claims is not None


@pytest.mark.parametrize("state", ["", "made-up", "x" * 5_000])
async def test_a_state_of_nobody_is_refused(trip: Trip, provider: OidcProvider, state: str) -> None:
    provider.returns["state"] = state
    with pytest.raises(InvalidError, match="begun in another browser"):
        await trip.there_and_back()


@pytest.mark.parametrize("iss", ["https://evil.example", ""])
async def test_an_answer_of_another_provider_is_refused(trip: Trip, provider: OidcProvider, iss: str) -> None:
    provider.returns["iss"] = iss
    await refused(trip)
    assert "/token" not in provider.asked


async def test_a_provider_that_does_not_name_itself_in_answers_is_taken_too(trip: Trip, provider: OidcProvider) -> None:
    provider.metadata["authorization_response_iss_parameter_supported"] = False
    provider.returns["iss"] = ""
    assert (await trip.there_and_back()).claims is not None


@pytest.mark.parametrize("code", ["", "x" * 5_000])
async def test_an_answer_without_a_fitting_code_is_refused(trip: Trip, provider: OidcProvider, code: str) -> None:
    provider.returns["code"] = code
    await refused(trip)


# What the provider does wrong


async def is_away(trip: Trip) -> None:
    with pytest.raises(UnavailableError, match="does not answer as it should"):
        await trip.there_and_back()


@pytest.mark.parametrize(
    "metadata",
    [
        {"issuer": "https://evil.example"},
        {"authorization_endpoint": "http://evil.example/authorize"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": "https://evil.example\\.example.org/authorize"},
        {"authorization_endpoint": "https://example.org/\r\nset-cookie: a=b"},
        {"token_endpoint": "http://192.0.2.1/token"},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "https://user:password@example.org/token"},
        {"jwks_uri": "http://192.0.2.1/keys"},
        {"jwks_uri": None},
        {"token_endpoint": 5},
    ],
    ids=str,
)
async def test_a_description_that_leads_elsewhere_is_refused(
    trip: Trip, provider: OidcProvider, metadata: dict[str, Any]
) -> None:
    provider.metadata |= metadata
    await is_away(trip)


@pytest.mark.parametrize("path", [DISCOVERY, "/token", "/keys"])
@pytest.mark.parametrize(
    "answer",
    [
        (302, {"location": "/elsewhere"}, b""),
        (200, {}, b"x" * 600_000),
        (200, {}, b'"' + b"x" * 400_000 + b'"'),
        (200, {}, b"<html>"),
        (200, {}, b"[" * 100_000),
        (200, {}, b'{"id_token": "\xff"}'),
        (200, {"content-encoding": "gzip"}, b"x"),
        (500, {}, b'{"error": "server_error", "error_description": "<script>"}'),
        (201, {}, b"{}"),
    ],
    ids=["redirect", "huge", "large", "html", "deep", "no utf-8", "zipped", "failed", "created"],
)
async def test_what_is_no_answer_is_none(
    trip: Trip, provider: OidcProvider, path: str, answer: tuple[int, dict[str, str], bytes]
) -> None:
    provider.answers[path] = answer
    await is_away(trip)
    assert "/elsewhere" not in provider.asked


async def test_one_that_does_not_answer_is_not_waited_for_long(
    database: Database, client: httpx.AsyncClient, provider: OidcProvider
) -> None:
    trip = trip_with(database, client, provider, patience=0.2, now=lambda: 0.0)
    provider.hangs = DISCOVERY
    await is_away(trip)
    provider.hangs = ""
    await is_away(trip)  # and not asked again at once, as everybody would wait for it again


async def test_one_that_is_back_is_asked_again(
    database: Database, client: httpx.AsyncClient, provider: OidcProvider
) -> None:
    clock = [0.0]
    trip = trip_with(database, client, provider, now=lambda: clock[0])
    provider.answers[DISCOVERY] = 500, {}, b""
    await is_away(trip)
    provider.answers.clear()
    clock[0] = 6.0
    assert (await trip.there_and_back()).claims is not None


async def test_without_a_provider_there_is_nothing_to_leave_for(
    database: Database, client: httpx.AsyncClient, provider: OidcProvider
) -> None:
    settings = Settings()
    oidc = OpenIdConnect(settings, Provider(client, settings), RoundTrips(Tickets(database)))
    with pytest.raises(NotFoundError):
        await oidc.leave("/", HERE)
