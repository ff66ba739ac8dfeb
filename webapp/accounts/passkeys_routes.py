"""Signing in with a passkey, and the page on which a user keeps theirs."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Response, Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.authentication import Authentication
from webapp.accounts.browser import browser_of, remembered
from webapp.accounts.freshness import fresh_session
from webapp.accounts.keeping import Keeping
from webapp.accounts.limits import Limits
from webapp.accounts.pages import PasskeyPage
from webapp.accounts.passkeys import Passkeys
from webapp.accounts.passkeys_store import LastWayInError
from webapp.accounts.routes import (
    MAX_FORM,
    READ,
    AnyRequest,
    Field,
    SignInView,
    plain_page,
    signed_in,
)
from webapp.accounts.signing_in import Arrivals
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import Way
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.places import local_place
from webapp.web.refusals import NotFoundError, RefusalError
from webapp.web.templating import Templates

PLACE: Final = "/account/passkeys"
MAX_ANSWER: Final = 40_000  # bytes
WITH_ACCOUNTS: Final[dict[str, Any]] = {"accounts": True}  # of routes that there are only where people sign in


def fresh(words: str) -> dict[str, Any]:
    """The `opt` of what somebody does to their ways in."""
    return WITH_ACCOUNTS | fresh_session(words, PLACE)


class PlaceForm(Struct):
    next: Field = "/"


class AnswerForm(Struct):
    credential: Annotated[str, Meta(max_length=20_000)] = ""


class NameForm(Struct):
    name: Field = ""


class RemoveForm(Struct):
    sure: bool = False


@post("/login/passkey", name="ask_for_passkey", opt={"public": True, "accounts": True})
async def ask_for_passkey(
    request: AnyRequest,
    authentication: NamedDependency[Authentication],
    passkeys: NamedDependency[Passkeys],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    templates: NamedDependency[Templates],
) -> Response[str]:
    form = await read_form(request, PlaceForm, limit=MAX_FORM, may_be_missing=True)
    await limits.ask(client)
    browser = browser_of(request)
    options = await passkeys.ask(local_place(form.next), browser)
    page = PasskeyPage("Sign in with a passkey", "/login/passkey/answer", "get", options, "/login")
    return remembered(plain_page(request, templates, "accounts/passkey.html", page), browser)


@post("/login/passkey/answer", name="sign_in_by_passkey", opt={"public": True, "accounts": True})
async def sign_in_by_passkey(
    request: AnyRequest,
    authentication: NamedDependency[Authentication],
    passkeys: NamedDependency[Passkeys],
    arrivals: NamedDependency[Arrivals],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    form = await read_form(request, AnswerForm, limit=MAX_ANSWER)
    try:
        known = await passkeys.sign_in(form.credential, browser_of(request))
    except NotFoundError:
        raise
    except RefusalError as refusal:
        return sign_in_view.show(request, "/", refusal=refusal)
    return await signed_in(request, arrivals, client, known.user, Way.PASSKEY, known.place)


@route(PLACE, http_method=READ, name="passkeys", opt=WITH_ACCOUNTS)
async def show_passkeys(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str]:
    page = await keeping.page(caller, request.headers.get("host", ""))
    return plain_page(request, templates, "accounts/passkeys.html", page)


@post(f"{PLACE}/new", name="ask_for_new_passkey", opt=fresh("make a passkey"))
async def ask_for_new_passkey(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str]:
    form, browser = await read_form(request, NameForm, limit=MAX_FORM), browser_of(request)
    try:
        options = await keeping.ask_for_passkey(caller, form.name, browser)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    page = PasskeyPage("Make a passkey", PLACE, "create", options, PLACE)
    return remembered(plain_page(request, templates, "accounts/passkey.html", page), browser)


@post(PLACE, name="add_passkey", opt=fresh("make a passkey"))
async def add_passkey(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    client: NamedDependency[Client],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    form = await read_form(request, AnswerForm, limit=MAX_ANSWER)
    try:
        await keeping.add_passkey(caller, form.credential, browser_of(request), client)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    return Redirect(PLACE, status_code=303)


@post(f"{PLACE}/{{passkey_id:uuid}}/name", name="rename_passkey", opt=WITH_ACCOUNTS)
async def rename_passkey(
    request: AnyRequest,
    passkey_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    form = await read_form(request, NameForm, limit=MAX_FORM)
    try:
        await keeping.rename_passkey(caller, passkey_id, form.name)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    return Redirect(PLACE, status_code=303)


@post(
    f"{PLACE}/{{passkey_id:uuid}}/remove",
    name="remove_passkey",
    opt=fresh("remove a passkey"),
)
async def remove_passkey(
    request: AnyRequest,
    passkey_id: FromPath[UUID],
    caller: NamedDependency[Caller],
    client: NamedDependency[Client],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    """The last way in goes when its user says that they are sure."""
    form = await read_form(request, RemoveForm, limit=MAX_FORM)
    try:
        await keeping.remove_passkey(caller, passkey_id, form.sure, client)
    except LastWayInError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal, passkey_id)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    return Redirect(PLACE, status_code=303)


async def show_refusal(
    request: AnyRequest,
    templates: Templates,
    keeping: Keeping,
    caller: Caller,
    refusal: RefusalError,
    last: UUID | None = None,
) -> Response[str]:
    """The page of passkeys with what the refusal says; what is not there has a page of its own."""
    if isinstance(refusal, NotFoundError):
        raise refusal
    page = await keeping.page(caller, request.headers.get("host", ""), refusal.sentence, last)
    return plain_page(request, templates, "accounts/passkeys.html", page, refusal)


passkeys_router = Router(
    "/",
    route_handlers=[
        ask_for_passkey,
        sign_in_by_passkey,
        show_passkeys,
        ask_for_new_passkey,
        add_passkey,
        rename_passkey,
        remove_passkey,
    ],
    include_in_schema=False,
)
