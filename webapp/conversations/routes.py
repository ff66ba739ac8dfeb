"""Pages of conversations, and what their forms do. Each works as a whole page, and as a fragment for htmx."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Redirect, Stream
from msgspec import Meta, Struct
from msgspec.structs import replace

from webapp.accounts.presence import Presence
from webapp.accounts.users import Caller, User
from webapp.conversations.chat import Chat
from webapp.conversations.gallery import Gallery
from webapp.conversations.listing_presenter import ListingPresenter, number_of
from webapp.conversations.listing_routes import LISTING_HANDLERS
from webapp.conversations.messages import anchor
from webapp.conversations.presenter import Place, Presenter
from webapp.conversations.replies import Replies
from webapp.conversations.starting import Starting
from webapp.conversations.store import Conversations
from webapp.conversations.title_routes import TITLE_HANDLERS
from webapp.conversations.views import Cursor, PageView, frames, growing_document
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_form
from webapp.web.htmx import VARY, wants_fragment
from webapp.web.refusals import ConflictError, InvalidError, NotFoundError, RefusalError
from webapp.web.responses import READ, html, octets, see_other
from webapp.web.security import FRAMED_HEADERS
from webapp.web.sse import STREAM_HEADERS, event_stream
from webapp.web.streams import OpenStreams

BODY_PER_MESSAGE: Final = 4  # a form's text is at most three times its bytes, and the other fields are small

KEEPS_FORM: Final = {"keeps_form": True}  # of who was signed out meanwhile: it is sent on after they have signed in

AnyRequest = Request[Any, Any, Any]


class SendForm(Struct):
    message: str = ""
    model: Annotated[str, Meta(max_length=200)] = ""
    client_id: Annotated[str, Meta(max_length=64)] = ""
    owner: Annotated[str, Meta(max_length=64)] = ""
    persona: Annotated[str, Meta(max_length=64)] = ""


# Conversations


@route("/", http_method=READ, name="new_conversation")
async def new_conversation(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    starting: NamedDependency[Starting],
    listing_presenter: NamedDependency[ListingPresenter],
    deleted: Annotated[int | None, QueryParameter(name="deleted")] = None,
    persona: Annotated[str, QueryParameter(name="persona")] = "",
) -> Response[str]:
    page = replace(await starting.page(user.id, persona), undo=await listing_presenter.undo(user.id, deleted))
    return html(presenter.render("conversations/page.html", page, appearance_of(request)))


@post("/c", name="create_conversation", opt=KEEPS_FORM)
async def create_conversation(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    starting: NamedDependency[Starting],
    presenter: NamedDependency[Presenter],
) -> Response[str] | Redirect:
    form = await read_send_form(request, user, presenter)
    try:
        persona = await starting.persona(user.id, form.persona)
        exchange = await chat.ask(
            user.id, None, form.message, model=form.model, client_id=form.client_id, persona=persona
        )
    except RefusalError as refusal:
        return await sent_back(request, user, presenter, refusal, form, None)
    address = f"/c/{exchange.conversation.id}"
    if not wants_fragment(request):
        return see_other(address)
    page = await presenter.chat_page(user.id, exchange.conversation.id, whole=False)
    body = presenter.render("conversations/create_conversation.hx.html", page, appearance_of(request))
    return html(body, {"hx-push-url": address})


@route("/c/{conversation_id:uuid}", http_method=READ, name="conversation")
async def show_conversation(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    conversation_id: FromPath[UUID],
    before: Annotated[str, QueryParameter(name="before")] = "",
    after: Annotated[str, QueryParameter(name="after")] = "",
    at: Annotated[str, QueryParameter(name="at")] = "",
    deleted: Annotated[str, QueryParameter(name="deleted")] = "",
) -> Response[str]:
    """The page at a place of the conversation; for a page that has the turns below or above, only what it lacks.

    `deleted` names what was deleted just now, which can be taken back.
    """
    place = Place(*map(read_message_id, (before, after, at)))
    if wants_fragment(request) and place.before:
        turns = await presenter.earlier_turns(user.id, conversation_id, place.before)
        return html(presenter.render("conversations/earlier.hx.html", turns))
    if wants_fragment(request) and place.after:
        turns = await presenter.later_turns(user.id, conversation_id, place.after)
        return html(presenter.render("conversations/later.hx.html", turns))
    page = await presenter.chat_page(user.id, conversation_id, place, deleted=read_message_id(deleted))
    return html(presenter.render("conversations/page.html", page, appearance_of(request)))


@get("/c/{conversation_id:uuid}/news", name="news_of_turns")
async def show_news_of_turns(
    request: AnyRequest,
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    conversation_id: FromPath[UUID],
    after: Annotated[UUID, QueryParameter(name="after")],
) -> Response[str]:
    """What came below the last message of a page that is looked at again. Where that has gone, the page is to be."""
    try:
        turns = await presenter.news_of_turns(user.id, conversation_id, after)
    except NotFoundError:
        return Response("", headers={"hx-refresh": "true", "vary": VARY})
    if turns is None:
        return Response("", status_code=204, headers={"vary": VARY})
    return html(presenter.render("conversations/news_of_turns.hx.html", turns, appearance_of(request)))


@post("/c/{conversation_id:uuid}/messages", name="create_message", opt=KEEPS_FORM)
async def create_message(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    conversation_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_send_form(request, user, presenter)
    try:
        exchange = await chat.ask(user.id, conversation_id, form.message, model=form.model, client_id=form.client_id)
    except RefusalError as refusal:
        return await sent_back(request, user, presenter, refusal, form, conversation_id)
    if not wants_fragment(request):
        return see_other(f"/c/{exchange.conversation.id}#{anchor(exchange.answer.id)}")
    turns = await presenter.new_turns(user.id, exchange)
    return html(presenter.render("conversations/create_message.hx.html", turns, appearance_of(request)))


@post("/c/{conversation_id:uuid}/delete", name="delete_conversation")
async def delete_conversation(
    user: NamedDependency[User], chat: NamedDependency[Chat], conversation_id: FromPath[UUID]
) -> Redirect:
    return see_other(f"/?deleted={number_of(await chat.delete(user.id, conversation_id))}")


# Messages


@route("/messages/{message_id:uuid}", http_method=READ, name="message")
async def show_message(
    request: AnyRequest, user: NamedDependency[User], presenter: NamedDependency[Presenter], message_id: FromPath[UUID]
) -> Response[str] | Redirect:
    """The finished message for the page that watched it grow; for anybody else the place of the message."""
    message = await presenter.find(user.id, message_id)
    if not wants_fragment(request):
        return see_other(f"/c/{message.conversation_id}?at={message.id}#{anchor(message.id)}")
    if message.is_live:
        return Response("", status_code=204, headers={"vary": VARY})
    return html(presenter.render("conversations/show_message.hx.html", await presenter.turn(user.id, message)))


@get("/messages/{message_id:uuid}/events", name="watch_reply")
async def watch_reply(
    caller: NamedDependency[Caller],
    presence: NamedDependency[Presence],
    replies: NamedDependency[Replies],
    streams: NamedDependency[OpenStreams],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
    after: Annotated[str, QueryParameter(name="after")] = "",
    last_event_id: Annotated[str, HeaderParameter(name="last-event-id")] = "",
) -> Stream:
    """The answer as it grows, as frames for the page: what is new since the cursor, until the event `done`."""
    owner = caller.user.id
    answer = replies.find(owner, message_id) or await conversations.find_message(owner, message_id)
    cursor = Cursor.parse(last_event_id or after)
    view = PageView(cursor, anchor(answer.id), presenter.model_name(answer), presenter.wait_part)
    versions = presence.reading(caller, streams.limited(owner, replies.follow(answer)))
    return event_stream(frames(versions, view))


@get("/messages/{message_id:uuid}/live", name="live_document")
async def show_live_document(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    presence: NamedDependency[Presence],
    replies: NamedDependency[Replies],
    streams: NamedDependency[OpenStreams],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
) -> Stream:
    """The answer as a document that grows while it is open, for pages without JavaScript."""
    answer = await conversations.find_message(caller.user.id, message_id)
    head = presenter.live_head(appearance_of(request), message_id)
    versions = presence.reading(caller, streams.limited(caller.user.id, replies.follow(answer)))
    document: AsyncIterator[str] = growing_document(head, versions, answer)
    return Stream(document, media_type="text/html", headers={**STREAM_HEADERS, **FRAMED_HEADERS})


@route("/pictures/{picture_id:uuid}", http_method=READ, name="picture")
async def show_picture(
    request: AnyRequest,
    user: NamedDependency[User],
    gallery: NamedDependency[Gallery],
    picture_id: FromPath[UUID],
) -> Response[bytes]:
    """A picture of a message, shown as a picture and as nothing else, also when opened on its own.

    What can't be shown is a file to save, for its owner. A browser may keep it, and asks each time whether it may still
    show it: not after signing out, nor once it is deleted.
    """
    picture, tag = await gallery.picture(user.id, picture_id), f'"{picture_id}"'
    caching = {"cache-control": "private, no-cache", "etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(b"", status_code=304, headers=caching)
    disposition = "inline" if picture.is_shown else "attachment"
    headers = {
        "content-type": picture.media_type,
        "content-security-policy": "sandbox; default-src 'none'",
        "content-disposition": f'{disposition}; filename="{picture.name}"',
        **caching,
    }
    return octets(picture, headers)


@post("/messages/{message_id:uuid}/stop", name="stop_reply")
async def stop_reply(
    request: AnyRequest,
    user: NamedDependency[User],
    replies: NamedDependency[Replies],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    message = await presenter.find(user.id, message_id)
    await replies.stop(user.id, message_id)
    if wants_fragment(request):
        return Response("", status_code=204, headers={"vary": VARY})
    return see_other(f"/c/{message.conversation_id}#{anchor(message.id)}")


@post("/messages/{message_id:uuid}/continue", name="continue_reply")
async def continue_reply(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    answer = await chat.resume(user.id, message_id)
    if not wants_fragment(request):
        return see_other(f"/c/{answer.conversation_id}#{anchor(answer.id)}")
    return html(presenter.render("conversations/show_message.hx.html", await presenter.turn(user.id, answer)))


# What the handlers share


def read_message_id(text: str) -> UUID | None:
    """The message that a query names; None for "". What is no id names a message that is not there."""
    try:
        return UUID(text) if text else None
    except ValueError as error:
        raise NotFoundError("There is no such message. It may have been deleted.") from error


async def read_send_form(request: AnyRequest, user: User, presenter: Presenter) -> SendForm:
    """Raises ConflictError for a page of somebody else: of who was signed in before, in the same browser."""
    form = await read_form(request, SendForm, limit=presenter.max_message_bytes * BODY_PER_MESSAGE)
    if form.owner and form.owner != str(user.id):
        raise ConflictError("Somebody else has signed in here since this page was loaded. Load it anew.")
    return form


async def sent_back(
    request: AnyRequest,
    user: User,
    presenter: Presenter,
    refusal: RefusalError,
    form: SendForm,
    conversation_id: UUID | None,
) -> Response[str]:
    """A refused send. htmx leaves the page as it is and shows the sentence; a whole page gets its text back."""
    if wants_fragment(request) or isinstance(refusal, NotFoundError):
        raise refusal
    page = await presenter.refused_page(
        user.id, conversation_id, refusal, text=form.message, model=form.model, client_id=form.client_id
    )
    if form.persona and not isinstance(refusal, InvalidError):
        page = replace(page, composer=replace(page.composer, persona=form.persona))
    return html(presenter.render("conversations/page.html", page, appearance_of(request)), status=refusal.status)


conversations_router = Router(
    "/",
    route_handlers=[
        *LISTING_HANDLERS,
        *TITLE_HANDLERS,
        new_conversation,
        create_conversation,
        show_conversation,
        show_news_of_turns,
        create_message,
        delete_conversation,
        show_message,
        watch_reply,
        show_live_document,
        show_picture,
        stop_reply,
        continue_reply,
    ],
    include_in_schema=False,
)
