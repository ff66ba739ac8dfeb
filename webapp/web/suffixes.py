"""Addresses with an ending, as /c/1a2b....md: the router knows whole parts of a path only."""

import re
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

_DOCUMENT: Final = re.compile(r"(/c/[0-9a-fA-F-]{36})\.([a-z]{1,8})")


class Suffixes:
    """Turns the ending of a conversation's address into a part of its path: /c/1a2b.../document/md."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _DOCUMENT.fullmatch(scope["path"]) if scope["type"] == ScopeType.HTTP else None
        if found:
            path = f"{found[1]}/document/{found[2]}"
            scope["path"], scope["raw_path"] = path, path.encode()
        await self._app(scope, receive, send)
