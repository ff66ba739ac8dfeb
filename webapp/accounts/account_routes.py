"""The page of one's own account, and what its forms do."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.account import Account
from webapp.accounts.confirming import Confirming
from webapp.accounts.freshness import Asked, fresh_session
from webapp.accounts.pages import AccountPage
from webapp.accounts.routes import MAX_FORM, device_cookie, plain_page, session_cookie
from webapp.accounts.sections import AccountSections
from webapp.accounts.users import Caller
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.refusals import RefusalError
from webapp.web.templating import Templates

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
TITLE: Final = "Account"
PAGE: Final = "/account"
# What is told after a form was followed, by the word that its redirect has in the address.
DONE: Final = {
    "name": "Your name is changed.",
    "password": "Your password is changed. Everywhere else you are signed out, and no API token works any more.",
    "session": "That session is ended.",
    "others": "You are signed out everywhere else, and no API token works any more.",
    "token": "That token is revoked.",
}

AnyRequest = Request[Any, Any, Any]
Field = Annotated[str, Meta(max_length=1_000)]


class NameForm(Struct):
    full_name: Field = ""


class PasswordForm(Struct):
    current: Field = ""
    password: Field = ""


class TokenForm(Struct):
    name: Field = ""
    read: bool = False
    write: bool = False
    days: int = 30


class AccountView:
    """Makes the page, as it is or with what has come of a form."""

    def __init__(self, templates: Templates, sections: AccountSections) -> None:
        self._templates = templates
        self._sections = sections

    async def show(self, request: AnyRequest, caller: Caller, told: str = "", new_token: str = "") -> Response[str]:
        page = AccountPage(TITLE, await self._sections.of(caller), told=told, new_token=new_token)
        return plain_page(request, self._templates, "accounts/account.html", page)

    async def refuse(self, request: AnyRequest, caller: Caller, refusal: RefusalError, at: str) -> Response[str]:
        page = AccountPage(TITLE, await self._sections.of(caller), error=refusal.sentence, error_at=at)
        return plain_page(request, self._templates, "accounts/account.html", page, refusal)


@route("/", http_method=READ, name="account")
async def show_account(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    account_view: NamedDependency[AccountView],
    done: Annotated[str, QueryParameter(name="done")] = "",
) -> Response[str]:
    return await account_view.show(request, caller, told=DONE.get(done, ""))


@post("/name", name="change_name")
async def change_name(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    account: NamedDependency[Account],
    account_view: NamedDependency[AccountView],
) -> Response[str] | Redirect:
    form = await read_form(request, NameForm, limit=MAX_FORM)
    try:
        await account.rename(caller, form.full_name)
    except RefusalError as refusal:
        return await account_view.refuse(request, caller, refusal, "profile")
    return done("name")


@post("/password", name="change_password")
async def change_password(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    account: NamedDependency[Account],
    account_view: NamedDependency[AccountView],
    confirming: NamedDependency[Confirming],
    client: NamedDependency[Client],
) -> Response[str] | Redirect:
    """The current password shows who one is; who has none yet confirms it another way."""
    form = await read_form(request, PasswordForm, limit=MAX_FORM)
    if not await account.has_password(caller):
        asked = Asked("set a password", PAGE, str(caller.user.id))
        await confirming.check_is_fresh(caller, asked, request.headers.get("host", ""))
    try:
        arrival = await account.change_password(caller, form.current, form.password, client)
    except RefusalError as refusal:
        return await account_view.refuse(request, caller, refusal, "password")
    return done("password", session_cookie(arrival.session), device_cookie(arrival.device))


@post("/sessions/{session_id:uuid}/end", name="end_session", opt=fresh_session("sign out a browser", PAGE))
async def end_session(
    caller: NamedDependency[Caller],
    account: NamedDependency[Account],
    client: NamedDependency[Client],
    session_id: FromPath[UUID],
) -> Redirect:
    await account.end_session(caller, session_id, client)
    return done("session")


@post("/sessions/end-others", name="end_other_sessions", opt=fresh_session("sign out everywhere else", PAGE))
async def end_other_sessions(
    caller: NamedDependency[Caller], account: NamedDependency[Account], client: NamedDependency[Client]
) -> Redirect:
    await account.end_other_sessions(caller, client)
    return done("others")


@post("/tokens", name="make_token", opt=fresh_session("make an API token", PAGE))
async def make_token(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    account: NamedDependency[Account],
    account_view: NamedDependency[AccountView],
    client: NamedDependency[Client],
) -> Response[str]:
    """The page with the new token on it, and no redirect: it is shown once, and stands in no address."""
    form = await read_form(request, TokenForm, limit=MAX_FORM)
    scopes = [name for name, is_chosen in (("read", form.read), ("write", form.write)) if is_chosen]
    try:
        token = await account.make_token(caller, form.name, scopes, form.days, client)
    except RefusalError as refusal:
        return await account_view.refuse(request, caller, refusal, "tokens")
    return await account_view.show(request, caller, new_token=token)


@post("/tokens/{token_id:uuid}/revoke", name="revoke_token")
async def revoke_token(
    caller: NamedDependency[Caller],
    account: NamedDependency[Account],
    client: NamedDependency[Client],
    token_id: FromPath[UUID],
) -> Redirect:
    await account.revoke_token(caller, token_id, client)
    return done("token")


def done(what: str, *cookies: Cookie) -> Redirect:
    """Back to the page, which tells what was done."""
    return Redirect(f"/account?done={what}", status_code=303, cookies=cookies)


account_router = Router(
    "/account",
    route_handlers=[
        show_account,
        change_name,
        change_password,
        end_session,
        end_other_sessions,
        make_token,
        revoke_token,
    ],
    opt={"accounts": True},
    include_in_schema=False,
)
