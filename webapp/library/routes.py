"""The library: prompts and personas, and what their forms do."""

from typing import Annotated, Any, Final
from uuid import UUID

from litestar import HttpMethod, Request, Response, Router, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Meta, Struct
from msgspec.structs import asdict

from webapp.accounts.users import User
from webapp.catalog.catalog import Catalog
from webapp.db.types import new_id
from webapp.library.pages import LibraryPage, PersonaPage, PromptPage, UsePage, make_choices
from webapp.library.parameters import PARAMETERS, read_parameters
from webapp.library.prompts import MAX_TEXT, Persona, Prompt, read_text, read_title
from webapp.library.store import Library
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_form
from webapp.web.refusals import NotFoundError, RefusalError
from webapp.web.templating import Templates

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
MAX_FORM: Final = MAX_TEXT * 12 + 10_000  # bytes: a character is up to four, and each of those three in a form

AnyRequest = Request[Any, Any, Any]
Short = Annotated[str, Meta(max_length=1_000)]


class PromptForm(Struct):
    name: Short = ""
    text: str = ""


class ChoicesForm(Struct):
    """The parameters are fields of their own, by their names."""

    system_prompt: str = ""
    model: Annotated[str, Meta(max_length=200)] = ""
    temperature: Short = ""
    max_tokens: Short = ""
    reasoning_effort: Short = ""
    top_p: Short = ""
    top_k: Short = ""
    min_p: Short = ""
    frequency_penalty: Short = ""
    presence_penalty: Short = ""
    repetition_penalty: Short = ""
    seed: Short = ""

    @property
    def typed(self) -> dict[str, str]:
        fields = asdict(self)
        return {one.name: fields[one.name] for one in PARAMETERS}


class PersonaForm(ChoicesForm):
    name: Short = ""
    is_default: bool = False


@route("/library", http_method=READ, name="library")
async def show_library(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    templates: NamedDependency[Templates],
) -> Response[str]:
    prompts, personas = await library.prompts(user.id), await library.personas(user.id)
    return _page(request, templates, "library/library.html", LibraryPage("Library", tuple(prompts), tuple(personas)))


# Prompts


@route("/library/prompts/new", http_method=READ, name="new_prompt")
async def show_new_prompt(
    request: AnyRequest, user: NamedDependency[User], templates: NamedDependency[Templates]
) -> Response[str]:
    return _page(request, templates, "library/prompt.html", PromptPage("New prompt"))


@post("/library/prompts", name="add_prompt")
async def add_prompt(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    form = await read_form(request, PromptForm, limit=MAX_FORM)
    try:
        await library.add_prompt(user.id, read_title(form.name), read_text(form.text))
    except RefusalError as refusal:
        page = PromptPage("New prompt", None, form.name, form.text, refusal.sentence)
        return _page(request, templates, "library/prompt.html", page, refusal.status)
    return _to_library()


@route("/library/prompts/{prompt_id:uuid}", http_method=READ, name="prompt")
async def show_prompt(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    templates: NamedDependency[Templates],
    prompt_id: FromPath[UUID],
) -> Response[str]:
    prompt = await library.prompt(user.id, prompt_id)
    return _page(request, templates, "library/prompt.html", PromptPage("Prompt", prompt.id, prompt.name, prompt.text))


@post("/library/prompts/{prompt_id:uuid}", name="change_prompt")
async def change_prompt(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    templates: NamedDependency[Templates],
    prompt_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(request, PromptForm, limit=MAX_FORM)
    await library.prompt(user.id, prompt_id)
    try:
        await library.change_prompt(user.id, Prompt(prompt_id, read_title(form.name), read_text(form.text)))
    except NotFoundError:
        raise
    except RefusalError as refusal:
        page = PromptPage("Prompt", prompt_id, form.name, form.text, refusal.sentence)
        return _page(request, templates, "library/prompt.html", page, refusal.status)
    return _to_library()


@post("/library/prompts/{prompt_id:uuid}/delete", name="delete_prompt")
async def delete_prompt(
    user: NamedDependency[User], library: NamedDependency[Library], prompt_id: FromPath[UUID]
) -> Redirect:
    await library.delete_prompt(user.id, prompt_id)
    return _to_library()


@route("/library/prompts/{prompt_id:uuid}/use", http_method=READ, name="fill_prompt")
async def show_use(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    templates: NamedDependency[Templates],
    prompt_id: FromPath[UUID],
) -> Response[str]:
    """The places of a prompt, to be filled. What comes of it is a new conversation's page, with the text in its box."""
    prompt = await library.prompt(user.id, prompt_id)
    page = UsePage(prompt.name, prompt.id, prompt.text, prompt.variables)
    return _page(request, templates, "library/use.html", page)


# Personas


@route("/library/personas/new", http_method=READ, name="new_persona")
async def show_new_persona(
    request: AnyRequest,
    user: NamedDependency[User],
    catalog: NamedDependency[Catalog],
    templates: NamedDependency[Templates],
) -> Response[str]:
    page = PersonaPage("New persona", make_choices(tuple(catalog.models), "", "", {}, None))
    return _page(request, templates, "library/persona.html", page)


@post("/library/personas", name="add_persona")
async def add_persona(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    catalog: NamedDependency[Catalog],
    templates: NamedDependency[Templates],
) -> Response[str] | Redirect:
    form = await read_form(request, PersonaForm, limit=MAX_FORM)
    try:
        await library.save_persona(user.id, await _persona(form, new_id(), catalog), is_new=True)
    except RefusalError as refusal:
        page = _persona_page("New persona", None, form, catalog, refusal.sentence)
        return _page(request, templates, "library/persona.html", page, refusal.status)
    return _to_library()


@route("/library/personas/{persona_id:uuid}", http_method=READ, name="persona")
async def show_persona(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    catalog: NamedDependency[Catalog],
    templates: NamedDependency[Templates],
    persona_id: FromPath[UUID],
) -> Response[str]:
    kept = await library.persona(user.id, persona_id)
    taken = catalog.find(kept.model) if kept.model else None
    choices = make_choices(tuple(catalog.models), kept.model, kept.system_prompt, kept.parameters, taken)
    page = PersonaPage("Persona", choices, kept.id, kept.name, kept.is_default)
    return _page(request, templates, "library/persona.html", page)


@post("/library/personas/{persona_id:uuid}", name="change_persona")
async def change_persona(
    request: AnyRequest,
    user: NamedDependency[User],
    library: NamedDependency[Library],
    catalog: NamedDependency[Catalog],
    templates: NamedDependency[Templates],
    persona_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(request, PersonaForm, limit=MAX_FORM)
    await library.persona(user.id, persona_id)
    try:
        await library.save_persona(user.id, await _persona(form, persona_id, catalog), is_new=False)
    except NotFoundError:
        raise
    except RefusalError as refusal:
        page = _persona_page("Persona", persona_id, form, catalog, refusal.sentence)
        return _page(request, templates, "library/persona.html", page, refusal.status)
    return _to_library()


@post("/library/personas/{persona_id:uuid}/delete", name="delete_persona")
async def delete_persona(
    user: NamedDependency[User], library: NamedDependency[Library], persona_id: FromPath[UUID]
) -> Redirect:
    await library.delete_persona(user.id, persona_id)
    return _to_library()


async def _persona(form: PersonaForm, persona_id: UUID, catalog: Catalog) -> Persona:
    model = await catalog.require(form.model) if form.model else ""
    return Persona(
        id=persona_id,
        name=read_title(form.name),
        system_prompt=read_text(form.system_prompt, is_needed=False),
        model=model,
        parameters=read_parameters(form.typed),
        is_default=form.is_default,
    )


def _persona_page(title: str, persona_id: UUID | None, form: PersonaForm, catalog: Catalog, error: str) -> PersonaPage:
    taken = catalog.find(form.model) if form.model else None
    choices = make_choices(tuple(catalog.models), form.model, form.system_prompt, form.typed, taken)
    return PersonaPage(title, choices, persona_id, form.name, form.is_default, error)


def _to_library() -> Redirect:
    return Redirect("/library", status_code=303)


def _page(request: AnyRequest, templates: Templates, template: str, page: Struct, status: int = 200) -> Response[str]:
    html = templates.render(template, page, appearance_of(request))
    return Response(html, status_code=status, media_type="text/html", headers={"cache-control": "no-store"})


library_router = Router(
    "/",
    route_handlers=[
        show_library,
        show_new_prompt,
        add_prompt,
        show_prompt,
        change_prompt,
        delete_prompt,
        show_new_persona,
        add_persona,
        show_persona,
        change_persona,
        delete_persona,
    ],
    include_in_schema=False,
)
