"""Pages for who has no session yet and comes by a link: joining, signing up, choosing a new password."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Meta, Struct
from msgspec.structs import replace

from webapp.accounts.invitations import Invitations, SigningUp
from webapp.accounts.limits import Limits
from webapp.accounts.pages import AskForMailPage, JoinPage, MailedPage, NewPasswordPage
from webapp.accounts.resetting import Resetting
from webapp.accounts.routes import MAX_FORM, SignInView, Token, links_limited, plain_page, signed_in
from webapp.accounts.signing_in import Arrivals
from webapp.accounts.ways_in import Way
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.refusals import ConflictError, ForbiddenError, InvalidError, RefusalError
from webapp.web.templating import Templates

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)

AnyRequest = Request[Any, Any, Any]
Field = Annotated[str, Meta(max_length=1_000)]


class JoinForm(Struct):
    token: Field = ""
    name: Field = ""
    full_name: Field = ""
    password: Field = ""


class NewPasswordForm(Struct):
    token: Field = ""
    password: Field = ""


class AddressForm(Struct):
    name: Field = ""


@route("/join", http_method=READ, name="join_page")
async def show_join(
    request: AnyRequest,
    invitations: NamedDependency[Invitations],
    templates: NamedDependency[Templates],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
    token: Token = "",
) -> Response[str]:
    try:
        async with links_limited(limits, client):
            invitation = await invitations.check(token)
    except ForbiddenError as refusal:
        return sign_in_view.show(request, "/", refusal=refusal)
    page = JoinPage("Make your account", token, invitation.name, name_is_given=bool(invitation.name))
    return plain_page(request, templates, "accounts/join.html", page)


@post("/join", name="join")
async def join(
    request: AnyRequest,
    invitations: NamedDependency[Invitations],
    arrivals: NamedDependency[Arrivals],
    templates: NamedDependency[Templates],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
) -> Response[str] | Redirect:
    form = await read_form(request, JoinForm, limit=MAX_FORM)
    async with links_limited(limits, client):
        try:
            invitation = await invitations.check(form.token)
            user = await invitations.join(form.token, form.name, form.full_name, form.password, client)
        except ForbiddenError as refusal:
            return sign_in_view.show(request, "/", refusal=refusal)
        except (InvalidError, ConflictError) as refusal:
            name = invitation.name or form.name
            page = JoinPage(
                "Make your account", form.token, name, form.full_name, refusal.sentence, bool(invitation.name)
            )
            return plain_page(request, templates, "accounts/join.html", page, refusal)
    return await signed_in(request, arrivals, client, user, Way.PASSWORD, "/")


@route("/signup", http_method=READ, name="sign_up_page")
async def show_sign_up(
    request: AnyRequest, signing_up: NamedDependency[SigningUp], templates: NamedDependency[Templates]
) -> Response[str]:
    return plain_page(request, templates, "accounts/ask_for_mail.html", _sign_up_page(signing_up))


@post("/signup", name="sign_up")
async def sign_up(
    request: AnyRequest,
    signing_up: NamedDependency[SigningUp],
    templates: NamedDependency[Templates],
    client: NamedDependency[Client],
) -> Response[str]:
    return await _ask_for_mail(request, templates, _sign_up_page(signing_up), client, signing_up.ask)


@route("/forgotten", http_method=READ, name="forgotten_page")
async def show_forgotten(
    request: AnyRequest, resetting: NamedDependency[Resetting], templates: NamedDependency[Templates]
) -> Response[str]:
    return plain_page(request, templates, "accounts/ask_for_mail.html", _forgotten_page(resetting))


@post("/forgotten", name="forgotten")
async def ask_for_new_password(
    request: AnyRequest,
    resetting: NamedDependency[Resetting],
    templates: NamedDependency[Templates],
    client: NamedDependency[Client],
) -> Response[str]:
    return await _ask_for_mail(request, templates, _forgotten_page(resetting), client, resetting.by_mail)


@route("/password", http_method=READ, name="new_password_page")
async def show_new_password(
    request: AnyRequest,
    resetting: NamedDependency[Resetting],
    templates: NamedDependency[Templates],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
    token: Token = "",
) -> Response[str]:
    try:
        async with links_limited(limits, client):
            user = await resetting.check(token)
    except ForbiddenError as refusal:
        return sign_in_view.show(request, "/", refusal=refusal)
    page = NewPasswordPage("Choose a new password", token, user.name)
    return plain_page(request, templates, "accounts/new_password.html", page)


@post("/password", name="new_password")
async def set_new_password(
    request: AnyRequest,
    resetting: NamedDependency[Resetting],
    arrivals: NamedDependency[Arrivals],
    templates: NamedDependency[Templates],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
) -> Response[str] | Redirect:
    """The new password is that of whoever has the link; with it they are in."""
    form = await read_form(request, NewPasswordForm, limit=MAX_FORM)
    async with links_limited(limits, client):
        try:
            user = await resetting.check(form.token)
            await resetting.reset(form.token, form.password, client)
        except ForbiddenError as refusal:
            return sign_in_view.show(request, "/", refusal=refusal)
        except InvalidError as refusal:
            page = NewPasswordPage("Choose a new password", form.token, user.name, refusal.sentence)
            return plain_page(request, templates, "accounts/new_password.html", page, refusal)
    return await signed_in(request, arrivals, client, user, Way.LINK, "/")


def _sign_up_page(signing_up: SigningUp) -> AskForMailPage:
    signing_up.check_is_open()
    words = f"Who has an address of {', '.join(signing_up.domains)} can make an account. You get a link by mail."
    return AskForMailPage("Make an account", "/signup", words)


def _forgotten_page(resetting: Resetting) -> AskForMailPage:
    resetting.check_is_by_mail()
    return AskForMailPage("Forgotten password", "/forgotten", "You get a link by mail, to choose a new one.")


async def _ask_for_mail(
    request: AnyRequest,
    templates: Templates,
    page: AskForMailPage,
    client: Client,
    ask: Callable[[str, Client], Awaitable[None]],
) -> Response[str]:
    """Sends a mail to the address of the form, or the page once more with what was wrong."""
    form = await read_form(request, AddressForm, limit=MAX_FORM)
    try:
        await ask(form.name, client)
    except RefusalError as refusal:
        page = replace(page, name=form.name, error=refusal.sentence)
        return plain_page(request, templates, "accounts/ask_for_mail.html", page, refusal)
    return _mailed(request, templates, form.name)


def _mailed(request: AnyRequest, templates: Templates, name: str) -> Response[str]:
    sentence = f"If {name.strip()} is an address that can get one, a mail with a link is on its way."
    return plain_page(request, templates, "accounts/mailed.html", MailedPage("Look into your mail", sentence))


joining_router = Router(
    "/",
    route_handlers=[
        show_join,
        join,
        show_sign_up,
        sign_up,
        show_forgotten,
        ask_for_new_password,
        show_new_password,
        set_new_password,
    ],
    opt={"public": True, "accounts": True},
    include_in_schema=False,
)
