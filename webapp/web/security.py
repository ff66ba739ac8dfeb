"""The gate before every route: who may ask, from where, and what a browser may do with the answer.

An ASGI wrapper and not a Litestar middleware, so that it also stands before addresses that no route answers.
"""

import asyncio
import base64
import binascii
import hmac
import logging
from collections.abc import Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from webapp.config import Settings

logger = logging.getLogger(__name__)

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
OPEN_PATHS: Final = frozenset({"/healthz"})  # for a platform's health check, which knows neither host nor password

GUESSES_AT_ONCE: Final = 5
MAX_GUESSING: Final = 50

Refusal = tuple[int, str, dict[str, str]]  # status, sentence, headers

CONTENT_POLICY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors {ancestors}",
    )
)
HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": CONTENT_POLICY.format(ancestors="'none'"),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# For a document that our own pages show in a frame.
FRAMED_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": CONTENT_POLICY.format(ancestors="'self'"),
}


class Gate:
    """Refuses requests for other hosts, without the password, or sent across origins; adds the security headers."""

    def __init__(self, app: ASGIApp, settings: Settings, *, guess_seconds: float = 1.0) -> None:
        """A wrong password is answered after `guess_seconds`, GUESSES_AT_ONCE of them at a time."""
        self._app = app
        self._guess_seconds = guess_seconds
        self._guesses = asyncio.Semaphore(GUESSES_AT_ONCE)
        self._guessing = 0
        self._hosts = settings.hosts
        self._password = settings.access_password.encode()
        self._title = settings.app_title
        self._headers = [(name.encode(), value.encode()) for name, value in HEADERS.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return  # there are no websockets here
        guarded = self._with_headers(send)
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, guarded)
            return
        if refusal[0] == 401 and (b"authorization" in dict(scope["headers"])):
            refusal = await self._slowed_down(refusal)
        await _answer(guarded, *refusal)

    async def _slowed_down(self, refusal: Refusal) -> Refusal:
        """A wrong password waits, a few at a time: guessing takes years then. The right one never comes here."""
        if self._guessing >= MAX_GUESSING:
            return 429, "Too many wrong passwords. Try again in a minute.", {"retry-after": "60"}
        self._guessing += 1
        try:
            async with self._guesses:
                await asyncio.sleep(self._guess_seconds)
        finally:
            self._guessing -= 1
        logger.warning("A wrong password was sent")
        return refusal

    def _refusal(self, scope: HTTPScope) -> Refusal | None:
        """Status, sentence and headers of a refusal; None for a request that may pass."""
        if scope["path"] in OPEN_PATHS:
            return None
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        host = _host_name(headers.get("host", ""))
        if host not in self._hosts:
            return (
                421,
                f"This server does not answer for the host {host[:100]!r}. If that is its address, set APP_URL.",
                {},
            )
        if self._password and not self._knows_password(headers.get("authorization", "")):
            realm = {"www-authenticate": f'Basic realm="{self._title}", charset="UTF-8"'.replace("\\", "")}
            return 401, "This server asks for its password. Any user name will do.", realm
        if scope["method"] not in SAFE_METHODS and not _is_same_origin(headers):
            return 403, "This request was sent by another site, and was refused.", {}
        return None

    def _knows_password(self, authorization: str) -> bool:
        scheme, _, credentials = authorization.partition(" ")
        try:
            given = base64.b64decode(credentials, validate=True).partition(b":")[2]
        except (binascii.Error, ValueError):
            return False
        return scheme.lower() == "basic" and hmac.compare_digest(given, self._password)

    def _with_headers(self, send: Send) -> Send:
        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                own = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(header for header in self._headers if header[0] not in own),
                ]
            await send(message)

        return send_guarded


def _host_name(host: str) -> str:
    """The name in a Host header, in small letters, without the port."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.strip("[]").lower()


def _is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a browser sent this from one of our own pages, or no browser sent it.

    Browsers since 2023 say so in Sec-Fetch-Site, which pages cannot forge; older ones send Origin with every POST.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is None or origin.lower().partition("://")[2] == headers.get("host", "").lower()


async def _answer(send: Send, status: int, sentence: str, headers: Mapping[str, str]) -> None:
    body = (sentence + "\n").encode()
    sent = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **headers}
    encoded = [(name.encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})
