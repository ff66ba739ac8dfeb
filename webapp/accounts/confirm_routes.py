"""The page on which users confirm who they are, and go on with what they were doing."""

from typing import Annotated, Any, Final

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.browser import browser_of, remembered
from webapp.accounts.confirm_view import TITLE, ConfirmView
from webapp.accounts.confirming import Confirming
from webapp.accounts.freshness import Asked, pack, unpack
from webapp.accounts.oidc import OpenIdConnect
from webapp.accounts.pages import PasskeyPage
from webapp.accounts.passkeys_routes import MAX_ANSWER
from webapp.accounts.routes import Field, leaving, plain_page
from webapp.accounts.users import Caller
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.places import local_place
from webapp.web.refusals import NotFoundError, RefusalError, SignedOutError
from webapp.web.templating import Templates

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
MAX_ASKED: Final = 20_000  # characters: a form, written as JSON
MAX_FORM: Final = 80_000  # bytes: the same, as a form of a browser has it

AnyRequest = Request[Any, Any, Any]
Packed = Annotated[str, Meta(max_length=MAX_ASKED)]


class ConfirmForm(Struct):
    """`asked` is what is to be done after; see `freshness.pack`."""

    password: Field = ""
    asked: Packed = ""


class AnswerForm(Struct):
    credential: Annotated[str, Meta(max_length=20_000)] = ""
    asked: Packed = ""


def asked_by(form: ConfirmForm | AnswerForm, caller: Caller) -> Asked:
    """What is to be done after; the page of the account where that can't be read."""
    return unpack(form.asked) or Asked("go on", "/account", str(caller.user.id))


@route("/", http_method=READ, name="confirm")
async def show_confirm(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    confirming: NamedDependency[Confirming],
    confirm_view: NamedDependency[ConfirmView],
    next_place: Annotated[str, QueryParameter(name="next")] = "/account",
) -> Response[str] | Redirect:
    """Whoever has just signed in goes on at once."""
    asked = Asked("go on", local_place(next_place), str(caller.user.id))
    if await confirming.is_fresh(caller):
        return Redirect(asked.place, status_code=303)
    return await confirm_view.show(request, caller, asked)


@post("/", name="confirm_by_password")
async def confirm_by_password(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    confirming: NamedDependency[Confirming],
    confirm_view: NamedDependency[ConfirmView],
    client: NamedDependency[Client],
) -> Response[str] | Redirect:
    form = await read_form(request, ConfirmForm, limit=MAX_FORM)
    asked = asked_by(form, caller)
    try:
        secret = await confirming.by_password(caller, form.password, client)
    except SignedOutError:
        raise
    except RefusalError as refusal:
        return await confirm_view.show(request, caller, asked, refusal)
    return confirm_view.go_on(request, caller, asked, secret)


@post("/passkey", name="ask_for_passkey_to_confirm")
async def ask_for_passkey_to_confirm(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    confirming: NamedDependency[Confirming],
    templates: NamedDependency[Templates],
) -> Response[str]:
    form, browser = await read_form(request, ConfirmForm, limit=MAX_FORM), browser_of(request)
    asked = asked_by(form, caller)
    options = await confirming.ask_for_passkey(caller, browser)
    page = PasskeyPage(TITLE, "/confirm/passkey/answer", "get", options, asked.place, pack(asked))
    return remembered(plain_page(request, templates, "accounts/passkey.html", page), browser)


@post("/passkey/answer", name="confirm_by_passkey")
async def confirm_by_passkey(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    confirming: NamedDependency[Confirming],
    confirm_view: NamedDependency[ConfirmView],
    client: NamedDependency[Client],
) -> Response[str] | Redirect:
    form = await read_form(request, AnswerForm, limit=MAX_FORM + MAX_ANSWER)
    asked = asked_by(form, caller)
    try:
        secret = await confirming.by_passkey(caller, form.credential, browser_of(request), client)
    except (NotFoundError, SignedOutError):
        raise
    except RefusalError as refusal:
        return await confirm_view.show(request, caller, asked, refusal)
    return confirm_view.go_on(request, caller, asked, secret)


@post("/provider", name="leave_to_confirm")
async def leave_to_confirm(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    oidc: NamedDependency[OpenIdConnect],
    confirm_view: NamedDependency[ConfirmView],
    templates: NamedDependency[Templates],
) -> Response[str]:
    form, browser = await read_form(request, ConfirmForm, limit=MAX_FORM), browser_of(request)
    asked = asked_by(form, caller)
    try:
        url = await oidc.leave(asked.place, browser, caller.user.id, pack(asked))
    except NotFoundError:
        raise
    except RefusalError as refusal:
        return await confirm_view.show(request, caller, asked, refusal)
    return remembered(leaving(request, templates, oidc.name, url), browser)


confirm_router = Router(
    "/confirm",
    route_handlers=[
        show_confirm,
        confirm_by_password,
        ask_for_passkey_to_confirm,
        confirm_by_passkey,
        leave_to_confirm,
    ],
    opt={"accounts": True},
    include_in_schema=False,
)
