"""HTTP under the calls to OpenRouter: the client, the request, the response as far as its status, and its bytes."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from importlib import import_module
from time import perf_counter
from typing import Any, Final
from urllib.parse import quote, urlsplit

import httpx

from webapp.config import LOOPBACK, Settings
from webapp.services import refusals
from webapp.services.errors import MissingKeyError, OpenRouterError

logger = logging.getLogger(__name__)

CONNECT_TIMEOUT: Final = 10.0
MAX_CONNECTIONS: Final = 1_000
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024
MAX_BODY_BYTES: Final = 20 * 1024 * 1024  # of an answer that is one JSON value, as for one event of a stream
MAX_ERROR_BYTES: Final = 64 * 1024
MAX_LIST_BYTES: Final = 8 * 1024 * 1024  # what is read as a whole and is no answer; OpenRouter's list has less than one
SLICE: Final = 8 * 1024  # bytes of an answer that are looked at in one go
TURN: Final = 0.002  # seconds for one answer, before it is the turn of others: a fast server never lets us wait
LONGEST_REST: Final = 0.01  # seconds for those others, who else get as long as the answer had
ERROR_BODY_TIMEOUT: Final = 5.0
LINGER: Final = 0.5  # seconds for the last bytes after [DONE], which leave the connection fit for the next call


def open_client(settings: Settings) -> httpx.AsyncClient:
    """A client fit for hundreds of streams, to be used with ``async with``.

    Proxies and certificates come from the environment as usual, but a server on this machine is not asked through a
    proxy. Redirects are not followed: they would carry the key elsewhere.
    """
    timeout = settings.openrouter_timeout
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout, connect=min(CONNECT_TIMEOUT, timeout)),
        transport=LateTransport(trust_env=urlsplit(settings.openrouter_base_url).hostname not in LOOPBACK),
    )


class LateTransport(httpx.AsyncBaseTransport):
    """AiohttpTransport, loaded with the first request and beside the event loop: no page waits for it."""

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        self._transport: httpx.AsyncBaseTransport | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._transport is None:
            transport = await asyncio.to_thread(self._load)
            self._transport = self._transport or transport
        return await self._transport.handle_async_request(request)

    async def aclose(self) -> None:
        if self._transport is not None:
            await self._transport.aclose()

    def _load(self) -> httpx.AsyncBaseTransport:
        module = import_module("webapp.services.aiohttp_transport")
        transport: httpx.AsyncBaseTransport = module.AiohttpTransport(
            max_connections=MAX_CONNECTIONS, keepalive=60.0, trust_env=self._trust_env
        )
        return transport


def headers_for(settings: Settings, key: str = "") -> dict[str, str]:
    """The key, that of the settings if none is given, and the name by which OpenRouter knows this installation.

    Raises MissingKeyError.
    """
    key = key or settings.openrouter_api_key
    if not key:
        logger.error("OPENROUTER_API_KEY is not configured")
        raise MissingKeyError
    return {
        "Authorization": f"Bearer {key}",
        "Content-Type": "application/json",
        "HTTP-Referer": quote(settings.public_url, safe=":/?#[]@!$&'()*+,;=%~"),
        "X-Title": settings.app_title,
    }


@asynccontextmanager
async def opened(
    client: httpx.AsyncClient,
    method: str,
    url: str,
    *,
    headers: Mapping[str, str],
    now: Callable[[], float],
    **content: Any,
) -> AsyncIterator[httpx.Response]:
    """A response with a status of success, its body still to be read; closed at the end of the block.

    Raises OpenRouterError for everything else. No error that leaves the block shows the key in ``headers``. ``now``
    gives the seconds since 1970.
    """
    try:
        with translated(answering=False):
            request = client.build_request(method, url, headers=headers, **content)
            response = await client.send(request, stream=True)
        async with aclosing(response):
            if not response.is_success:
                raise refusals.from_response(response, await _beginning(response), now())
            yield response
    except OpenRouterError as error:
        error.hide(headers.get("Authorization", "").removeprefix("Bearer "))
        raise


@contextmanager
def translated(*, answering: bool) -> Iterator[None]:
    """Turns httpx's errors into ours. ``answering`` once the response has begun."""
    try:
        yield
    except OpenRouterError:
        raise
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise refusals.from_exception(error, answering=answering) from error


def is_one_body(response: httpx.Response) -> bool:
    """Whether this is a JSON answer or a page and no stream; both come also where a stream was asked for."""
    content_type = response.headers.get("content-type", "").lower()
    return "json" in content_type or "html" in content_type


async def pieces_of(response: httpx.Response) -> AsyncGenerator[bytes, None]:
    """The body as it arrives, raw. Raises OpenRouterError if it is compressed, which was not asked for, or endless.

    Where it comes faster than it is used, others have their turn in between.
    """
    if response.headers.get("content-encoding", "identity") != "identity":
        raise OpenRouterError("malformed", detail="the answer is compressed, though that was not asked for")
    size = 0
    async for piece in response.aiter_raw():
        size += len(piece)
        if size > MAX_ANSWER_BYTES:
            raise _too_large(MAX_ANSWER_BYTES)
        spent = 0.0  # to wait for the piece has let others go on
        for at in range(0, len(piece), SLICE):
            began = perf_counter()
            yield piece[at : at + SLICE]
            spent += perf_counter() - began
            if spent > TURN and at + SLICE < len(piece):
                await asyncio.sleep(min(spent, LONGEST_REST))
                spent = 0.0


async def whole_body(response: httpx.Response) -> bytes:
    """The body in one. Raises OpenRouterError above MAX_LIST_BYTES."""
    return await joined(response.aiter_bytes(65_536), MAX_LIST_BYTES)


async def joined(pieces: AsyncIterator[bytes], limit: int = MAX_BODY_BYTES) -> bytes:
    """All pieces in one. Raises OpenRouterError as soon as they have more bytes than `limit`."""
    parts, size = [], 0
    async for part in pieces:
        size += len(part)
        if size > limit:
            raise _too_large(limit)
        parts.append(part)
    return b"".join(parts)


async def drain(pieces: AsyncIterator[bytes]) -> None:
    """Reads the few bytes after ``[DONE]``, so that the connection can serve the next call."""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(LINGER):
            async for _ in pieces:
                pass


def _too_large(limit: int) -> OpenRouterError:
    return OpenRouterError("malformed", detail=f"the answer is larger than {limit:,} bytes")


async def _beginning(response: httpx.Response) -> bytes:
    """The body of an error as far as it comes: what is missing of it must not hide the error."""
    body = b""
    with suppress(TimeoutError, httpx.HTTPError):
        async with asyncio.timeout(ERROR_BODY_TIMEOUT):
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) >= MAX_ERROR_BYTES:
                    break
    return body
