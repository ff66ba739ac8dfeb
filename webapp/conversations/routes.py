"""Pages of conversations, and what their forms do. Each works as a whole page, and as a fragment for htmx."""

from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Redirect, Stream
from msgspec import Meta, Struct

from webapp.accounts.store import User
from webapp.conversations.chat import Chat
from webapp.conversations.messages import anchor
from webapp.conversations.presenter import Presenter
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.conversations.views import Cursor, PageView, frames, growing_document
from webapp.web.forms import read_form
from webapp.web.htmx import VARY, wants_fragment
from webapp.web.refusals import NotFoundError, RefusalError
from webapp.web.security import FRAMED_HEADERS
from webapp.web.sse import STREAM_HEADERS, event_stream

BODY_PER_MESSAGE: Final = 4  # a form's text is at most three times its bytes, and the other fields are small

AnyRequest = Request[Any, Any, Any]
Before = Annotated[UUID | None, QueryParameter(name="before")]


class SendForm(Struct):
    message: str = ""
    model: Annotated[str, Meta(max_length=200)] = ""
    client_id: Annotated[str, Meta(max_length=64)] = ""


class TitleForm(Struct):
    title: str = ""


class RetryForm(Struct):
    model: Annotated[str, Meta(max_length=200)] = ""


# Conversations


@get("/", name="new_conversation")
async def new_conversation(user: NamedDependency[User], presenter: NamedDependency[Presenter]) -> Response[str]:
    return html(presenter.render("conversations/page.html", await presenter.new_page(user.id)))


@get("/c", name="conversations")
async def list_conversations(
    request: AnyRequest, user: NamedDependency[User], presenter: NamedDependency[Presenter], before: Before = None
) -> Response[str]:
    page = await presenter.list_page(user.id, before)
    template = "conversations/list.hx.html" if wants_fragment(request) else "conversations/list.html"
    return html(presenter.render(template, page))


@post("/c", name="create_conversation")
async def create_conversation(
    request: AnyRequest, user: NamedDependency[User], chat: NamedDependency[Chat], presenter: NamedDependency[Presenter]
) -> Response[str] | Redirect:
    form = await read_send_form(request, presenter)
    try:
        exchange = await chat.ask(user.id, None, form.message, model=form.model, client_id=form.client_id)
    except RefusalError as refusal:
        return await sent_back(request, user, presenter, refusal, form, None)
    address = f"/c/{exchange.conversation.id}"
    if not wants_fragment(request):
        return see_other(address)
    page = await presenter.chat_page(user.id, exchange.conversation.id, whole=False)
    return html(presenter.render("conversations/create_conversation.hx.html", page), {"hx-push-url": address})


@get("/c/{conversation_id:uuid}", name="conversation")
async def show_conversation(
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    conversation_id: FromPath[UUID],
    before: Before = None,
) -> Response[str]:
    return html(
        presenter.render("conversations/page.html", await presenter.chat_page(user.id, conversation_id, before))
    )


@post("/c/{conversation_id:uuid}/messages", name="create_message")
async def create_message(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    conversation_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_send_form(request, presenter)
    try:
        exchange = await chat.ask(user.id, conversation_id, form.message, model=form.model, client_id=form.client_id)
    except RefusalError as refusal:
        return await sent_back(request, user, presenter, refusal, form, conversation_id)
    if not wants_fragment(request):
        return see_other(f"/c/{exchange.conversation.id}#{anchor(exchange.answer.id)}")
    return html(presenter.render("conversations/create_message.hx.html", await presenter.new_turns(user.id, exchange)))


@post("/c/{conversation_id:uuid}/title", name="rename_conversation")
async def rename_conversation(
    request: AnyRequest, user: NamedDependency[User], chat: NamedDependency[Chat], conversation_id: FromPath[UUID]
) -> Redirect:
    form = await read_form(request, TitleForm, limit=4_000)
    await chat.rename(user.id, conversation_id, form.title)
    return see_other(f"/c/{conversation_id}")


@post("/c/{conversation_id:uuid}/delete", name="delete_conversation")
async def delete_conversation(
    user: NamedDependency[User], chat: NamedDependency[Chat], conversation_id: FromPath[UUID]
) -> Redirect:
    await chat.delete(user.id, conversation_id)
    return see_other("/")


# Messages


@get("/messages/{message_id:uuid}", name="message")
async def show_message(
    request: AnyRequest, user: NamedDependency[User], presenter: NamedDependency[Presenter], message_id: FromPath[UUID]
) -> Response[str] | Redirect:
    """The finished message for the page that watched it grow; for anybody else the place of the message."""
    message = await presenter.find(user.id, message_id)
    if not wants_fragment(request):
        return see_other(f"/c/{message.conversation_id}#{anchor(message.id)}")
    if message.is_live:
        return Response("", status_code=204, headers={"vary": VARY})
    return html(presenter.render("conversations/show_message.hx.html", await presenter.turn(user.id, message)))


@get("/messages/{message_id:uuid}/events", name="watch_reply")
async def watch_reply(
    user: NamedDependency[User],
    replies: NamedDependency[Replies],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
    after: Annotated[str, QueryParameter(name="after")] = "",
    last_event_id: Annotated[str, HeaderParameter(name="last-event-id")] = "",
) -> Stream:
    """The answer as it grows, as frames for the page: what is new since the cursor, until the event `done`."""
    answer = await conversations.find_message(user.id, message_id)
    view = PageView(Cursor.parse(last_event_id or after), anchor(answer.id), presenter.sources)
    return event_stream(frames(replies.follow(answer), view))


@get("/messages/{message_id:uuid}/live", name="live_document")
async def show_live_document(
    user: NamedDependency[User],
    replies: NamedDependency[Replies],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
) -> Stream:
    """The answer as a document that grows while it is open, for pages without JavaScript."""
    answer = await conversations.find_message(user.id, message_id)
    document: AsyncIterator[str] = growing_document(presenter.live_head(), replies.follow(answer), answer)
    return Stream(document, media_type="text/html", headers={**STREAM_HEADERS, **FRAMED_HEADERS})


@get("/pictures/{picture_id:uuid}", name="picture")
async def show_picture(
    user: NamedDependency[User], conversations: NamedDependency[Conversations], picture_id: FromPath[UUID]
) -> Response[bytes]:
    """A picture that a model made. It is shown as a picture and as nothing else, also when opened on its own."""
    picture = await conversations.picture(user.id, picture_id)
    headers = {
        "content-type": picture.media_type,
        "content-security-policy": "sandbox; default-src 'none'",
        "content-disposition": "inline",
        "cache-control": "private, max-age=31536000, immutable",
    }
    return Response(picture.data, media_type=picture.media_type, headers=headers)


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


@post("/messages/{message_id:uuid}/retry", name="retry_reply")
async def retry_reply(
    request: AnyRequest,
    user: NamedDependency[User],
    chat: NamedDependency[Chat],
    presenter: NamedDependency[Presenter],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    form = await read_form(request, RetryForm, limit=4_000)
    answer = await chat.retry(user.id, message_id, form.model)
    if not wants_fragment(request):
        return see_other(f"/c/{answer.conversation_id}#{anchor(answer.id)}")
    return html(presenter.render("conversations/show_message.hx.html", await presenter.turn(user.id, answer)))


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


async def read_send_form(request: AnyRequest, presenter: Presenter) -> SendForm:
    return await read_form(request, SendForm, limit=presenter.max_message_bytes * BODY_PER_MESSAGE)


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
    return html(presenter.render("conversations/page.html", page), status=refusal.status)


def html(body: str, headers: dict[str, str] | None = None, status: int = 200) -> Response[str]:
    """A page or fragment. No cache keeps it: it is somebody's conversation, and Back is to show it as it is now."""
    headers = {"vary": VARY, "cache-control": "no-store", **(headers or {})}
    return Response(body, status_code=status, media_type="text/html", headers=headers)


def see_other(address: str) -> Redirect:
    return Redirect(address, status_code=303)


conversations_router = Router(
    "/",
    route_handlers=[
        new_conversation,
        list_conversations,
        create_conversation,
        show_conversation,
        create_message,
        rename_conversation,
        delete_conversation,
        show_message,
        watch_reply,
        show_live_document,
        show_picture,
        stop_reply,
        retry_reply,
        continue_reply,
    ],
    include_in_schema=False,
)
