"""What handlers of pages answer with."""

import asyncio
from collections.abc import AsyncIterator
from typing import Final, Protocol, cast

from litestar import HttpMethod, Response
from litestar.response import Redirect, Stream

from webapp.background import Turns
from webapp.web.htmx import VARY

LARGE: Final = 256_000  # characters of a page: to compress more takes long enough to be noticed by others
PIECE: Final = 64_000

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)  # pages; of an answer to HEAD the server leaves out the body


def html(body: str, headers: dict[str, str] | None = None, status: int = 200) -> Response[str]:
    """A page or fragment. No cache keeps it: it is somebody's conversation, and Back is to show it as it is now."""
    headers = {"vary": VARY, "cache-control": "no-store", **(headers or {})}
    if len(body) > LARGE:
        pieces = Stream(_pieces(body), status_code=status, media_type="text/html", headers=headers)
        return cast("Response[str]", pieces)
    return Response(body, status_code=status, media_type="text/html", headers=headers)


async def _pieces(body: str) -> AsyncIterator[bytes]:
    """A large page in pieces: each is compressed by itself, and others have their turn in between."""
    for at in range(0, len(body), PIECE):
        yield body[at : at + PIECE].encode()
        await asyncio.sleep(0)


class Held(Protocol):
    """Bytes in an object that several responses can share."""

    @property
    def data(self) -> bytes: ...


def octets(held: Held, headers: dict[str, str]) -> Response[bytes]:
    """Bytes as they are. Large ones go out in pieces, cut from the object's own bytes as they're sent.

    `headers` name the content type.
    """
    if len(held.data) <= LARGE:
        return Response(held.data, media_type=headers["content-type"], headers=headers)
    headers = {**headers, "content-length": str(len(held.data))}
    stream = Stream(_slices(held), media_type=headers["content-type"], headers=headers)
    return cast("Response[bytes]", stream)


async def _slices(held: Held) -> AsyncIterator[bytes]:
    turns = Turns()
    for at in range(0, len(held.data), PIECE):
        yield held.data[at : at + PIECE]
        await turns.pass_on()


def retry_after(seconds: float | None) -> dict[str, str]:
    """The header that says when another try makes sense; none where that isn't known."""
    return {} if seconds is None else {"retry-after": str(max(1, round(seconds)))}


def see_other(address: str) -> Redirect:
    return Redirect(address, status_code=303)
