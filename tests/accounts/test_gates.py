"""One gate for all ways to sign in: with PASSWORD_SIGN_IN=off no address lets a member in by a password, or takes one.

Which addresses could is found out from the app: those whose handler is given something that holds `Arrivals`, where
sessions begin, or `Passwords`, where they are hashed. One without a row in `PLAYS` fails.
"""

import ast
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

import httpx
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from msgspec import Struct
from sqlalchemy import select

from tests.accounts.people import ALICE, BOB, HOME, PASSWORD, House
from tests.fakes.database import migrated_file, open_database
from tests.fakes.upstream import KEY
from webapp.accounts.passwords import Passwords
from webapp.accounts.purposes import Purpose
from webapp.accounts.signing_in import Arrivals, WrongPasswordError
from webapp.accounts.users import Role
from webapp.accounts.ways_in import Way
from webapp.app import ROOT, create_app
from webapp.config import Settings
from webapp.db.engine import Database
from webapp.db.tables import Session as SessionRow
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.standin.server import StandIn
from webapp.web.refusals import ForbiddenError, InvalidError, NotFoundError

SITE: Final = "https://chat.example.org"
CAROL, DAVE = "carol@example.org", "dave@example.org"
NEW: Final = "a stormy evening"
PROVIDER: Final[dict[str, Any]] = {
    "app_url": SITE,
    "oidc_issuer": "https://accounts.example.org",
    "oidc_client_id": "chat",
    "oidc_client_secret": "secret",
    "oidc_name": "Provider",
}
CLOSED: Final = Settings(**PROVIDER, password_sign_in="off")


class Play(Struct, frozen=True):
    """What a member, or who would be one, sends to an address; `lets_in` is what it does while passwords are open."""

    route: str
    form: dict[str, str] = {}
    lets_in: bool = False
    is_signed_in: bool = False


def own(route: str, **form: str) -> Play:
    return Play(route, form, is_signed_in=True)


PLAYS: Final = (
    Play("POST /login", {"name": BOB, "password": PASSWORD}, True),
    Play("POST /login/passkey/answer", {"credential": "{{}}"}),
    Play("GET /login/oidc/callback"),
    Play("POST /setup", {"token": "{setup}", "name": CAROL, "password": NEW}),
    Play("GET /setup"),
    Play("GET /join"),
    Play("POST /join", {"token": "{invitation}", "name": CAROL, "password": NEW}, True),
    Play("POST /join", {"token": "{sign_up}", "password": NEW}, True),
    Play("GET /password"),
    Play("POST /password", {"token": "{reset}", "password": NEW}, True),
    Play("GET /forgotten"),
    Play("POST /forgotten", {"name": BOB}, True),
    Play("POST /signup", {"name": "erin@example.org"}, True),
    own("POST /account/name", full_name="Bob"),
    Play("POST /account/password", {"current": PASSWORD, "password": NEW}, True, True),
    own("POST /account/sessions/{session_id:uuid}/end"),
    own("POST /account/sessions/end-others"),
    own("POST /account/tokens", name="script", read="true", days="7"),
    own("POST /account/tokens/{token_id:uuid}/revoke"),
    own("GET /settings/key"),
    own("POST /settings/key/sign-in"),
    own("GET /confirm"),
    own("POST /confirm", password=PASSWORD, asked="x"),
    own("POST /confirm/passkey", asked="x"),
    own("POST /confirm/passkey/answer", credential="{{}}"),
    own("POST /confirm/provider", asked="x"),
    own("GET /admin/invitations"),
    own("POST /admin/invitations", role="member", days="7"),
    own("POST /admin/invitations/{invitation_id:uuid}/withdraw"),
)


class Running(NamedTuple):
    app: Litestar
    house: House
    secrets: dict[str, str]
    cookie: str

    async def play(self, play: Play) -> httpx.Response:
        method, path = play.route.split()
        for name in ("session_id", "token_id", "invitation_id"):
            path = path.replace(f"{{{name}:uuid}}", str(UUID(int=1)))
        form = {name: value.format(**self.secrets) for name, value in play.form.items()}
        headers = {"cookie": self.cookie} if play.is_signed_in else {}
        transport: Any = httpx.ASGITransport(self.app)  # type: ignore[arg-type]  # an ASGI app by another's types
        async with httpx.AsyncClient(transport=transport, base_url=SITE, headers=headers) as client:
            return await client.request(method, path, data=form if method == "POST" else None)

    async def state(self) -> dict[str, Any]:
        """How people got in, or could: sessions that were shown a password or a link, passwords, links."""
        async with self.house.database.read() as session:
            sessions = await session.scalars(select(SessionRow.id).where(SessionRow.method != Way.PROVIDER))
            people = await session.execute(select(UserRow.name, UserRow.password_hash))
            tickets = await session.scalars(
                select(TicketRow.id).where(TicketRow.purpose.in_((Purpose.PASSWORD, Purpose.SIGN_UP)))
            )
            return {"in": set(sessions), "people": sorted(map(tuple, people)), "links": set(tickets)}


def gained(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    """What there is now and wasn't before. What ends, as links do when others are signed out, lets nobody in."""
    return {name: more for name in after if (more := set(after[name]) - set(before[name]))}


@asynccontextmanager
async def running(folder: Path, upstream: str, passwords: str) -> AsyncIterator[Running]:
    """The app with a member, who has signed in at the provider, and links of each kind from before."""
    address = migrated_file(folder / "open-chat.db")
    given = {"AUTH": "on", "DATA_DIR": str(folder), "OPENROUTER_BASE_URL": upstream, "OPENROUTER_API_KEY": KEY}
    given |= {"SMTP_URL": "smtp://127.0.0.1:9", "MAIL_FROM": "chat@example.org", "SIGNUP_DOMAINS": "example.org"}
    given |= {name.upper(): value for name, value in PROVIDER.items()} | {"PASSWORD_SIGN_IN": passwords}
    app = create_app(Settings.from_env(given))
    async with open_database(address) as database, app.lifespan():
        house = House(database)
        await house.users.add(ALICE, "", Role.ADMINISTRATOR)
        real = part_of(app, "signing_in", Passwords)
        hashed = await real.hashed(real.check(PASSWORD, Role.ADMINISTRATOR))
        bob = await house.users.add(BOB, "", Role.MEMBER, password_hash=hashed)
        session = await house.sessions.begin(bob.id, method=Way.PROVIDER, browser="")
        hour = timedelta(hours=1)
        secrets = {
            "setup": await house.tickets.make(Purpose.SETUP, hour),
            "invitation": await house.tickets.make(Purpose.INVITATION, hour, data={"role": "member", "name": CAROL}),
            "sign_up": await house.tickets.make(Purpose.SIGN_UP, hour, data={"role": "member", "name": DAVE}),
            "reset": await house.tickets.make(Purpose.PASSWORD, hour, user_id=bob.id),
        }
        yield Running(app, house, secrets, f"__Host-session={session}")


def part_of(app: Litestar, name: str, kind: type[Any]) -> Any:
    """The one of that kind which a part of the app holds."""
    return next(one for one in held_by(app.dependencies[name].dependency()) if isinstance(one, kind))  # type: ignore[union-attr]


def held_by(part: Any) -> list[Any]:
    """A part of accounts, and all such that it holds, and those that they do."""
    if not type(part).__module__.startswith("webapp.accounts"):
        return []
    return [part, *(one for value in getattr(part, "__dict__", {}).values() for one in held_by(value))]


def routes_that_could(app: Litestar) -> set[str]:
    """Those whose handlers are given what could begin a session, or hash a password."""
    names = {name for name, dependency in app.dependencies.items() if can_let_in(dependency)}
    return {
        f"{method} {route.path}"
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        if names & set(handler.parsed_fn_signature.parameters)
        for method in handler.http_methods
        if method not in ("HEAD", "OPTIONS")
    }


def can_let_in(dependency: Any) -> bool:
    try:
        part = dependency.dependency()
    except TypeError:  # it is made for each request, out of parts
        return False
    return any(isinstance(one, Arrivals | Passwords) for one in held_by(part))


def test_every_address_that_could_let_somebody_in_is_played() -> None:
    could, played = routes_that_could(create_app(Settings(auth="on"))), {play.route for play in PLAYS}
    assert {"POST /login", "POST /join", "POST /password", "POST /account/password"} < could
    assert could - played == set(), "play these, with passwords closed"


async def test_with_passwords_closed_none_lets_a_member_in_or_takes_a_password(
    standin: StandIn, tmp_path: Path
) -> None:
    async with running(tmp_path, standin.base_url, "off") as app:
        before = await app.state()
        for play in PLAYS:
            answer = await app.play(play)
            assert answer.status_code != 500, play.route  # the provider can't be reached: 503
            assert gained(before, await app.state()) == {}, play.route
            if play.lets_in and play.route != "POST /login":
                assert (play.route, answer.status_code) == (play.route, 403)
                assert "Sign in with Provider or a passkey" in answer.text, play.route
        assert 'name="current"' not in (await app.play(own("GET /account"))).text


@pytest.mark.parametrize("play", [play for play in PLAYS if play.lets_in], ids=lambda play: play.route)
async def test_with_passwords_open_the_same_lets_them_in(standin: StandIn, tmp_path: Path, play: Play) -> None:
    """So that what is refused above is refused for that reason."""
    async with running(tmp_path, standin.base_url, "on") as app:
        before = await app.state()
        assert (await app.play(play)).status_code in (200, 303)
        async with app.app.dependencies["resetting"].dependency()._mail.running():  # type: ignore[union-attr]
            pass  # what is mailed is made in the background
        assert await app.state() != before


def test_sessions_begin_in_one_place_and_hashes_are_made_of_what_was_checked() -> None:
    calls: dict[str, set[str]] = {"Sessions.begin": set(), "CheckedPassword": set()}
    for path in (ROOT / "webapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(func=ast.Attribute(attr="begin", value=ast.Attribute(attr="_sessions"))):
                    calls["Sessions.begin"].add(path.name)
                case ast.Call(func=ast.Name(id="CheckedPassword")):
                    calls["CheckedPassword"].add(path.name)
    assert calls == {"Sessions.begin": {"signing_in.py"}, "CheckedPassword": {"passwords.py"}}


# What the parts do by themselves, on both kinds of database


@pytest.fixture
def closed(database: Database) -> House:
    return House(database, CLOSED)


async def test_no_part_takes_a_member_s_password(closed: House) -> None:
    alice = await closed.users.add(ALICE, "", Role.ADMINISTRATOR)
    bob = await closed.users.add(BOB, "", Role.MEMBER, password_hash=await closed.passwords.hashed(PASSWORD))
    with pytest.raises(WrongPasswordError):
        await closed.signing_in.by_password(BOB, PASSWORD, HOME)
    for way in (Way.PASSWORD, Way.LINK):
        with pytest.raises(ForbiddenError, match="Sign in with Provider"):
            await closed.arrivals.begin(bob, way, HOME)
    with pytest.raises(ForbiddenError):
        await closed.reset_links.make(ALICE, bob.id)
    with pytest.raises(ForbiddenError):
        await closed.resetting.by_mail(BOB, HOME)
    with pytest.raises(ForbiddenError):
        await closed.signing_up.ask(CAROL, HOME)
    with pytest.raises(InvalidError, match="knows them by an address"):
        await closed.invitations.make(alice, Role.MEMBER, "", 7, HOME)
    assert await closed.mail.emptied() == []
    assert (await closed.arrivals.begin(bob, Way.PROVIDER, HOME)).session


async def test_who_is_invited_is_told_by_which_address_to_come(closed: House) -> None:
    alice = await closed.users.add(ALICE, "", Role.ADMINISTRATOR)
    token = (await closed.invitations.make(alice, Role.MEMBER, CAROL, 7, HOME)).rpartition("=")[2]
    with pytest.raises(ForbiddenError, match=rf"Sign in with Provider.*You are invited as {CAROL}"):
        await closed.invitations.check(token)
    assert len(await closed.invitations.all()) == 1, "it is used at the provider"


async def test_administrators_keep_their_passwords_and_get_new_ones_by_a_link(closed: House) -> None:
    alice = await closed.users.add(ALICE, "", Role.ADMINISTRATOR)
    token = (await closed.reset_links.make("the operator", alice.id)).rpartition("=")[2]
    assert await closed.resetting.reset(token, NEW, HOME) == alice
    assert await closed.signing_in.by_password(ALICE, NEW, HOME) == alice
    assert (await closed.arrivals.begin(alice, Way.LINK, HOME)).session
    link = await closed.invitations.make(alice, Role.ADMINISTRATOR, "", 7, HOME)
    assert (await closed.invitations.join(link.rpartition("=")[2], BOB, "", NEW, HOME)).is_administrator


async def test_a_link_is_for_the_role_that_one_has_when_it_is_used(closed: House) -> None:
    alice = await closed.users.add(ALICE, "", Role.ADMINISTRATOR)
    token = (await closed.reset_links.make("the operator", alice.id)).rpartition("=")[2]
    async with closed.database.write() as session:
        row = await session.get(UserRow, alice.id)
        assert row is not None
        row.role = Role.MEMBER
    with pytest.raises(ForbiddenError):
        await closed.resetting.reset(token, NEW, HOME)
    with pytest.raises(NotFoundError):
        await closed.resetting.check("another")
