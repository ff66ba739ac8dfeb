"""The app below a path of its host, /chat for one. Inside, addresses begin at the app; outside, at the host.

Three places know the difference: this one, for requests and for the headers of answers; `root` in templates, for what
stands in pages; and scripts, which find the app's other addresses beside their own (`import.meta.url`).
"""

import re
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Message, Receive, Scope, Send

# Headers of answers that name an address of ours.
ADDRESSES: Final = frozenset(
    {b"location", b"content-location", b"hx-location", b"hx-push-url", b"hx-redirect", b"hx-replace-url"}
)

_WHOLE_HOST: Final = re.compile(rb"(; *path=)/(?=;|$)", re.IGNORECASE)


class RootPath:
    """Takes requests with the path in front of their address and without it: a proxy may strip it or leave it."""

    def __init__(self, app: ASGIApp, root: str) -> None:
        """`root` has a slash in front and none at its end; "" is the whole host."""
        self._app = app
        self._root = root
        self._prefix = root.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._root or scope["type"] != ScopeType.HTTP:
            await self._app(scope, receive, send)
            return
        if is_below(scope["path"], self._root):
            scope["path"] = scope["path"][len(self._root) :] or "/"
            scope["raw_path"] = scope["raw_path"].removeprefix(self._prefix) or b"/"

        async def send_outside(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [(name, self._outside(name, value)) for name, value in message["headers"]]
            await send(message)

        await self._app(scope, receive, send_outside)

    def _outside(self, name: bytes, value: bytes) -> bytes:
        if name == b"set-cookie":
            return _WHOLE_HOST.sub(rb"\1" + self._prefix, value)
        if name in ADDRESSES:
            return outside(value.decode("latin-1"), self._root).encode("latin-1")
        return value


def outside(address: str, root: str) -> str:
    """An address of ours as the host has it; one that is below `root` already stays, and so does another host's."""
    if not address.startswith("/") or address.startswith("//") or is_below(address, root):
        return address
    return root + address


def is_below(address: str, root: str) -> bool:
    """Whether an address, with or without a query, is that of `root` or of something below it."""
    return address.startswith(root) and address[len(root) : len(root) + 1] in ("", "/", "?", "#")
