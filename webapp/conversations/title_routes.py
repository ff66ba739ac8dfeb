"""A conversation's title, changed where it stands, or by the forms of pages."""

from typing import Any, Final
from uuid import UUID

from litestar import Request, Response, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from msgspec import Struct

from webapp.accounts.users import User
from webapp.conversations import pages
from webapp.conversations.chat import Chat
from webapp.conversations.listing_store import Listing
from webapp.conversations.presenter import Presenter
from webapp.web.forms import read_form
from webapp.web.htmx import path_of_page, wants_fragment
from webapp.web.responses import READ, html, see_other

MAX_FORM: Final = 4_000  # bytes

AnyRequest = Request[Any, Any, Any]


class TitleForm(Struct):
    title: str = ""


@route("/c/{conversation_id:uuid}/title", http_method=READ, name="title_form")
async def show_title_form(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    listing: NamedDependency[Listing],
    conversation_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """The title as a form, for its row of the list; without scripts it is changed where all else is."""
    page = pages.TitlePage(await listing.find(user.id, conversation_id))
    if not wants_fragment(request):
        return see_other(f"/c/{conversation_id}/organise")
    return html(presenter.render("conversations/title_form.hx.html", page))


@post("/c/{conversation_id:uuid}/title", name="rename_conversation")
async def rename_conversation(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    conversation_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(request, TitleForm, limit=MAX_FORM)
    conversation = await chat.rename(user.id, conversation_id, form.title)
    place = f"/c/{conversation_id}"
    if not wants_fragment(request):
        return see_other(place)
    page = pages.RenamedPage(conversation, is_shown=path_of_page(request).endswith(place))
    return html(presenter.render("conversations/renamed.hx.html", page))


TITLE_HANDLERS: Final = [show_title_form, rename_conversation]
