"""OPTIONS: all methods of an address. Litestar tells those of one of the handlers there."""

from collections.abc import Sequence
from typing import Any

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.exceptions import HTTPException
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.utils.path import normalize_path

NO_METHOD: Any = "NONE"  # which no address takes


class Methods:
    def __init__(self, app: ASGIApp, routes: Litestar) -> None:
        """`routes` has the addresses that `app` answers at."""
        self._app = app
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP or scope["method"] != "OPTIONS":
            await self._app(scope, receive, send)
            return
        allowed = ", ".join(sorted(self._methods(scope["path"]))).encode()

        async def send_all(message: Message) -> None:
            if message["type"] == "http.response.start" and message["status"] == 204 and allowed:
                others = [header for header in message["headers"] if header[0].lower() != b"allow"]
                message["headers"] = [*others, (b"allow", allowed)]
            await send(message)

        await self._app(scope, receive, send_all)

    def _methods(self, path: str) -> Sequence[str]:
        try:
            self._routes.asgi_router.handle_routing(normalize_path(path), NO_METHOD)
        except HTTPException as refusal:
            return (refusal.headers or {}).get("allow", "").split(", ")
        return ()
