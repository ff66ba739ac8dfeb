"""Pages about the installation: models, settings, the security log. For administrators alone."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import HttpMethod, Response, Router, post, route
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.budgets import Limits
from webapp.accounts.budgets_store import BudgetStore
from webapp.accounts.events_store import KEPT, PAGE, Events, Kind
from webapp.accounts.freshness import fresh_session
from webapp.accounts.options_store import Options
from webapp.accounts.spending import Month
from webapp.administration.desk import Desk, address_of, provide_desk
from webapp.administration.invitations_routes import invitations_handlers
from webapp.administration.limits import limits_in_words, read_limits, shown_limits
from webapp.administration.models import found_models
from webapp.administration.pages import (
    BudgetsPage,
    EventsPage,
    ModelsPage,
    SettingsPage,
    ShownLimits,
    UsagePage,
    chosen_models,
)
from webapp.administration.people_routes import LimitsForm, people_handlers
from webapp.administration.settings import CHOSEN, shown_settings
from webapp.administration.usage import as_csv, summed
from webapp.administration.usage_store import UsageStore
from webapp.catalog.allowed import Allowance, AllowedModels
from webapp.catalog.catalog import Catalog
from webapp.config import Settings
from webapp.web.forms import read_form
from webapp.web.refusals import ForbiddenError, InvalidError, NotFoundError, RefusalError

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
MAX_FORM: Final = 8_000  # bytes
FOUND: Final = 50  # models of a search on a page

Word = Annotated[str, Meta(max_length=200)]
MonthParameter = Annotated[str, QueryParameter(name="month", max_length=40)]
Find = Annotated[str, QueryParameter(name="find", max_length=200)]


class ModelForm(Struct):
    """What to do with an entry of the list. `find` is the search to come back to."""

    entry: Word = ""
    find: Word = ""


@route("/", http_method=READ, name="administration")
async def show_first(desk: NamedDependency[Desk]) -> Redirect:
    return Redirect("/admin/users" if desk.has_accounts else "/admin/usage", status_code=303)


# Usage


@route("/usage", http_method=READ, name="admin_usage")
async def show_usage(
    desk: NamedDependency[Desk], usage_of_all: NamedDependency[UsageStore], month: MonthParameter = ""
) -> Response[str]:
    chosen = _read_month(month)
    months = sorted({*await usage_of_all.months(), chosen}, reverse=True)
    page = UsagePage(desk.frame("usage"), summed(await usage_of_all.of(chosen)), chosen, tuple(months))
    return desk.show("usage.html", page)


@route("/usage.csv", http_method=READ, name="admin_usage_csv")
async def download_usage(usage_of_all: NamedDependency[UsageStore], month: MonthParameter = "") -> Response[str]:
    chosen = _read_month(month)
    headers = {"cache-control": "no-store", "content-disposition": f'attachment; filename="usage-{chosen}.csv"'}
    return Response(
        as_csv(chosen, await usage_of_all.of(chosen)), media_type="text/csv; charset=utf-8", headers=headers
    )


def _read_month(text: str) -> Month:
    """The month that an address names, else the present one."""
    try:
        return Month.parse(text) if text else Month.of(datetime.now(UTC))
    except ValueError as error:
        raise InvalidError(f"{text[:40]!r} is no month. One is written like 2026-11.") from error


# Budgets


@route("/budgets", http_method=READ, name="admin_budgets")
async def show_budgets(desk: NamedDependency[Desk], budgets: NamedDependency[BudgetStore]) -> Response[str]:
    return _budgets_page(desk, budgets, shown_limits(await budgets.chosen()))


@post("/budgets", name="admin_set_budgets", opt=fresh_session("change the budgets", "/admin/budgets"))
async def set_budgets(desk: NamedDependency[Desk], budgets: NamedDependency[BudgetStore]) -> Response[str] | Redirect:
    """What the environment has fixed is not sent, and stays as it was chosen before."""
    form = await read_form(desk.request, LimitsForm, limit=MAX_FORM)
    try:
        limits = read_limits(form.soft, form.hard)
        _check_free(limits, budgets.fixed)
    except RefusalError as refusal:
        return _budgets_page(desk, budgets, ShownLimits(form.soft, form.hard), refusal)
    await budgets.choose(limits.over(_only_fixed(await budgets.chosen(), budgets.fixed)))
    return await desk.saved("/admin/budgets", Kind.OPTIONS_CHANGED, "budgets", limits_in_words(limits))


def _budgets_page(
    desk: Desk, budgets: BudgetStore, limits: ShownLimits, refusal: RefusalError | None = None
) -> Response[str]:
    page = BudgetsPage(desk.frame("budgets", refusal=refusal), limits, shown_limits(budgets.fixed))
    return desk.show("budgets.html", page, refusal)


def _check_free(limits: Limits, fixed: Limits) -> None:
    for name in ("soft", "hard"):
        if getattr(limits, name) is not None and getattr(fixed, name) is not None:
            raise ForbiddenError(f"MONTHLY_{name.upper()}_LIMIT is set in the environment, and that wins.")


def _only_fixed(chosen: Limits, fixed: Limits) -> Limits:
    return Limits(chosen.soft if fixed.soft is not None else None, chosen.hard if fixed.hard is not None else None)


# Models


@route("/models", http_method=READ, name="admin_models")
async def show_models(
    desk: NamedDependency[Desk],
    catalog: NamedDependency[Catalog],
    allowance: NamedDependency[Allowance],
    find: Find = "",
) -> Response[str]:
    return _models_page(desk, catalog, allowance, find)


@post("/models/allow", name="admin_allow_model")
async def allow_model(
    desk: NamedDependency[Desk], catalog: NamedDependency[Catalog], allowance: NamedDependency[Allowance]
) -> Response[str] | Redirect:
    form = await read_form(desk.request, ModelForm, limit=MAX_FORM)
    try:
        await allowance.change(lambda models: models.adding(form.entry))
    except InvalidError as refusal:
        return _models_page(desk, catalog, allowance, form.find, refusal)
    return await _models_saved(desk, form, f"{form.entry.strip()} allowed")


@post("/models/remove", name="admin_remove_model")
async def remove_model(desk: NamedDependency[Desk], allowance: NamedDependency[Allowance]) -> Redirect:
    form = await read_form(desk.request, ModelForm, limit=MAX_FORM)
    await allowance.change(lambda models: models.removing(form.entry))
    return await _models_saved(desk, form, f"{form.entry} removed")


@post("/models/all", name="admin_allow_all_models")
async def allow_all_models(desk: NamedDependency[Desk], allowance: NamedDependency[Allowance]) -> Redirect:
    form = await read_form(desk.request, ModelForm, limit=MAX_FORM)
    await allowance.change(lambda _: AllowedModels())
    return await _models_saved(desk, form, "all allowed")


def _models_page(
    desk: Desk, catalog: Catalog, allowance: Allowance, find: str, refusal: InvalidError | None = None
) -> Response[str]:
    allowed, models = allowance.models, catalog.all_models
    found = found_models(models, find, allowed) if find.strip() else None
    page = ModelsPage(
        desk.frame("models", refusal=refusal),
        allowance.is_fixed,
        chosen_models(allowed.entries, {model.id: model for model in models}),
        find,
        None if found is None else found[:FOUND],
        has_more=found is not None and len(found) > FOUND,
    )
    return desk.show("models.html", page, refusal)


async def _models_saved(desk: Desk, form: ModelForm, detail: str) -> Redirect:
    return await desk.saved(address_of("/admin/models", find=form.find), Kind.OPTIONS_CHANGED, "models", detail)


# Settings


@route("/settings", http_method=READ, name="admin_settings")
async def show_settings(
    desk: NamedDependency[Desk], settings: NamedDependency[Settings], options: NamedDependency[Options]
) -> Response[str]:
    await options.load()
    chosen = {name for name in CHOSEN if options.has(name)}
    return desk.show("settings.html", SettingsPage(desk.frame("settings"), shown_settings(settings, chosen)))


# The security log


@route("/events", http_method=READ, name="admin_events")
async def show_events(
    desk: NamedDependency[Desk],
    events: NamedDependency[Events],
    before: Annotated[str, QueryParameter(name="before")] = "",
    kind: Annotated[str, QueryParameter(name="kind", max_length=64)] = "",
    person: Annotated[str, QueryParameter(name="person", max_length=200)] = "",
) -> Response[str]:
    found = await events.page(_read_id(before), PAGE + 1, kind=kind, person=person.strip())
    next_url = None
    if len(found) > PAGE:
        next_url = address_of("/admin/events", kind=kind, person=person, before=str(found[PAGE - 1].id))
    page = EventsPage(
        desk.frame("events"),
        tuple(found[:PAGE]),
        {one.value: one.words for one in Kind},
        KEPT.days,
        kind,
        person,
        next_url,
    )
    return desk.show("events.html", page)


def _read_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFoundError("There is no such line in the log.") from error


handlers: list[Any] = [
    show_first,
    *people_handlers,
    *invitations_handlers,
    show_usage,
    download_usage,
    show_budgets,
    set_budgets,
    show_models,
    allow_model,
    remove_model,
    allow_all_models,
    show_settings,
    show_events,
]

administration_router = Router(
    "/admin",
    route_handlers=handlers,
    dependencies={"desk": Provide(provide_desk)},
    opt={"administrator": True},
    include_in_schema=False,
)
