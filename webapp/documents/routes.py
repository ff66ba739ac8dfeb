"""A conversation as a document at its own address, and all of somebody's conversations in one zip."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from litestar import Request, Response, Router, get, post, route
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Stream

from webapp.accounts.presence import Presence
from webapp.accounts.throttles import Throttles
from webapp.accounts.users import Caller, User
from webapp.conversations.listing_routes import MAX_FORM, Chosen
from webapp.conversations.presenter import Presenter
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.documents.archive import stream_archive
from webapp.documents.closer import Closer
from webapp.documents.document import Document, DocumentMessage, DocumentPicture
from webapp.documents.pages import ExportPage
from webapp.documents.store import DocumentStore
from webapp.documents.streams import json_pieces, text_pieces
from webapp.documents.webpage import Webpage
from webapp.documents.writers import Markdown, PlainText, Writer
from webapp.web.appearance import appearance_of
from webapp.web.forms import read_form
from webapp.web.refusals import NotFoundError, SignedOutError
from webapp.web.responses import READ, html
from webapp.web.sse import STREAM_HEADERS
from webapp.web.streams import OpenStreams

# What opens when the file is shown by this server all the same: nothing runs, and nothing is loaded.
ALONE: Final = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"


@get("/c/{conversation_id:uuid}/document/{kind:str}", name="document", opt={"token": True})
async def show_document(
    caller: NamedDependency[Caller],
    presence: NamedDependency[Presence],
    streams: NamedDependency[OpenStreams],
    documents: NamedDependency[DocumentStore],
    conversations: NamedDependency[Conversations],
    replies: NamedDependency[Replies],
    webpage: NamedDependency[Webpage],
    closer: NamedDependency[Closer],
    public_url: NamedDependency[str],
    conversation_id: FromPath[UUID],
    kind: FromPath[str],
) -> Stream:
    """A conversation as /c/{id}.md, .txt, .json or .html. The first two go on while its last answer grows."""
    if kind not in ("md", "txt", "json", "html"):
        raise NotFoundError("A conversation is to be had as .md, .txt, .json or .html.")
    owner = caller.user.id
    has_pictures = kind in ("json", "html")
    read = documents.document_with_pictures if has_pictures else documents.document
    document = await read(owner, conversation_id)

    async def picture_data(picture: DocumentPicture) -> bytes | None:
        return await documents.picture(owner, picture)

    if kind == "json":
        return _sent(json_pieces(document, picture_data), document, kind, "application/json")
    if kind == "html":
        headers = {"content-security-policy": ALONE}
        return _sent(webpage.pieces(owner, document, picture_data), document, kind, "text/html; charset=utf-8", headers)
    writer = _writer(kind, public_url)
    last = next((one for one in document.branch[-1:] if one.status == "streaming"), None)
    follow = None
    if last is not None:
        growing = replies.follow(await conversations.find_message(owner, UUID(last.id)))
        follow = presence.reading(caller, streams.limited(owner, growing))

    async def finished() -> DocumentMessage | None:
        return await documents.message(owner, conversation_id, document.active_leaf_id)

    async def closing_of(message: DocumentMessage) -> str | None:
        return await closer.closing(owner, message) if kind == "md" else None

    pieces = text_pieces(writer, document, follow, finished, closing_of)
    return _sent(pieces, document, kind, "text/plain; charset=utf-8", STREAM_HEADERS)


@route("/export", http_method=READ, name="export")
async def show_export(
    request: Request[Any, Any, Any],
    user: NamedDependency[User],
    documents: NamedDependency[DocumentStore],
    presenter: NamedDependency[Presenter],
) -> Response[str]:
    """What there is to take along, and the link to it."""
    frame = await presenter.frame(user.id)
    page = ExportPage("Export", frame.list, frame.is_demo, await documents.count(user.id))
    return html(presenter.render("documents/export.html", page, appearance_of(request)))


@get("/export/all", name="export_all", opt={"token": True})
async def download_all(
    caller: NamedDependency[Caller],
    presence: NamedDependency[Presence],
    documents: NamedDependency[DocumentStore],
    closer: NamedDependency[Closer],
    throttles: NamedDependency[Throttles],
) -> Stream:
    throttles.export(caller.user.id)
    return _zip(_while_in(caller, presence, stream_archive(documents, closer, caller.user.id)))


@post("/export/chosen", name="export_chosen", status_code=200)
async def download_chosen(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    presence: NamedDependency[Presence],
    documents: NamedDependency[DocumentStore],
    closer: NamedDependency[Closer],
    throttles: NamedDependency[Throttles],
) -> Stream:
    """The same of those that were ticked in the list."""
    throttles.export(caller.user.id)
    form = await read_form(request, Chosen, limit=MAX_FORM)
    return _zip(_while_in(caller, presence, stream_archive(documents, closer, caller.user.id, form.what())))


async def _while_in(caller: Caller, presence: Presence, pieces: AsyncGenerator[bytes, None]) -> AsyncIterator[bytes]:
    """The pieces for as long as the caller may have them. A zip without its end is seen to be none."""
    with suppress(SignedOutError):
        async for piece in presence.reading(caller, pieces):
            yield piece


def _zip(pieces: AsyncIterator[bytes]) -> Stream:
    name = f"open-chat-{datetime.now(UTC):%Y-%m-%d}.zip"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return Stream(pieces, media_type="application/zip", headers=headers)


def _writer(kind: str, public_url: str) -> Writer:
    def address(picture: DocumentPicture) -> str:
        return f"{public_url}/pictures/{picture.id}"

    return Markdown(address) if kind == "md" else PlainText(address)


def _sent(
    pieces: AsyncIterator[str] | AsyncIterator[bytes],
    document: Document,
    kind: str,
    media_type: str,
    headers: Any = None,
) -> Stream:
    """The pieces as a file with a name; HTML is kept out of the browser's window, as it did not come with our rules."""
    place = "attachment" if kind == "html" else "inline"
    name = quote(f"{document.file_name}.{kind}")
    own = {
        "content-disposition": f"{place}; filename=\"conversation.{kind}\"; filename*=UTF-8''{name}",
        "cache-control": "no-store",
        "content-type": media_type,
        **(headers or {}),
    }
    return Stream(pieces, media_type=media_type, headers=own)


documents_router = Router(
    "/", route_handlers=[show_document, show_export, download_all, download_chosen], include_in_schema=False
)
