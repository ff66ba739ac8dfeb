"""The page on which people are invited."""

from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Response, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.freshness import fresh_session
from webapp.accounts.invitations import LIFETIMES, Invitations, SigningUp
from webapp.accounts.users import Role
from webapp.administration.desk import Desk
from webapp.administration.pages import InvitationsPage
from webapp.administration.people_routes import MAX_FORM, READ, WITH_ACCOUNTS
from webapp.web.forms import read_form
from webapp.web.refusals import InvalidError


class InvitationForm(Struct):
    """`name` is the e-mail address of whom it is for, "" for whoever has the link."""

    role: Literal["administrator", "member"] = "member"
    name: Annotated[str, Meta(max_length=200)] = ""
    days: int = LIFETIMES[0]


@route("/invitations", http_method=READ, name="admin_invitations")
async def show_invitations(
    desk: NamedDependency[Desk], invitations: NamedDependency[Invitations], signing_up: NamedDependency[SigningUp]
) -> Response[str]:
    return await _page(desk, invitations, signing_up)


@post("/invitations", name="admin_invite", opt=WITH_ACCOUNTS | fresh_session("invite people", "/admin/invitations"))
async def invite(
    desk: NamedDependency[Desk], invitations: NamedDependency[Invitations], signing_up: NamedDependency[SigningUp]
) -> Response[str]:
    """Shows the link at once: nobody can ask for it again, and a reload makes another."""
    form = await read_form(desk.request, InvitationForm, limit=MAX_FORM, may_be_missing=True)
    try:
        link = await invitations.make(desk.user, Role(form.role), form.name, form.days, desk.client)
    except InvalidError as refusal:
        return await _page(desk, invitations, signing_up, refusal, name=form.name)
    return await _page(desk, invitations, signing_up, link=link)


@post("/invitations/{invitation_id:uuid}/withdraw", name="admin_withdraw_invitation", opt=WITH_ACCOUNTS)
async def withdraw_invitation(
    desk: NamedDependency[Desk], invitations: NamedDependency[Invitations], invitation_id: FromPath[UUID]
) -> Redirect:
    await invitations.withdraw(desk.user, invitation_id, desk.client)
    return Redirect("/admin/invitations?saved=1", status_code=303)


async def _page(
    desk: Desk,
    invitations: Invitations,
    signing_up: SigningUp,
    refusal: InvalidError | None = None,
    *,
    link: str = "",
    name: str = "",
) -> Response[str]:
    page = InvitationsPage(
        desk.frame("invitations", refusal=refusal),
        tuple(await invitations.all()),
        LIFETIMES,
        tuple(signing_up.domains),
        link,
        name,
    )
    return desk.show("invitations.html", page, refusal)


invitations_handlers: list[Any] = [show_invitations, invite, withdraw_invitation]
