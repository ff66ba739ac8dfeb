"""What matters is done by who has shown in the last minutes who they are, and by nobody else with their cookie."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tests.accounts.people import real_passwords
from tests.fakes.signed_in import PASSWORD
from tests.test_route_matrix import ROWS, House, Row, alices, contents, handlers_of, open_house, send
from webapp.accounts.account_routes import account_router
from webapp.accounts.confirm_routes import confirm_router
from webapp.accounts.freshness import OPTION, Asked, Sensitive, asked_for, pack, unpack
from webapp.accounts.keys_routes import keys_router
from webapp.accounts.oidc_routes import oidc_router
from webapp.accounts.passkeys_routes import passkeys_router
from webapp.accounts.passwords import CheckedPassword
from webapp.accounts.sessions_store import RECENT, Sessions
from webapp.accounts.store import Users
from webapp.administration.routes import administration_router
from webapp.app import create_app
from webapp.config import Settings
from webapp.db.clock import moment
from webapp.db.tables import Session as SessionRow
from webapp.standin.server import StandIn

SENSITIVE: Final = {
    "POST /account/sessions/{session_id:uuid}/end",
    "POST /account/sessions/end-others",
    "POST /account/tokens",
    "POST /account/passkeys/new",
    "POST /account/passkeys",
    "POST /account/passkeys/{passkey_id:uuid}/remove",
    "POST /account/link",
    "POST /account/unlink",
    "POST /settings/key",
    "POST /settings/key/remove",
    "POST /settings/key/sign-in",
    "POST /admin/users/{user_id:uuid}/role",
    "POST /admin/users/{user_id:uuid}/limits",
    "POST /admin/users/{user_id:uuid}/reset",
    "POST /admin/users/{user_id:uuid}/disable",
    "POST /admin/users/{user_id:uuid}/enable",
    "POST /admin/users/{user_id:uuid}/delete",
    "POST /admin/invitations",
    "POST /admin/budgets",
}
# What changes something in these routers, and goes without, each with the reason.
EASY: Final = {
    "POST /account/name": "opens nothing",
    "POST /account/password": "asks for the current one itself; who has none is asked as elsewhere",
    "POST /account/tokens/{token_id:uuid}/revoke": "takes away, and has to be quick",
    "POST /account/passkeys/{passkey_id:uuid}/name": "opens nothing",
    "POST /admin/invitations/{invitation_id:uuid}/withdraw": "takes away, and has to be quick",
    "POST /admin/models/allow": "opens no account; budgets hold all the same",
    "POST /admin/models/remove": "the same",
    "POST /admin/models/all": "the same",
    # Here it is shown who one is
    "POST /login/passkey": "signs in",
    "POST /login/passkey/answer": "signs in",
    "POST /login/oidc": "signs in",
    "POST /confirm": "confirms",
    "POST /confirm/passkey": "confirms",
    "POST /confirm/passkey/answer": "confirms",
    "POST /confirm/provider": "confirms",
}
ROUTERS: Final = [account_router, passkeys_router, oidc_router, keys_router, administration_router, confirm_router]
HANDLERS: Final = handlers_of(create_app(Settings.from_env({"AUTH": "on"})))


def test_every_change_to_an_account_is_classified() -> None:
    mine = {
        repr(handler.fn)
        for router in ROUTERS
        for route in router.routes
        for handler in getattr(route, "route_handlers", ())
    }
    changing = {route for route, one in HANDLERS.items() if repr(one.fn) in mine and not route.startswith("GET ")}
    assert len(changing) > 25
    assert changing - SENSITIVE - set(EASY) == set(), "does this matter? Then it has fresh_session in its opt"
    assert {route for route, handler in HANDLERS.items() if OPTION in handler.opt} == SENSITIVE
    assert not SENSITIVE & set(EASY)


async def grow_stale(house: House) -> None:
    async with house.database.write() as session:
        await session.execute(update(SessionRow).values(confirmed_at=moment(ago=RECENT + timedelta(minutes=1))))


def asker(row: Row) -> str:
    return "olga" if row.opens_for == "administrators" else "alice"


async def test_each_is_refused_to_a_stale_session_and_done_in_a_fresh_one(standin: StandIn, tmp_path: Path) -> None:
    async with open_house(tmp_path, standin.base_url) as house:
        for row in (one for one in ROWS if one.route in SENSITIVE):
            ids = await alices(house)
            async with house.as_(asker(row)) as client:
                await grow_stale(house)
                before = await contents(house.database)
                refused = await send(client, row, ids)
                if row.route.startswith("GET "):
                    assert (refused.status_code, refused.headers["location"][:14]) == (303, "/confirm?next="), row.route
                else:
                    assert refused.status_code == 403, row.route
                    assert "Confirm that it&#39;s you" in refused.text, row.route
                assert await contents(house.database) == before, row.route
            async with house.as_(asker(row)) as client:
                done = await send(client, row, ids)
                assert done.status_code == row.status, (row.route, done.text)


async def test_without_accounts_nobody_is_asked(standin: StandIn, tmp_path: Path) -> None:
    async with open_house(tmp_path, standin.base_url, AUTH="off") as house, house.as_("nobody") as client:
        assert (await client.post("/admin/budgets", data={"soft": "", "hard": ""})).status_code == 303
        assert (await client.post("/settings/key/remove")).status_code == 303
        assert (await client.get("/confirm")).status_code == 404


# There and back


class Scene(NamedTuple):
    house: House
    alice: httpx.AsyncClient


Open = Callable[[], AbstractAsyncContextManager[Scene]]


@pytest.fixture
def opened(standin: StandIn, tmp_path: Path) -> Open:
    """A house, and Alice in it, with a password and a session that she signed in to a while ago."""

    @asynccontextmanager
    async def opened() -> AsyncIterator[Scene]:
        async with open_house(tmp_path, standin.base_url) as house, house.as_("alice") as client:
            await Users(house.database).set_password(
                house.people["alice"].id, await real_passwords().hashed(CheckedPassword(PASSWORD))
            )
            await grow_stale(house)
            yield Scene(house, client)

    return opened


def field(page: httpx.Response, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


def keep_cookie(client: httpx.AsyncClient, answer: httpx.Response) -> None:
    client.headers["cookie"] = f"session={answer.cookies['session']}"
    client.cookies.clear()


TOKEN_FORM: Final = {"name": 'A "script" & more', "read": "true", "days": "7"}


async def test_what_was_typed_comes_along_and_is_done_after(opened: Open) -> None:
    async with opened() as (_, alice):
        page = await alice.post("/account/tokens", data=TOKEN_FORM)
        assert "To make an API token" in page.text
        wrong = await alice.post("/confirm", data={"password": "wrong", "asked": field(page, "asked")})
        assert (wrong.status_code, "The password is not right." in wrong.text) == (422, True)
        confirmed = await alice.post("/confirm", data={"password": PASSWORD, "asked": field(wrong, "asked")})
        assert confirmed.status_code == 200
        assert 'action="/account/tokens"' in confirmed.text
        assert {name: field(confirmed, name) for name in TOKEN_FORM} == TOKEN_FORM
        keep_cookie(alice, confirmed)
        made = await alice.post("/account/tokens", data={name: field(confirmed, name) for name in TOKEN_FORM})
        assert (made.status_code, "Your new token" in made.text) == (200, True)


async def test_below_a_path_it_leads_to_where_it_was_sent(standin: StandIn, tmp_path: Path) -> None:
    async with open_house(tmp_path, standin.base_url, ROOT_PATH="/acc") as house, house.as_("alice") as client:
        await Users(house.database).set_password(
            house.people["alice"].id, await real_passwords().hashed(CheckedPassword(PASSWORD))
        )
        await grow_stale(house)
        page = await client.post("/acc/account/tokens", data=TOKEN_FORM)
        assert 'action="/acc/confirm"' in page.text
        assert 'href="/acc/account"' in page.text
        confirmed = await client.post("/acc/confirm", data={"password": PASSWORD, "asked": field(page, "asked")})
        assert 'action="/acc/account/tokens"' in confirmed.text
        await grow_stale(house)
        keep_cookie(client, confirmed)
        key = await client.post("/acc/settings/key", data={"key": "sk-or-v1-secret"})
        confirmed = await client.post("/acc/confirm", data={"password": PASSWORD, "asked": field(key, "asked")})
        assert confirmed.headers["location"] == "/acc/settings/key"


async def test_the_cookie_before_opens_nothing_more_and_the_session_goes_on(opened: Open) -> None:
    async with opened() as (house, alice):
        before, sessions = alice.headers["cookie"], Sessions(house.database)
        listed = await sessions.of(house.people["alice"].id)
        page = await alice.get("/confirm?next=/account/passkeys")
        confirmed = await alice.post("/confirm", data={"password": PASSWORD, "asked": field(page, "asked")})
        assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/account/passkeys")
        alice.cookies.clear()
        assert (await alice.get("/account", headers={"cookie": before})).status_code == 303
        keep_cookie(alice, confirmed)
        assert (await alice.get("/account")).status_code == 200
        assert await sessions.of(house.people["alice"].id) == listed
        assert (await alice.get("/confirm?next=/account")).headers["location"] == "/account"


async def test_an_open_browser_is_no_place_to_guess_the_password(opened: Open) -> None:
    async with opened() as (_, alice):
        guesses = [await alice.post("/confirm", data={"password": f"guess {number}"}) for number in range(12)]
        assert guesses[-1].status_code == 429
        assert (await alice.post("/confirm", data={"password": PASSWORD})).status_code == 429


async def test_a_secret_that_was_typed_does_not_come_along(opened: Open) -> None:
    async with opened() as (_, alice):
        page = await alice.post("/settings/key", data={"key": "sk-or-v1-secret"})
        assert page.status_code == 403
        assert "sk-or-v1-secret" not in page.text
        confirmed = await alice.post("/confirm", data={"password": PASSWORD, "asked": field(page, "asked")})
        assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/settings/key")


async def test_what_somebody_else_sent_is_not_offered(opened: Open) -> None:
    async with opened() as (house, alice):
        bob = house.people["bob"].id
        of_bob = pack(asked_for(Sensitive("x", "/account"), bob, "/account/tokens", [("name", "Bob")]))
        confirmed = await alice.post("/confirm", data={"password": PASSWORD, "asked": of_bob})
        assert (confirmed.status_code, confirmed.headers["location"]) == (303, "/account")


async def test_a_first_password_is_set_by_who_has_just_signed_in(standin: StandIn, tmp_path: Path) -> None:
    async with open_house(tmp_path, standin.base_url) as house:
        form = {"password": "a stormy evening"}
        async with house.as_("alice") as client:
            await grow_stale(house)
            assert "Confirm that it's you, to set a password" in (await client.get("/account")).text
            refused = await client.post("/account/password", data=form)
            assert (refused.status_code, "To set a password" in refused.text) == (403, True)
            assert "stormy" not in refused.text
        async with house.as_("alice") as client:
            assert (await client.post("/account/password", data=form)).status_code == 303


async def test_the_current_password_shows_who_one_is(opened: Open) -> None:
    async with opened() as (_, alice):
        changed = await alice.post("/account/password", data={"current": PASSWORD, "password": "a stormy evening"})
        assert changed.status_code == 303
        assert "device" in changed.cookies  # strangers who guess don't keep this browser out
        keep_cookie(alice, changed)
        assert (await alice.post("/account/tokens", data=TOKEN_FORM)).status_code == 200


async def test_who_comes_from_a_provider_that_does_not_say_when_is_asked(opened: Open) -> None:
    async with opened() as (house, _):
        secret = await Sessions(house.database).begin(
            house.people["alice"].id, method="oidc", browser="", is_confirmed=False
        )
        async with house.as_("nobody") as client:
            client.headers["cookie"] = f"session={secret}"
            assert (await client.post("/account/tokens", data=TOKEN_FORM)).status_code == 403


TEXT: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@given(TEXT, st.lists(st.tuples(TEXT, TEXT), max_size=5).map(tuple))
def test_what_is_packed_is_unpacked(words: str, fields: tuple[tuple[str, str], ...]) -> None:
    asked = Asked(words, "/account", "owner", "/account/tokens", fields)
    assert unpack(pack(asked)) == asked


@pytest.mark.parametrize(
    "asked",
    [
        Asked("x", "https://evil.example/"),
        Asked("x", "//evil.example"),
        Asked("x", "/account", to="https://evil.example/"),
        Asked("x", "/account", to="//evil.example/"),
        Asked("x", "/account", to="javascript:alert(1)"),
    ],
)
def test_it_never_leads_elsewhere(asked: Asked) -> None:
    assert unpack(pack(asked)) is None


@given(st.text())
def test_what_is_no_such_thing_is_none(text: str) -> None:
    assert unpack(text) is None
