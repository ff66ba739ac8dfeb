"""Signing in at the provider, and linking an account to who one is there."""

from litestar import Response, Router, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect

from webapp.accounts.authentication import COOKIE, Authentication
from webapp.accounts.browser import browser_of, remembered
from webapp.accounts.confirm_view import ConfirmView
from webapp.accounts.confirming import Confirming, was_just_now
from webapp.accounts.freshness import unpack
from webapp.accounts.keeping import Keeping
from webapp.accounts.limits import Limits
from webapp.accounts.oidc import CALLBACK, OpenIdConnect, Return
from webapp.accounts.passkeys_routes import PLACE, PlaceForm, fresh, show_refusal
from webapp.accounts.recognising import Recognising
from webapp.accounts.routes import MAX_FORM, AnyRequest, SignInView, leaving, signed_in
from webapp.accounts.signing_in import Arrivals
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import Way
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.places import local_place
from webapp.web.refusals import ForbiddenError, NotFoundError, RefusalError
from webapp.web.templating import Templates


@post("/login/oidc", name="leave_for_provider", opt={"public": True, "accounts": True})
async def leave_for_provider(
    request: AnyRequest,
    authentication: NamedDependency[Authentication],
    oidc: NamedDependency[OpenIdConnect],
    limits: NamedDependency[Limits],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
    templates: NamedDependency[Templates],
) -> Response[str]:
    form = await read_form(request, PlaceForm, limit=MAX_FORM, may_be_missing=True)
    await limits.ask(client)
    place, browser = local_place(form.next), browser_of(request)
    try:
        url = await oidc.leave(place, browser)
    except NotFoundError:
        raise
    except RefusalError as refusal:
        return sign_in_view.show(request, place, refusal=refusal)
    return remembered(leaving(request, templates, oidc.name, url), browser)


@get(CALLBACK, name="come_back_from_provider", opt={"public": True, "accounts": True})
async def come_back_from_provider(
    request: AnyRequest,
    authentication: NamedDependency[Authentication],
    oidc: NamedDependency[OpenIdConnect],
    recognising: NamedDependency[Recognising],
    keeping: NamedDependency[Keeping],
    confirming: NamedDependency[Confirming],
    confirm_view: NamedDependency[ConfirmView],
    arrivals: NamedDependency[Arrivals],
    client: NamedDependency[Client],
    sign_in_view: NamedDependency[SignInView],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    """Signs in, links or confirms, as it was begun; whoever has cancelled is where they were before."""
    try:
        outcome = await oidc.come_back(_returned(request), browser_of(request))
        if outcome.claims is None:
            return Redirect(outcome.place, status_code=303)
        if outcome.user_id is None:
            user = await recognising.user_of(outcome.claims, client)
            is_confirmed = outcome.claims.signed_in_at is not None and was_just_now(outcome.claims.signed_in_at)
            return await signed_in(
                request, arrivals, client, user, Way.PROVIDER, outcome.place, is_confirmed=is_confirmed
            )
        caller = await authentication.by_cookie(request.cookies.get(COOKIE, ""))
        if caller is None or caller.user.id != outcome.user_id:
            raise ForbiddenError("You are not signed in any more as who you were. Sign in, and try again.")
    except RefusalError as refusal:
        return sign_in_view.show(request, "/", refusal=refusal)
    if asked := unpack(outcome.asked):
        try:
            secret = await confirming.by_provider(caller, outcome.claims, client)
        except RefusalError as refusal:
            return await confirm_view.show(request, caller, asked, refusal)
        return confirm_view.go_on(request, caller, asked, secret)
    try:
        await keeping.link(caller, outcome.claims.identity, client)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    return Redirect(outcome.place, status_code=303)


@post("/account/link", name="leave_to_link", opt=fresh("sign in another way too"))
async def leave_to_link(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    oidc: NamedDependency[OpenIdConnect],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str]:
    browser = browser_of(request)
    try:
        url = await oidc.leave(PLACE, browser, caller.user.id)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    return remembered(leaving(request, templates, oidc.name, url), browser)


@post("/account/unlink", name="unlink", opt=fresh("remove a way to sign in"))
async def unlink(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    client: NamedDependency[Client],
    keeping: NamedDependency[Keeping],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    try:
        await keeping.unlink(caller, client)
    except RefusalError as refusal:
        return await show_refusal(request, templates, keeping, caller, refusal)
    return Redirect(PLACE, status_code=303)


def _returned(request: AnyRequest) -> Return:
    """What stands in the address."""
    return Return(*(request.query_params.get(name, "") for name in ("state", "code", "iss", "error")))


oidc_router = Router(
    "/",
    route_handlers=[leave_for_provider, come_back_from_provider, leave_to_link, unlink],
    include_in_schema=False,
)
