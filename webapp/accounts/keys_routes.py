"""The page of one's own OpenRouter key. Plain forms: each answers with the page, or leads back to it."""

from typing import Annotated, Any, Final

from litestar import HttpMethod, Request, Response, Router, get, post, route
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect
from msgspec import Struct
from msgspec.structs import replace

from webapp.accounts.confirming import Confirming
from webapp.accounts.freshness import fresh_session
from webapp.accounts.own_keys import SIGN_IN_TIME, OwnKeys
from webapp.accounts.pages import KeyPage
from webapp.accounts.routes import leaving
from webapp.accounts.users import Caller, User
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_form
from webapp.web.refusals import RefusalError
from webapp.web.templating import Templates

PAGE: Final = "/settings/key"
COOKIE: Final = "openrouter_sign_in"

AnyRequest = Request[Any, Any, Any]


class KeyForm(Struct):
    key: str = ""


@route(PAGE, http_method=(HttpMethod.GET, HttpMethod.HEAD), name="own_key")
async def show_key(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    own_keys: NamedDependency[OwnKeys],
    confirming: NamedDependency[Confirming],
    templates: NamedDependency[Templates],
) -> Response[str]:
    page = await own_keys.page(caller.user.id)
    return _page(request, templates, replace(page, must_confirm=not await confirming.is_fresh(caller)))


@post(PAGE, name="keep_own_key", opt=fresh_session("change your OpenRouter key", PAGE))
async def keep_key(
    request: AnyRequest,
    user: NamedDependency[User],
    own_keys: NamedDependency[OwnKeys],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    form = await read_form(request, KeyForm, limit=4_000)
    try:
        await own_keys.keep(user.id, form.key)
    except RefusalError as refusal:
        return _page(request, templates, await own_keys.page(user.id, refusal.sentence), refusal.status)
    return Redirect(PAGE, status_code=303)


@post(f"{PAGE}/remove", name="remove_own_key", opt=fresh_session("remove your OpenRouter key", PAGE))
async def remove_key(user: NamedDependency[User], own_keys: NamedDependency[OwnKeys]) -> Redirect:
    await own_keys.remove(user.id)
    return Redirect(PAGE, status_code=303)


@post(f"{PAGE}/sign-in", name="sign_in_at_openrouter", opt=fresh_session("change your OpenRouter key", PAGE))
async def sign_in(
    request: AnyRequest,
    user: NamedDependency[User],
    own_keys: NamedDependency[OwnKeys],
    templates: NamedDependency[Templates],
) -> Response[str]:
    """A page that goes on to OpenRouter. By a form, so that no other site can begin it and no link to it writes."""
    begun = await own_keys.begin_sign_in(user.id)
    response = leaving(request, templates, "OpenRouter", begun.address)
    response.set_cookie(Cookie(COOKIE, value=begun.browser, max_age=int(SIGN_IN_TIME.total_seconds())))
    return response


@get(f"{PAGE}/callback", name="signed_in_at_openrouter")
async def take_key(
    request: AnyRequest,
    user: NamedDependency[User],
    own_keys: NamedDependency[OwnKeys],
    templates: NamedDependency[Templates],
    token: Annotated[str, QueryParameter(name="state")] = "",
    code: Annotated[str, QueryParameter(name="code")] = "",
) -> Response[str] | Redirect:
    try:
        await own_keys.finish_sign_in(user.id, token, code, request.cookies.get(COOKIE, ""))
    except RefusalError as refusal:
        return _page(request, templates, await own_keys.page(user.id, refusal.sentence), refusal.status)
    return Redirect(PAGE, status_code=303)


def _page(request: AnyRequest, templates: Templates, page: KeyPage, status: int = 200) -> Response[str]:
    body = templates.render("accounts/key.html", page, appearance_of(request))
    return Response(body, status_code=status, media_type="text/html", headers={"cache-control": "no-store"})


keys_router = Router("/", route_handlers=[show_key, keep_key, remove_key, sign_in, take_key], include_in_schema=False)
