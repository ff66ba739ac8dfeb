"""Signing in and out, and the set-up of a new installation."""

import math
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Annotated, Any, Final
from urllib.parse import urlencode

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.authentication import COOKIE, Authentication
from webapp.accounts.devices_store import LIFETIME as DEVICE_LIFETIME
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.invitations import SigningUp
from webapp.accounts.kept import Kept, pack, unpack
from webapp.accounts.limits import Limits
from webapp.accounts.pages import GoOnPage, LeavingPage, SetUpPage, SignInPage
from webapp.accounts.presence import Presence
from webapp.accounts.resetting import Resetting
from webapp.accounts.sessions_store import LIFETIME, Sessions
from webapp.accounts.setting_up import SettingUp
from webapp.accounts.signing_in import Arrival, Arrivals, SigningIn
from webapp.accounts.users import Caller, User
from webapp.accounts.ways_in import Way, WaysIn
from webapp.web.appearance import appearance_of
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.places import local_place
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError, RefusalError, SignedOutError
from webapp.web.templating import Templates

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
MAX_FORM: Final = 8_000  # bytes
DEVICE_COOKIE: Final = "device"
NOTICES: Final = "/account/notices"

AnyRequest = Request[Any, Any, Any]
Next = Annotated[str, QueryParameter(name="next")]
Token = Annotated[str, QueryParameter(name="token")]
Field = Annotated[str, Meta(max_length=1_000)]


class SignInForm(Struct):
    name: Field = ""
    password: Field = ""
    next: Field = "/"
    kept: str = ""


class SetUpForm(Struct):
    token: Field = ""
    name: Field = ""
    full_name: Field = ""
    password: Field = ""


class SignInView:
    """The page to sign in, with the ways that this installation has."""

    def __init__(self, templates: Templates, resetting: Resetting, signing_up: SigningUp, ways_in: WaysIn) -> None:
        self._templates = templates
        self._ways_in = ways_in
        self._can_reset = resetting.is_by_mail
        self._can_sign_up = bool(signing_up.domains)

    def show(
        self, request: AnyRequest, place: str, name: str = "", kept: str = "", refusal: RefusalError | None = None
    ) -> Response[str]:
        """`place` is where to go on to, `kept` what is to be sent after."""
        error = refusal.sentence if refusal else ""
        ways = self._ways_in.at(request.headers.get("host", ""))
        page = SignInPage("Sign in", place, name, error, kept, self._can_reset, self._can_sign_up, ways)
        return plain_page(request, self._templates, "accounts/sign_in.html", page, refusal)

    def go_on(self, request: AnyRequest, kept: Kept, arrival: Arrival) -> Response[str]:
        """The page that has what was being sent, ready to be sent."""
        page = GoOnPage("You are signed in", kept, arrival.has_notices)
        answer = plain_page(request, self._templates, "accounts/go_on.html", page)
        answer.cookies = cookies_of(arrival)
        return answer


class SignedOutView:
    """What who has been signed out gets: with a form that is not to be lost, the page to sign in, which keeps it."""

    def __init__(self, sign_in_view: SignInView, others: Callable[[AnyRequest, Exception], Response[Any]]) -> None:
        self._sign_in_view = sign_in_view
        self._others = others

    def __call__(self, request: AnyRequest, error: SignedOutError) -> Response[Any]:
        if error.kept is None:
            return self._others(request, error)
        return self._sign_in_view.show(request, "/", kept=pack(request.url.path, error.kept), refusal=error)


@route("/login", http_method=READ, name="sign_in_page", opt={"public": True})
async def show_sign_in(
    request: AnyRequest,
    authentication: NamedDependency[Authentication],
    sign_in_view: NamedDependency[SignInView],
    next_place: Next = "/",
) -> Response[str] | Redirect:
    """The page to sign in; whoever is signed in goes on at once."""
    if await authentication.by_cookie(request.cookies.get(COOKIE, "")) is not None:
        return Redirect(local_place(next_place), status_code=303)
    return sign_in_view.show(request, local_place(next_place))


@post("/login", name="sign_in", opt={"public": True, "accounts": True})
async def sign_in(
    request: AnyRequest,
    signing_in: NamedDependency[SigningIn],
    arrivals: NamedDependency[Arrivals],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
    longest_form: NamedDependency[int],
) -> Response[str] | Redirect:
    form = await read_form(request, SignInForm, limit=longest_form)
    try:
        user = await signing_in.by_password(form.name, form.password, client, request.cookies.get(DEVICE_COOKIE, ""))
    except RefusalError as refusal:
        return sign_in_view.show(request, local_place(form.next), form.name, form.kept, refusal)
    kept = unpack(form.kept)
    if kept is not None and kept.is_of(user.id):
        return sign_in_view.go_on(request, kept, await arrive(request, arrivals, client, user, Way.PASSWORD))
    return await signed_in(request, arrivals, client, user, Way.PASSWORD, local_place(form.next))


@post("/logout", name="sign_out")
async def sign_out(
    caller: NamedDependency[Caller],
    sessions: NamedDependency[Sessions],
    presence: NamedDependency[Presence],
    events: NamedDependency[Events],
    client: NamedDependency[Client],
    root: NamedDependency[str],
) -> Redirect:
    """Ends the session, and whatever streams it has open.

    The browser forgets what it has kept: pictures, and texts that were not sent. Below a path of a host it is told
    nothing, as the rest of the host is not ours. The cookie of the device stays: it keeps strangers' guesses off.
    """
    if caller.credential is not None and await sessions.end(caller.user.id, caller.credential):
        presence.end([caller.credential])
        await events.record(Kind.SIGNED_OUT, caller.user.name, address=client.address)
    gone = Cookie(key=COOKIE, value="", path="/", max_age=0)
    headers = {} if root else {"clear-site-data": '"cache", "storage"'}
    return Redirect("/login", status_code=303, cookies=[gone], headers=headers)


@route("/setup", http_method=READ, name="set_up_page", opt={"public": True, "accounts": True})
async def show_set_up(
    request: AnyRequest,
    setting_up: NamedDependency[SettingUp],
    templates: NamedDependency[Templates],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    token: Token = "",
) -> Response[str]:
    async with links_limited(limits, client):
        await setting_up.check(token)
    return plain_page(request, templates, "accounts/set_up.html", SetUpPage("Set up", token))


@post("/setup", name="set_up", opt={"public": True, "accounts": True})
async def set_up(
    request: AnyRequest,
    setting_up: NamedDependency[SettingUp],
    arrivals: NamedDependency[Arrivals],
    templates: NamedDependency[Templates],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
) -> Response[str] | Redirect:
    form = await read_form(request, SetUpForm, limit=MAX_FORM)
    try:
        async with links_limited(limits, client):
            user = await setting_up.set_up(form.token, form.name, form.full_name, form.password)
    except (InvalidError, ConflictError) as refusal:
        page = SetUpPage("Set up", form.token, form.name, form.full_name, refusal.sentence)
        return plain_page(request, templates, "accounts/set_up.html", page, refusal)
    return await signed_in(request, arrivals, client, user, Way.PASSWORD, "/")


async def signed_in(
    request: AnyRequest,
    arrivals: Arrivals,
    client: Client,
    user: User,
    way: Way,
    place: str,
    *,
    is_confirmed: bool = True,
) -> Redirect:
    """Begins a session, whichever way the user has shown who they are, and goes on to `place`.

    If there is something that the user has to know first, it leads to the page that says it.
    """
    arrival = await arrive(request, arrivals, client, user, way, is_confirmed=is_confirmed)
    place = f"{NOTICES}?{urlencode({'next': place})}" if arrival.has_notices else place
    return Redirect(place, status_code=303, cookies=cookies_of(arrival))


async def arrive(
    request: AnyRequest, arrivals: Arrivals, client: Client, user: User, way: Way, *, is_confirmed: bool = True
) -> Arrival:
    """Begins a session in place of the one that the browser had."""
    before, device = request.cookies.get(COOKIE, ""), request.cookies.get(DEVICE_COOKIE, "")
    return await arrivals.begin(user, way, client, device, before, is_confirmed=is_confirmed)


def cookies_of(arrival: Arrival) -> list[Cookie]:
    """That of the session and that of the device."""
    return [session_cookie(arrival.session), device_cookie(arrival.device)]


def session_cookie(secret: str) -> Cookie:
    return _cookie(COOKIE, secret, LIFETIME)


def device_cookie(secret: str) -> Cookie:
    """By which a browser is known as one in which its user has signed in before."""
    return _cookie(DEVICE_COOKIE, secret, DEVICE_LIFETIME)


def _cookie(name: str, secret: str, lifetime: timedelta) -> Cookie:
    seconds = round(lifetime.total_seconds())
    return Cookie(key=name, value=secret, path="/", max_age=seconds, httponly=True, samesite="lax")


@asynccontextmanager
async def links_limited(limits: Limits, client: Client) -> AsyncGenerator[None, None]:
    """Around what a link's token is checked in: whoever brings many that are none has to wait."""
    try:
        yield
    except NotFoundError:
        await limits.wrong_secret("link", client)
        raise


def plain_page(
    request: AnyRequest, templates: Templates, template: str, page: Struct, refusal: RefusalError | None = None
) -> Response[str]:
    """A page of its own, shown anew with what was wrong if there is a `refusal`."""
    html = templates.render(template, page, appearance_of(request))
    headers = {"cache-control": "no-store"}
    if refusal is not None and refusal.retry_after is not None:
        headers["retry-after"] = str(max(1, math.ceil(refusal.retry_after)))
    status = 200 if refusal is None else refusal.status
    return Response(html, status_code=status, media_type="text/html", headers=headers)


def leaving(request: AnyRequest, templates: Templates, provider: str, url: str) -> Response[str]:
    """A page that goes on by itself: browsers hold a redirect of a form to the policy that forms stay with us."""
    page = LeavingPage(f"On to {provider}", provider, url)
    response = plain_page(request, templates, "accounts/leaving.html", page)
    response.headers["refresh"] = f"0; url={url}"
    return response


accounts_router = Router(
    "/", route_handlers=[show_sign_in, sign_in, sign_out, show_set_up, set_up], include_in_schema=False
)
