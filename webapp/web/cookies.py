"""Cookies as browsers keep them: armed on their way out, and stripped of what armed them on their way in.

Inside, a cookie has its plain name and no flags, so that none can be forgotten; nothing else knows of the prefix.
"""

from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from webapp.config import Settings

ALWAYS: Final = ("Path=/", "HttpOnly", "SameSite=Lax")

_REPLACED: Final = frozenset({b"path", b"domain", b"httponly", b"samesite", b"secure"})


class Cookies:
    """Gives each cookie its flags and, behind TLS, the prefix that a browser holds it to (RFC 6265bis, 4.1.3).

    `__Host-` where the app has the whole host: no other host and no plain connection can have set it. Below a path it
    is `__Secure-`, as the other would need the path / and show the cookie to all that the host has. A cookie that comes
    without the prefix is none of ours then, and is not seen inside. Each is for the whole app and for its host alone,
    whatever path or domain the one who set it asked for: a browser drops a `__Host-` cookie that says otherwise.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._flags = (*ALWAYS, "Secure") if settings.is_behind_tls else ALWAYS
        self._prefix = prefix_of(settings).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if self._prefix:
            self._take_ours(scope)

        async def send_armed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, self._armed(value) if name == b"set-cookie" else value) for name, value in message["headers"]
                ]
            await send(message)

        await self._app(scope, receive, send_armed)

    def _take_ours(self, scope: HTTPScope) -> None:
        """Leaves the cookies with our prefix, without it."""
        headers, ours = [], []
        for name, value in scope["headers"]:
            if name != b"cookie":
                headers.append((name, value))
                continue
            pairs = (pair.strip() for pair in value.split(b";"))
            ours += [pair.removeprefix(self._prefix) for pair in pairs if pair.startswith(self._prefix)]
        scope["headers"] = [*headers, (b"cookie", b"; ".join(ours))] if ours else headers

    def _armed(self, cookie: bytes) -> bytes:
        pair, *attributes = (part.strip() for part in cookie.split(b";"))
        kept = [part for part in attributes if part.partition(b"=")[0].strip().lower() not in _REPLACED]
        return b"; ".join([self._prefix + pair, *(flag.encode() for flag in self._flags), *kept])


def prefix_of(settings: Settings) -> str:
    if not settings.is_behind_tls:
        return ""
    return "__Secure-" if settings.root else "__Host-"
