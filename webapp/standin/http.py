"""The little of HTTP that the stand-in needs, over ASGI: a request with its body, a response that can be cut off."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Headers = Mapping[str, str]

CUT: Final = "standin.cut"
"""The ASGI extension, given by our server, that ends a connection where it stands: ``cut(reset: bool)``."""

MAX_BODY: Final = 20_000_000

JSON: Final = "application/json"

_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: object) -> bytes:
    """JSON as OpenRouter writes it: on one line, text not escaped, decimals as numbers."""
    return _encoder.encode(value)


class Request(msgspec.Struct, frozen=True):
    """A request that has come in whole. Header names are in small letters."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class LeftError(Exception):
    """The client closed the connection."""


class TooLargeError(Exception):
    """The body is over MAX_BODY bytes."""


async def read(scope: Scope, receive: Receive) -> Request:
    """The request of ``scope`` with its body. Raises LeftError or TooLargeError."""
    body = bytearray()
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise LeftError
        body += message.get("body", b"")
        if len(body) > MAX_BODY:
            raise TooLargeError
        more = message.get("more_body", False)
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
    return Request(scope["method"], scope["path"], query, headers, bytes(body))


class Connection:
    """The way back to the client of one request. Every write leaves as one HTTP chunk."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._cut: Callable[[bool], None] | None = (scope.get("extensions") or {}).get(CUT)
        self.started = False

    async def start(self, status: int, headers: Headers) -> None:
        """Sends the status line and the headers."""
        self.started = True
        pairs = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send({"type": "http.response.start", "status": status, "headers": pairs})

    async def write(self, data: bytes) -> None:
        await self._send({"type": "http.response.body", "body": data, "more_body": True})

    async def end(self) -> None:
        """Ends the response as HTTP wants it."""
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})

    async def respond(self, status: int, body: bytes, headers: Headers, content_type: str = JSON) -> None:
        """Sends a whole response."""
        length = {"content-type": content_type, "content-length": str(len(body))}
        await self.start(status, {**length, **headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    async def cut(self, *, reset: bool = False) -> None:
        """Ends the connection where it stands, without a proper end; ``reset`` sends a TCP reset."""
        if self._cut is None:
            raise RuntimeError("this server cannot cut connections")
        self._cut(reset)
        await self.left()

    async def left(self) -> None:
        """Returns when the client has gone, or the response is complete."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
