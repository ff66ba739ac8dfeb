"""Sharing a branch, for its owner; reading it, for whoever has the address."""

from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

from litestar import Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response import Redirect, Stream
from msgspec import Struct

from webapp.accounts.throttles import Throttles
from webapp.accounts.users import User
from webapp.conversations.gallery import Gallery
from webapp.conversations.messages import Message, anchor
from webapp.conversations.presenter import Presenter
from webapp.conversations.replies import Replies
from webapp.conversations.reply import Reply
from webapp.conversations.routes import read_message_id
from webapp.conversations.store import Conversations
from webapp.conversations.views import Cursor, PageView, frames, growing_document
from webapp.documents.shares.pages import ShareList
from webapp.documents.shares.presenter import SharePresenter
from webapp.documents.shares.store import PAGE, Shared, ShareStore
from webapp.documents.shares.watching import Watchers
from webapp.web.appearance import appearance_of
from webapp.web.client import Client
from webapp.web.forms import read_form
from webapp.web.htmx import VARY, wants_fragment
from webapp.web.refusals import NotFoundError
from webapp.web.responses import READ, html, octets, see_other
from webapp.web.security import FRAMED_HEADERS
from webapp.web.sse import STREAM_HEADERS, encode_event, event_stream
from webapp.web.streams import OpenStreams

# No search engine lists what is shared, and no page that it leads to learns its address.
PRIVATELY: Final[Mapping[str, str]] = {"x-robots-tag": "noindex, nofollow", "referrer-policy": "no-referrer"}
DONE: Final = encode_event("", event="done")
WITHDRAWN: Final = '<div class="live__tail">This is not shared any more.</div></main></body></html>'

AnyRequest = Request[Any, Any, Any]


class ShareForm(Struct):
    """Two boxes, which are sent if they are ticked."""

    later: str = ""
    live: str = ""


# For the owner


@post("/c/{conversation_id:uuid}/shares", name="create_share")
async def create_share(
    request: AnyRequest,
    user: NamedDependency[User],
    shares: NamedDependency[ShareStore],
    conversation_id: FromPath[UUID],
) -> Redirect:
    form = await read_form(request, ShareForm, limit=1_000, may_be_missing=True)
    key = await shares.add(user.id, conversation_id, with_later=bool(form.later), is_live=bool(form.live))
    return see_other(f"/shares#share-{key}")


@route("/shares", http_method=READ, name="shares")
async def list_shares(
    request: AnyRequest,
    user: NamedDependency[User],
    shares: NamedDependency[ShareStore],
    presenter: NamedDependency[Presenter],
    public_url: NamedDependency[str],
    before: Annotated[str, QueryParameter(name="before")] = "",
) -> Response[str]:
    """All of one's shares, page by page, so that each can be withdrawn."""
    frame = await presenter.frame(user.id)
    found = await shares.listed(user.id, _read_share_id(before), PAGE + 1)
    older_url = f"/shares?before={found[PAGE - 1].id}" if len(found) > PAGE else ""
    shown = tuple(found[:PAGE])
    page = ShareList("Shared links", frame.list, frame.is_demo, shown, public_url, older_url)
    return html(presenter.render("documents/shares.html", page, appearance_of(request)))


@post("/shares/{share_id:uuid}/revoke", name="revoke_share")
async def revoke_share(
    user: NamedDependency[User], shares: NamedDependency[ShareStore], share_id: FromPath[UUID]
) -> Redirect:
    await shares.revoke(user.id, share_id)
    return see_other("/shares")


def _read_share_id(text: str) -> UUID | None:
    try:
        return UUID(text) if text else None
    except ValueError:
        raise NotFoundError("There is no such page of the list.") from None


# For readers


@route("/s/{token:str}", http_method=READ, name="shared", opt={"public": True})
async def show_shared(
    request: AnyRequest,
    shares: NamedDependency[ShareStore],
    share_presenter: NamedDependency[SharePresenter],
    presenter: NamedDependency[Presenter],
    token: FromPath[str],
    before: Annotated[str, QueryParameter(name="before")] = "",
) -> Response[str]:
    page = await share_presenter.page(await shares.find(token), read_message_id(before))
    return html(presenter.render("documents/shared.html", page, appearance_of(request)), dict(PRIVATELY))


@get("/s/{token:str}/events", name="watch_shared", opt={"public": True})
async def watch_shared(
    shares: NamedDependency[ShareStore],
    watchers: NamedDependency[Watchers],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    replies: NamedDependency[Replies],
    streams: NamedDependency[OpenStreams],
    token: FromPath[str],
    answer: Annotated[UUID, QueryParameter(name="answer")],
    after: Annotated[str, QueryParameter(name="after")] = "",
    last_event_id: Annotated[str, HeaderParameter(name="last-event-id")] = "",
) -> Stream:
    """An answer on the branch as it grows, as `watch_reply` has it. `done` ends it also when it is shared no more."""
    shared, message = await _live_answer(shares, conversations, token, answer)
    view = PageView(
        Cursor.parse(last_event_id or after), anchor(answer), presenter.model_name(message), presenter.wait_part
    )
    stream = event_stream(
        watchers.while_shared(shared.id, frames(_followed(shared, message, replies, streams), view), DONE)
    )
    stream.headers.update(PRIVATELY)
    return stream


@route("/s/{token:str}/messages/{message_id:uuid}", http_method=READ, name="shared_message", opt={"public": True})
async def show_shared_message(
    request: AnyRequest,
    shares: NamedDependency[ShareStore],
    share_presenter: NamedDependency[SharePresenter],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    token: FromPath[str],
    message_id: FromPath[UUID],
) -> Response[str] | Redirect:
    """The answer that has ended, for the page that watched it grow; for anybody else its place on the page."""
    shared = await shares.find(token)
    shared.require(message_id)
    if not wants_fragment(request):
        return see_other(f"/s/{token}#{anchor(message_id)}")
    message = await conversations.find_message(shared.owner_id, message_id)
    if message.is_live or message.role == "system":
        return Response("", status_code=204, headers={"vary": VARY, **PRIVATELY})
    turn = await share_presenter.turn(shared, message)
    return html(presenter.render("documents/shared_message.hx.html", turn), dict(PRIVATELY))


@get("/s/{token:str}/messages/{message_id:uuid}/live", name="shared_document", opt={"public": True})
async def show_shared_document(
    request: AnyRequest,
    shares: NamedDependency[ShareStore],
    watchers: NamedDependency[Watchers],
    conversations: NamedDependency[Conversations],
    presenter: NamedDependency[Presenter],
    replies: NamedDependency[Replies],
    streams: NamedDependency[OpenStreams],
    token: FromPath[str],
    message_id: FromPath[UUID],
) -> Stream:
    """The answer as a document that grows, for pages without JavaScript."""
    shared, message = await _live_answer(shares, conversations, token, message_id)
    growing = growing_document(
        presenter.live_head(appearance_of(request)), _followed(shared, message, replies, streams), message
    )
    document = watchers.while_shared(shared.id, growing, WITHDRAWN)
    return Stream(document, media_type="text/html", headers={**STREAM_HEADERS, **FRAMED_HEADERS, **PRIVATELY})


@route("/s/{token:str}/pictures/{picture_id:uuid}", http_method=READ, name="shared_picture", opt={"public": True})
async def show_shared_picture(
    shares: NamedDependency[ShareStore],
    gallery: NamedDependency[Gallery],
    throttles: NamedDependency[Throttles],
    client: NamedDependency[Client],
    token: FromPath[str],
    picture_id: FromPath[UUID],
) -> Response[bytes]:
    """A picture of a message on the branch; no cache keeps it longer than it is shared."""
    throttles.show_picture(client)
    shared = await shares.find_picture(token, picture_id)
    picture = await gallery.picture(shared.owner_id, picture_id)
    if not picture.is_shown:  # it's as it came, with whatever else is in it
        raise NotFoundError("This picture can't be shown.")
    headers = {
        "content-type": picture.media_type,
        "content-security-policy": "sandbox; default-src 'none'",
        "content-disposition": f'inline; filename="{picture.name}"',
        "cache-control": "no-store",
        **PRIVATELY,
    }
    return octets(picture, headers)


async def _live_answer(
    shares: ShareStore, conversations: Conversations, token: str, message_id: UUID
) -> tuple[Shared, Message]:
    """An answer on the branch of a share that may be watched as it grows."""
    shared = await shares.find(token)
    shared.require(message_id)
    message = await conversations.find_message(shared.owner_id, message_id)
    if message.role != "assistant" or not shared.is_live:
        raise NotFoundError("There is nothing to watch at this address.")
    return shared, message


def _followed(shared: Shared, message: Message, replies: Replies, streams: OpenStreams) -> AsyncGenerator[Reply, None]:
    """Readers have no names: all who read one share may have as many streams open as one person."""
    return streams.limited(shared.id, replies.follow(message))


shares_router = Router(
    "/",
    route_handlers=[
        create_share,
        list_shares,
        revoke_share,
        show_shared,
        watch_shared,
        show_shared_message,
        show_shared_document,
        show_shared_picture,
    ],
    include_in_schema=False,
)
