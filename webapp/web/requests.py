"""Around every request, refused ones included: an id, a line in the log, and a word to whoever counts."""

import logging
import re
import secrets
import time
from collections.abc import Callable
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send
from msgspec import Struct

from webapp.web.context import bound

logger = logging.getLogger(__name__)

ID_HEADER: Final = b"x-request-id"
NO_ROUTE: Final = "none"
_SANE_ID: Final = re.compile(rb"[A-Za-z0-9][A-Za-z0-9._:-]{3,99}")
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines: a line for each would hide the others.
_QUIET_ROUTES: Final = frozenset({"/healthz", "/readyz", "/metrics"})


class Served(Struct, frozen=True):
    """A request that was answered.

    `route` is its template or NO_ROUTE: an address itself may hold what nobody else is to know, and there are endlessly
    many. `seconds` lead to the end of the response, or, for a stream, to its beginning.
    """

    method: str
    route: str
    status: int
    seconds: float
    size: int


class Requests:
    """The outermost part of the application."""

    def __init__(self, app: ASGIApp, observe: Callable[[Served], None]) -> None:
        self._app = app
        self._observe = observe

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        response = _Response(send, request_id)
        with bound(request_id=request_id):
            try:
                await self._app(scope, receive, response.send)
            finally:
                self._tell(scope, response)

    def _tell(self, scope: HTTPScope, response: "_Response") -> None:
        now = time.perf_counter()
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = scope.get("path_template") or NO_ROUTE
        until = response.began_at if response.is_stream else now
        self._observe(Served(method, route, response.status, until - response.asked_at, response.size))
        level = logging.DEBUG if route in _QUIET_ROUTES else logging.INFO
        if not logger.isEnabledFor(level):
            return
        milliseconds = round((now - response.asked_at) * 1000, 1)
        fields = {
            "method": method,
            "route": route,
            "status": response.status,
            "duration_ms": milliseconds,
            "bytes": response.size,
        }
        with bound(**_ids(scope)):
            logger.log(
                level,
                "%s %s: %d, %s ms, %d bytes",
                method,
                route,
                response.status,
                milliseconds,
                response.size,
                extra={"fields": fields},
            )


class _Response:
    """What becomes of a response on its way out. `status` is 499 as long as nothing was answered."""

    def __init__(self, send: Send, request_id: str) -> None:
        self.asked_at = self.began_at = time.perf_counter()
        self.status = 499
        self.size = 0
        self.is_stream = False
        self._send = send
        self._request_id = request_id.encode()

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.body":
            self.size += len(message["body"])
        elif message["type"] == "http.response.start":
            self.began_at = time.perf_counter()
            self.status = message["status"]
            headers = list(message["headers"])
            self.is_stream = not any(name.lower() == b"content-length" for name, _ in headers)
            message["headers"] = [*headers, (ID_HEADER, self._request_id)]
        await self._send(message)


def _request_id(scope: HTTPScope) -> str:
    """The id that a proxy in front gave the request, if it looks like one; else a new one."""
    given = next((value for name, value in scope["headers"] if name == ID_HEADER), b"")
    return given.decode() if _SANE_ID.fullmatch(given) else secrets.token_hex(8)


def _ids(scope: HTTPScope) -> dict[str, str]:
    """The conversation and the message that the address names."""
    parameters = scope.get("path_params") or {}
    names = {"conversation_id": "conversation_id", "reply_id": "message_id"}
    return {name: str(parameters[one]) for name, one in names.items() if one in parameters}
