"""The list of conversations: its pages, and what keeps it in order. All of it works without scripts."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from litestar import Request, Response, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, QueryParameter
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.accounts.users import User
from webapp.conversations import pages
from webapp.conversations.archiving import Archiving
from webapp.conversations.chat import Chat
from webapp.conversations.clearing import Clearing
from webapp.conversations.listing import Shelf, View
from webapp.conversations.listing_presenter import ListingPresenter, moment_of, number_of
from webapp.conversations.listing_store import Listing
from webapp.conversations.presenter import Presenter
from webapp.conversations.tags_store import Tags
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_form
from webapp.web.htmx import VARY, wants_fragment
from webapp.web.places import local_place
from webapp.web.refusals import InvalidError
from webapp.web.responses import READ, html, see_other

MAX_FORM: Final = 16_000  # bytes

AnyRequest = Request[Any, Any, Any]
AShelf = Annotated[Shelf, QueryParameter(name="shelf")]
ATag = Annotated[UUID | None, QueryParameter(name="tag")]


class SwitchForm(Struct):
    """On, where there is a word; off without."""

    on: str = ""


class NameForm(Struct):
    name: str = ""


class MomentForm(Struct):
    moment: int = 0


class SecretForm(Struct):
    secret: Annotated[str, Meta(max_length=200)] = ""


class Chosen(Struct):
    """Conversations that were ticked: those with these ids, or with `all` the whole view."""

    id: tuple[UUID, ...] = ()
    all: str = ""
    shelf: Shelf = ""
    tag: UUID | None = None

    @property
    def view(self) -> View:
        return View(self.shelf, self.tag)

    def what(self) -> tuple[UUID, ...] | View:
        """Which these are. Raises InvalidError where there are none."""
        if not self.id and not self.all:
            raise InvalidError("Nothing is chosen. Tick some conversations, or all of them.")
        return self.view if self.all else self.id


class ChosenForm(Chosen, kw_only=True):
    """What is to be done with them."""

    action: Literal["archive", "unarchive", "delete", "restore", "tag", "untag"]
    name: str = ""


@route("/c", http_method=READ, name="conversations")
async def list_conversations(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    listing_presenter: NamedDependency[ListingPresenter],
    before: Annotated[UUID | None, QueryParameter(name="before")] = None,
    shelf: AShelf = "",
    tag: ATag = None,
    scroll: Annotated[bool, QueryParameter(name="scroll")] = False,
    deleted: Annotated[int | None, QueryParameter(name="deleted")] = None,
    moved: Annotated[str, QueryParameter(name="moved")] = "",
) -> Response[str]:
    """A page for putting them in order; for the list at the side, what comes next in it."""
    if wants_fragment(request):
        older = pages.OlderPage(await listing_presenter.older(user.id, View(shelf, tag), before), not scroll)
        return html(presenter.render("conversations/list.hx.html", older, appearance_of(request)))
    page = await listing_presenter.list_page(user.id, View(shelf, tag), before, deleted, moved)
    return html(presenter.render("conversations/list.html", page, appearance_of(request)))


@post("/c/chosen", name="change_conversations")
async def change_conversations(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    listing: NamedDependency[Listing],
    archiving: NamedDependency[Archiving],
    tags: NamedDependency[Tags],
) -> Redirect:
    form = await read_form(request, ChosenForm, limit=MAX_FORM)
    view, chosen = form.view, form.what()
    match form.action:
        case "archive" | "unarchive":
            secret = await archiving.move(user.id, chosen, form.action == "archive")
            return see_other(f"{address_of(view)}&moved={secret}")
        case "delete":
            moment = await chat.delete_many(user.id, chosen)
            return see_other(f"{address_of(view)}&deleted={number_of(moment)}")
        case "restore":
            await listing.restore(user.id, chosen)
        case "tag":
            await tags.add(user.id, chosen, form.name)
        case "untag" if form.tag:
            await tags.take_off(user.id, chosen, form.tag)
        case "untag":
            raise InvalidError("No tag is named that is to be taken off.")
    return see_other(address_of(view))


@post("/c/restore", name="undo_deletion")
async def undo_deletion(
    request: AnyRequest, user: NamedDependency[User], listing: NamedDependency[Listing]
) -> Redirect:
    """Brings back what was deleted at a moment."""
    form = await read_form(request, MomentForm, limit=MAX_FORM)
    await listing.restore(user.id, moment_of(form.moment))
    return see_other("/c")


@post("/c/put-back", name="undo_archiving")
async def undo_archiving(
    request: AnyRequest, user: NamedDependency[User], archiving: NamedDependency[Archiving]
) -> Redirect:
    """Takes back that several were archived, or taken out of the archive, and leads to where they are again."""
    form = await read_form(request, SecretForm, limit=MAX_FORM)
    moved = await archiving.undo(user.id, form.secret)
    return see_other("/c?shelf=archive" if moved and not moved.archived else "/c")


@post("/deleted/clear", name="delete_for_good")
async def delete_for_good(
    user: NamedDependency[User], listing: NamedDependency[Listing], clearing: NamedDependency[Clearing]
) -> Redirect:
    """Lets go of all that was deleted; the next page says how far it is."""
    total = await listing.delete_for_good(user.id)
    clearing.start(user.id)
    return see_other(f"/deleted/progress?of={total}")


@route("/deleted/progress", http_method=READ, name="clearing")
async def show_clearing(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    listing_presenter: NamedDependency[ListingPresenter],
    of: Annotated[int, QueryParameter(name="of", ge=0)] = 0,
) -> Response[str]:
    page = await listing_presenter.clearing_page(user.id, of)
    template = "conversations/clearing.hx.html" if wants_fragment(request) else "conversations/clearing.html"
    return html(presenter.render(template, page, appearance_of(request)))


# One of them


@route("/c/{conversation_id:uuid}/organise", http_method=READ, name="organise_conversation")
async def show_organise(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    listing_presenter: NamedDependency[ListingPresenter],
    conversation_id: FromPath[UUID],
) -> Response[str]:
    """What can be done with a conversation: a dialog over the page, or a page."""
    page = await listing_presenter.organise_page(user.id, conversation_id)
    template = "conversations/organise.hx.html" if wants_fragment(request) else "conversations/organise.html"
    return html(presenter.render(template, page, appearance_of(request)))


@post("/c/{conversation_id:uuid}/pin", name="pin_conversation")
async def pin_conversation(
    request: AnyRequest, user: NamedDependency[User], listing: NamedDependency[Listing], conversation_id: FromPath[UUID]
) -> Redirect:
    form = await read_form(request, SwitchForm, limit=MAX_FORM)
    await listing.find(user.id, conversation_id)
    await listing.pin(user.id, conversation_id, bool(form.on))
    return back(request)


@post("/c/{conversation_id:uuid}/archive", name="archive_conversation")
async def archive_conversation(
    request: AnyRequest, user: NamedDependency[User], listing: NamedDependency[Listing], conversation_id: FromPath[UUID]
) -> Redirect:
    form = await read_form(request, SwitchForm, limit=MAX_FORM)
    await listing.find(user.id, conversation_id)
    await listing.archive(user.id, [conversation_id], bool(form.on))
    return back(request)


@post("/c/{conversation_id:uuid}/tags", name="tag_conversation")
async def tag_conversation(
    request: AnyRequest,
    user: NamedDependency[User],
    listing: NamedDependency[Listing],
    tags: NamedDependency[Tags],
    conversation_id: FromPath[UUID],
) -> Redirect:
    form = await read_form(request, NameForm, limit=MAX_FORM)
    await listing.find(user.id, conversation_id)
    await tags.add(user.id, [conversation_id], form.name)
    return back(request)


@post("/c/{conversation_id:uuid}/tags/{tag_id:uuid}/remove", name="untag_conversation")
async def untag_conversation(
    request: AnyRequest,
    user: NamedDependency[User],
    listing: NamedDependency[Listing],
    tags: NamedDependency[Tags],
    conversation_id: FromPath[UUID],
    tag_id: FromPath[UUID],
) -> Redirect:
    await listing.find(user.id, conversation_id)
    await tags.take_off(user.id, [conversation_id], tag_id)
    return back(request)


# Tags


@post("/tags/{tag_id:uuid}/name", name="rename_tag")
async def rename_tag(
    request: AnyRequest, user: NamedDependency[User], tags: NamedDependency[Tags], tag_id: FromPath[UUID]
) -> Redirect:
    form = await read_form(request, NameForm, limit=MAX_FORM)
    await tags.rename(user.id, tag_id, form.name)
    return see_other(f"/c?tag={tag_id}")


@post("/tags/{tag_id:uuid}/remove", name="remove_tag")
async def remove_tag(user: NamedDependency[User], tags: NamedDependency[Tags], tag_id: FromPath[UUID]) -> Redirect:
    await tags.remove(user.id, tag_id)
    return see_other("/c")


# The list at the side


@get("/news", name="news")
async def show_news(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    version: Annotated[str, QueryParameter(name="list")] = "",
    current: Annotated[UUID | None, QueryParameter(name="current")] = None,
) -> Response[str]:
    """The list as it is now, for a page that has another version of it; nothing where it is the same."""
    news = pages.News(await presenter.sidebar(user.id, current))
    appearance = appearance_of(request)
    if news.list.version(appearance.offset) == version:
        return Response("", status_code=204, headers={"vary": VARY})
    return html(presenter.render("conversations/news.hx.html", news, appearance))


def address_of(view: View) -> str:
    """The page of a view; more may follow."""
    return f"/c?shelf={view.shelf}" + (f"&tag={view.tag}" if view.tag else "")


def back(request: AnyRequest) -> Redirect:
    """To the page that a form was sent from."""
    return see_other(local_place(request.headers.get("referer", "")))


LISTING_HANDLERS: Final = [
    list_conversations,
    change_conversations,
    undo_deletion,
    undo_archiving,
    delete_for_good,
    show_clearing,
    show_organise,
    pin_conversation,
    archive_conversation,
    tag_conversation,
    untag_conversation,
    rename_tag,
    remove_tag,
    show_news,
]
