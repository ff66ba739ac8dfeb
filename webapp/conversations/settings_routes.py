"""The settings of a conversation; and a prompt of the library in the box of a new one."""

from typing import Any
from uuid import UUID

from litestar import Request, Response, Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from webapp.accounts.users import User
from webapp.catalog.catalog import Catalog
from webapp.conversations.presenter import Presenter
from webapp.conversations.settings_store import Chosen, ConversationSettings
from webapp.conversations.starting import Starting
from webapp.library.pages import Choices, make_choices
from webapp.library.parameters import read_parameters
from webapp.library.prompts import filled, read_text
from webapp.library.routes import MAX_FORM, ChoicesForm, show_use
from webapp.library.store import Library
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_fields, read_form
from webapp.web.refusals import NotFoundError, RefusalError
from webapp.web.responses import READ, html, see_other

AnyRequest = Request[Any, Any, Any]


class SettingsPage(Struct, frozen=True):
    """`error` is why they were not taken."""

    title: str
    conversation_id: UUID
    choices: Choices
    error: str = ""


@route("/c/{conversation_id:uuid}/settings", http_method=READ, name="conversation_settings")
async def show_settings(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    catalog: NamedDependency[Catalog],
    chosen: NamedDependency[ConversationSettings],
    conversation_id: FromPath[UUID],
) -> Response[str]:
    kept = await chosen.find(user.id, conversation_id)
    page = SettingsPage(
        _title(kept), conversation_id, _choices(catalog, kept.model, kept.system_prompt, kept.parameters)
    )
    return html(presenter.render("conversations/settings.html", page, appearance_of(request)))


@post("/c/{conversation_id:uuid}/settings", name="change_conversation_settings")
async def change_settings(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    catalog: NamedDependency[Catalog],
    chosen: NamedDependency[ConversationSettings],
    conversation_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(request, ChoicesForm, limit=MAX_FORM)
    kept = await chosen.find(user.id, conversation_id)
    try:
        model = await catalog.require(form.model or kept.model)
        told, parameters = read_text(form.system_prompt, is_needed=False), read_parameters(form.typed)
    except RefusalError as refusal:
        choices = _choices(catalog, form.model or kept.model, form.system_prompt, form.typed)
        page = SettingsPage(_title(kept), conversation_id, choices, refusal.sentence)
        body = presenter.render("conversations/settings.html", page, appearance_of(request))
        return html(body, status=422 if isinstance(refusal, NotFoundError) else refusal.status)
    await chosen.change(user.id, conversation_id, model, told, parameters)
    return see_other(f"/c/{conversation_id}")


@post("/library/prompts/{prompt_id:uuid}/use", name="use_prompt")
async def use_prompt(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    library: NamedDependency[Library],
    starting: NamedDependency[Starting],
    prompt_id: FromPath[UUID],
) -> Response[str]:
    """The page of a new conversation, with the prompt in its box; the form has what fills its places, by number."""
    fields = await read_fields(request, limit=MAX_FORM)
    prompt = await library.prompt(user.id, prompt_id)
    values = {name: fields.get(str(place), "") for place, name in enumerate(prompt.variables)}
    page = await starting.page(user.id, text=filled(prompt.text, values))
    return html(presenter.render("conversations/page.html", page, appearance_of(request)))


def _title(kept: Chosen) -> str:
    return f"Settings of {kept.title}"


def _choices(catalog: Catalog, model: str, system_prompt: str, typed: Any) -> Choices:
    return make_choices(tuple(catalog.models), model, system_prompt, typed, catalog.find(model), needs_model=True)


settings_router = Router(
    "/", route_handlers=[show_settings, change_settings, show_use, use_prompt], include_in_schema=False
)
