"""httpx over aiohttp's connections: the same client, at well under half of the CPU time for each piece of a stream."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Final
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx
from yarl import URL

WATCH_INTERVAL: Final = 0.5  # seconds

# The first that fits is meant, so that the special ones stand before the general ones.
_ERRORS: Final[tuple[tuple[type[Exception], type[httpx.TransportError]], ...]] = (
    (aiohttp.ConnectionTimeoutError, httpx.ConnectTimeout),
    (aiohttp.ServerTimeoutError, httpx.ReadTimeout),
    (aiohttp.ClientProxyConnectionError, httpx.ProxyError),
    (aiohttp.ClientHttpProxyError, httpx.ProxyError),
    (aiohttp.ClientConnectorError, httpx.ConnectError),
    (aiohttp.InvalidURL, httpx.UnsupportedProtocol),
    (aiohttp.ServerDisconnectedError, httpx.RemoteProtocolError),
    (aiohttp.ClientResponseError, httpx.RemoteProtocolError),
    (aiohttp.ClientError, httpx.ReadError),
)


class AiohttpTransport(httpx.AsyncBaseTransport):
    """Sends httpx's requests through one aiohttp session, which begins with the first of them.

    Proxies come from the environment if ``trust_env`` is set, looked up for each request. Making one reads the
    certificates, which takes some 20 ms: do it beside the event loop.
    """

    def __init__(self, *, max_connections: int, keepalive: float, trust_env: bool) -> None:
        self._max_connections = max_connections
        self._keepalive = keepalive
        self._trust_env = trust_env
        self._ssl = httpx.create_ssl_context(trust_env=trust_env)  # httpx's own choice of certificates
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self._session = self._session or self._new_session()
        timeout = request.extensions.get("timeout", {})
        with _translated():
            response = await self._session.request(
                request.method,
                URL(str(request.url), encoded=True),
                headers=request.headers.multi_items(),
                data=await request.aread() or None,
                allow_redirects=False,
                proxy=_proxy_for(request.url) if self._trust_env else None,
                timeout=aiohttp.ClientTimeout(
                    connect=timeout.get("pool"), sock_connect=timeout.get("connect"), sock_read=timeout.get("read")
                ),
            )
        return httpx.Response(response.status, headers=list(response.raw_headers), stream=_Body(response))

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _new_session(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=self._max_connections,
            keepalive_timeout=self._keepalive,
            ssl=self._ssl,
        )
        return aiohttp.ClientSession(
            connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
        )


def _proxy_for(url: httpx.URL) -> str | None:
    """The environment's proxy for an address. aiohttp's own look-up would also take a password out of ~/.netrc."""
    return None if proxy_bypass(url.host) else getproxies().get(url.scheme)


class _Body(httpx.AsyncByteStream):
    """A response's body. Closing it before its end closes the connection."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        self._watch()
        with _translated():
            while piece := await content.readany():
                yield piece

    async def aclose(self) -> None:
        self._response.release()

    def _watch(self) -> None:
        """Looks at the connection now and then, until the body has come or was closed.

        When the framing of a body is broken, aiohttp 3.14 closes the connection, tells the reader nothing and drops its
        timeout, so that it would wait for ever.
        """
        connection = self._response.connection
        if connection is None:
            return
        if not connection.closed:
            asyncio.get_running_loop().call_later(WATCH_INTERVAL, self._watch)
        elif self._response.content.exception() is None:
            self._response.content.set_exception(aiohttp.ClientPayloadError("the connection was closed"))


@contextmanager
def _translated() -> Iterator[None]:
    """Turns aiohttp's errors into httpx's."""
    try:
        yield
    except aiohttp.ClientError as error:
        kind = next(kind for ours, kind in _ERRORS if isinstance(error, ours))
        raise kind(str(error) or type(error).__name__) from error
