"""The page of a temporary chat. A question is answered by the response to it, which goes on while the answer grows."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from math import inf
from typing import Annotated, Any, Final

from litestar import Request, Response, Router, post, route
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Meta, Struct

from webapp.accounts.presence import Presence
from webapp.accounts.throttles import Costly, Throttles
from webapp.accounts.users import Caller, User
from webapp.conversations.messages import anchor
from webapp.conversations.presenter import Presenter
from webapp.conversations.reply import Reply
from webapp.conversations.views import Cursor, SourceView, frames, growing_text
from webapp.temporary.chat import Asked, TemporaryChat, earlier_messages
from webapp.temporary.presenter import TemporaryPresenter
from webapp.web.appearance import Reader, appearance_of
from webapp.web.forms import read_form
from webapp.web.htmx import wants_fragment
from webapp.web.refusals import RefusalError, TooLargeError
from webapp.web.responses import READ, html, retry_after
from webapp.web.sse import STREAM_HEADERS, encode_event, event_stream
from webapp.web.streams import OpenStreams

BODY_PER_MESSAGE: Final = 4  # as for other chats: so much of this one fits in a form
GROWING: Final = "<!-- the answer -->"  # stands in a page where the growing answer is to come
WHOLE: Final = "whole"  # the id of an event that htmx is to put in its place; others are frames

AnyRequest = Request[Any, Any, Any]


class QuestionForm(Struct):
    """`said` are the questions and answers before it, by turns."""

    message: str = ""
    model: Annotated[str, Meta(max_length=200)] = ""
    said: tuple[str, ...] = ()


@route("/temporary", http_method=READ, name="temporary_chat")
async def show_temporary_chat(
    request: AnyRequest, user: NamedDependency[User], presenter: NamedDependency[Presenter]
) -> Response[str]:
    page = await TemporaryPresenter(presenter).page(user.id)
    return html(presenter.render("temporary/page.html", page, appearance_of(request)))


@post("/temporary", name="ask_temporarily", status_code=200)
async def ask_temporarily(
    request: AnyRequest,
    caller: NamedDependency[Caller],
    temporary_chat: NamedDependency[TemporaryChat],
    presence: NamedDependency[Presence],
    streams: NamedDependency[OpenStreams],
    presenter: NamedDependency[Presenter],
    throttles: NamedDependency[Throttles],
) -> Response[str] | Stream:
    """The answer as it grows: as frames for the page that asks by htmx, else as a page that grows while it is open."""
    owner, temporary = caller.user.id, TemporaryPresenter(presenter)
    form = await _read_question(request, presenter.max_message_bytes * BODY_PER_MESSAGE)
    try:
        await throttles.take(Costly.TEMPORARY, owner)
        asked = await temporary_chat.ask(owner, form.said, form.message, form.model)
    except RefusalError as refusal:
        if wants_fragment(request):
            raise
        earlier = earlier_messages(owner, form.said[: len(form.said) // 2 * 2])
        page = await temporary.refused(owner, earlier, refusal, form.message, form.model)
        body = presenter.render("temporary/page.html", page, appearance_of(request))
        return html(body, retry_after(refusal.retry_after), refusal.status)
    versions = presence.reading(caller, streams.limited(owner, temporary_chat.grow(asked.beginning)))
    if wants_fragment(request):
        return event_stream(_events(temporary_chat, presenter, asked, versions))
    document = _document(temporary_chat, presenter, asked, versions, appearance_of(request))
    return Stream(document, media_type="text/html", headers=STREAM_HEADERS)


async def _read_question(request: AnyRequest, limit: int) -> QuestionForm:
    try:
        return await read_form(request, QuestionForm, limit=limit)
    except TooLargeError:
        raise TooLargeError("This temporary chat has become too long to go on. Begin a new one.") from None


async def _events(
    chat: TemporaryChat, presenter: Presenter, asked: Asked, versions: AsyncGenerator[Reply, None]
) -> AsyncIterator[bytes]:
    """The turns, the frames of the answer, and how it ended, with what is to be sent along with the next question."""
    temporary, answer = TemporaryPresenter(presenter), asked.answer
    view = SourceView(Cursor(), anchor(answer.id), presenter.model_name(answer), presenter.wait_part)
    try:
        yield encode_event(presenter.render("temporary/turns.hx.html", await temporary.new_turns(asked)), cursor=WHOLE)
        async for event in frames(versions, view, longest=inf):
            yield event
        ended = await temporary.ended(answer.owner_id, asked, await chat.ended(answer))
        yield encode_event(presenter.render("temporary/ended.hx.html", ended), cursor=WHOLE)
    finally:
        chat.forget(answer)


async def _document(
    chat: TemporaryChat,
    presenter: Presenter,
    asked: Asked,
    versions: AsyncGenerator[Reply, None],
    appearance: Reader,
) -> AsyncIterator[str]:
    """The page up to the answer, the answer as it grows, and the rest of the page, with what was said by then."""
    temporary, owner, model = TemporaryPresenter(presenter), asked.answer.owner_id, asked.beginning.model
    before = (*asked.earlier, asked.question)
    try:
        page = await temporary.growing_page(owner, model, (*before, asked.answer))
        yield presenter.render("temporary/page.html", page, appearance).partition(GROWING)[0]
        async with aclosing(growing_text(versions)) as pieces:
            async for piece, _ in pieces:
                yield piece
        page = await temporary.growing_page(owner, model, (*before, await chat.ended(asked.answer)))
        yield presenter.render("temporary/page.html", page, appearance).partition(GROWING)[2]
    finally:
        chat.forget(asked.answer)


temporary_router = Router("/", route_handlers=[show_temporary_chat, ask_temporarily], include_in_schema=False)
