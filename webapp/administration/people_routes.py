"""Pages about people: who may come in, in what role. Nothing here tells what anybody has asked or was answered."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import HttpMethod, Response, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.addresses import is_same
from webapp.accounts.budgets_store import BudgetStore
from webapp.accounts.events_store import Kind
from webapp.accounts.freshness import fresh_session
from webapp.accounts.presence import Presence
from webapp.accounts.resetting import ResetLinks
from webapp.accounts.storage import size
from webapp.accounts.storage_store import Storage
from webapp.accounts.users import Role
from webapp.administration.desk import Desk, address_of
from webapp.administration.limits import limits_in_words, read_limits
from webapp.administration.pages import ListedPerson, PeoplePage, ShownLimits
from webapp.administration.people_store import PAGE, Ended, People
from webapp.administration.profiles import Profiles
from webapp.conversations.replies import Replies
from webapp.web.forms import read_form
from webapp.web.refusals import ConflictError, ForbiddenError, InvalidError, UnavailableError

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
WITH_ACCOUNTS: Final[dict[str, Any]] = {"accounts": True}  # of routes that there are only where people sign in
MAX_FORM: Final = 8_000  # bytes

Word = Annotated[str, Meta(max_length=200)]
Find = Annotated[str, QueryParameter(name="find", max_length=200)]
After = Annotated[str, QueryParameter(name="after", max_length=200)]


def fresh(words: str) -> dict[str, Any]:
    """The `opt` of what an administrator does to people."""
    return WITH_ACCOUNTS | fresh_session(words, "/admin/users")


class RoleForm(Struct):
    role: Literal["administrator", "member"]


class LimitsForm(Struct):
    soft: Word = ""
    hard: Word = ""


class DeleteForm(Struct):
    """`name` is typed to show that it is meant."""

    name: Word = ""


@route("/users", http_method=READ, name="admin_users")
async def show_people(
    desk: NamedDependency[Desk],
    people: NamedDependency[People],
    budgets: NamedDependency[BudgetStore],
    storage: NamedDependency[Storage],
    find: Find = "",
    after: After = "",
) -> Response[str]:
    found = await people.page(find, after, PAGE + 1) if desk.has_accounts else []
    next_url = address_of("/admin/users", find=find, after=found[PAGE - 1].name) if len(found) > PAGE else None
    ids = [person.id for person in found[:PAGE]]
    standings, stored = await budgets.standings(ids), await storage.used_by(ids)
    listed = tuple(
        ListedPerson(person, standing.words, size(stored.get(person.id, 0)), standing.held_words)
        for person in found[:PAGE]
        if (standing := standings.get(person.id)) is not None
    )
    return desk.show("users.html", PeoplePage(desk.frame("users"), listed, find, next_url))


@route("/users/{user_id:uuid}", http_method=READ, name="admin_user", opt=WITH_ACCOUNTS)
async def show_person(
    desk: NamedDependency[Desk], profiles: NamedDependency[Profiles], user_id: FromPath[UUID]
) -> Response[str]:
    return await profiles.show(desk, user_id)


@post(
    "/users/{user_id:uuid}/role",
    name="admin_set_role",
    opt=fresh("change a user's role"),
)
async def set_role(
    desk: NamedDependency[Desk],
    people: NamedDependency[People],
    profiles: NamedDependency[Profiles],
    user_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(desk.request, RoleForm, limit=MAX_FORM)
    try:
        person = await people.set_role(desk.user.id, user_id, Role(form.role))
    except ConflictError as refusal:
        return await profiles.show(desk, user_id, refusal)
    place = "/" if person.id == desk.user.id and person.role is Role.MEMBER else _place(user_id)
    return await desk.saved(place, Kind.ROLE_CHANGED, person.name, form.role)


@post(
    "/users/{user_id:uuid}/limits",
    name="admin_set_limits",
    opt=fresh("change a user's limits"),
)
async def set_limits(
    desk: NamedDependency[Desk],
    people: NamedDependency[People],
    budgets: NamedDependency[BudgetStore],
    profiles: NamedDependency[Profiles],
    user_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(desk.request, LimitsForm, limit=MAX_FORM)
    person = await people.find(user_id)
    try:
        limits = read_limits(form.soft, form.hard)
    except InvalidError as refusal:
        return await profiles.show(desk, user_id, refusal, typed=ShownLimits(form.soft, form.hard))
    await budgets.set_limits(user_id, limits)
    return await desk.saved(_place(user_id), Kind.LIMITS_CHANGED, person.name, limits_in_words(limits))


@post(
    "/users/{user_id:uuid}/reset",
    name="admin_make_reset_link",
    opt=fresh("make a link to choose a password"),
)
async def make_reset_link(
    desk: NamedDependency[Desk],
    people: NamedDependency[People],
    profiles: NamedDependency[Profiles],
    reset_links: NamedDependency[ResetLinks],
    user_id: FromPath[UUID],
) -> Response[str]:
    """A link by which the user chooses a new password: mailed to them, or without mail shown at once and this once."""
    await people.find(user_id)
    try:
        link = await reset_links.give(desk.user, user_id, desk.client.address)
    except (ForbiddenError, UnavailableError) as refusal:
        return await profiles.show(desk, user_id, refusal)
    return await profiles.show(desk, user_id, link=link, was_mailed=not link)


@post(
    "/users/{user_id:uuid}/disable",
    name="admin_disable_user",
    opt=fresh("close an account"),
)
async def disable_user(
    desk: NamedDependency[Desk],
    people: NamedDependency[People],
    profiles: NamedDependency[Profiles],
    presence: NamedDependency[Presence],
    replies: NamedDependency[Replies],
    user_id: FromPath[UUID],
) -> Response[str] | Redirect:
    person = await people.find(user_id)
    try:
        ended = await people.disable(desk.user.id, user_id)
    except ConflictError as refusal:
        return await profiles.show(desk, user_id, refusal)
    presence.end(ended.credentials)
    for answer in ended.growing:
        await replies.stop(user_id, answer)
    return await desk.saved(_place(user_id), Kind.USER_DISABLED, person.name)


@post(
    "/users/{user_id:uuid}/enable",
    name="admin_enable_user",
    opt=fresh("open an account again"),
)
async def enable_user(
    desk: NamedDependency[Desk], people: NamedDependency[People], user_id: FromPath[UUID]
) -> Redirect:
    person = await people.find(user_id)
    await people.enable(desk.user.id, user_id)
    return await desk.saved(_place(user_id), Kind.USER_ENABLED, person.name)


@post(
    "/users/{user_id:uuid}/delete",
    name="admin_delete_user",
    opt=fresh("delete an account"),
)
async def delete_user(
    desk: NamedDependency[Desk],
    people: NamedDependency[People],
    profiles: NamedDependency[Profiles],
    presence: NamedDependency[Presence],
    replies: NamedDependency[Replies],
    user_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(desk.request, DeleteForm, limit=MAX_FORM)
    person = await people.find(user_id)
    try:
        _check_is_meant(form.name, person.name)
        ended = await people.delete(desk.user.id, user_id)
    except (InvalidError, ConflictError) as refusal:
        return await profiles.show(desk, user_id, refusal)
    _leave(ended, presence, replies)
    return await desk.saved("/admin/users", Kind.USER_DELETED, person.name)


def _check_is_meant(typed: str, name: str) -> None:
    if not is_same(name, typed):
        raise InvalidError(f"Nothing was deleted: type {name} to show that it is meant.")


def _leave(ended: Ended, presence: Presence, replies: Replies) -> None:
    presence.end(ended.credentials)
    replies.abandon(ended.growing)


def _place(user_id: UUID) -> str:
    return f"/admin/users/{user_id}"


people_handlers: list[Any] = [
    show_people,
    show_person,
    set_role,
    set_limits,
    make_reset_link,
    disable_user,
    enable_user,
    delete_user,
]
