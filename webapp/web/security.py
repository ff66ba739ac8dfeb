"""The gate before every route: who may ask, from where, and what a browser may do with the answer.

An ASGI wrapper and not a Litestar middleware, so that it also stands before addresses that no route answers.
"""

from collections.abc import Container, Mapping
from typing import Final

from litestar.enums import ScopeType
from litestar.types import ASGIApp, HTTPScope, Message, Receive, Scope, Send

from webapp.config import LOOPBACK, Settings
from webapp.web.operators import Operators, host_name

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
# For a platform's health checks, which know neither host nor password.
OPEN_PATHS: Final = frozenset({"/healthz", "/readyz"})
OPERATOR_PATHS: Final = frozenset({"/metrics", "/status", "/status/probe"})  # theirs alone, by whatever host name
_OPERATIONS: Final = OPEN_PATHS | OPERATOR_PATHS
# By these it is decided whether a request may pass: with two, another part of the way could have gone by the other.
_SINGLE: Final = frozenset({b"host", b"origin", b"sec-fetch-site"})
REPORTS_PATH: Final = "/csp-reports"  # where browsers tell of breaches; they do so without cookies
HSTS_SECONDS: Final = 2 * 365 * 24 * 3600

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
        "require-trusted-types-for 'script'",
        "trusted-types htmx frames",  # static/htmx/trust.js, static/js/frames.js
        "frame-ancestors {ancestors}",
    )
)
# What browsers let pages do that ours never do. Passkeys and the clipboard are used, and stay as they are.
UNUSED_FEATURES: Final = (
    "accelerometer",
    "autoplay",
    "browsing-topics",
    "camera",
    "display-capture",
    "encrypted-media",
    "fullscreen",
    "gamepad",
    "geolocation",
    "gyroscope",
    "hid",
    "identity-credentials-get",
    "idle-detection",
    "keyboard-map",
    "local-fonts",
    "magnetometer",
    "microphone",
    "midi",
    "otp-credentials",
    "payment",
    "picture-in-picture",
    "screen-wake-lock",
    "serial",
    "storage-access",
    "usb",
    "window-management",
    "xr-spatial-tracking",
)
HEADERS: Final[Mapping[str, str]] = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{feature}=()" for feature in UNUSED_FEATURES),
}
# For a document that our own pages show in a frame.
FRAMED_HEADERS: Final[Mapping[str, str]] = {
    "content-security-policy": CONTENT_POLICY.format(ancestors="'self'"),
}


def headers_for(settings: Settings) -> dict[str, str]:
    """What every answer has that does not say otherwise itself."""
    reports = settings.root + REPORTS_PATH
    policy = CONTENT_POLICY.format(ancestors="'none'") + f"; report-uri {reports}"
    if not settings.is_behind_tls:
        return {**HEADERS, "content-security-policy": policy}
    return {
        **HEADERS,
        # Who knows report-to goes by it alone, and takes endpoints over TLS alone.
        "content-security-policy": f"{policy}; report-to csp",
        "reporting-endpoints": f'csp="{reports}"',
        # Of the hosts below this one the app knows nothing: no includeSubDomains.
        "strict-transport-security": f"max-age={HSTS_SECONDS}",
    }


class Gate:
    """Refuses requests for other hosts, or sent across origins; adds the security headers.

    Who is signed in is looked up by the guard of the routes, behind it.
    """

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._hosts = settings.hosts
        self._schemes = _schemes(settings)
        self._has_accounts = settings.has_accounts
        self._title = settings.app_title
        self._operators = Operators(settings)
        self._headers = [(name.encode(), value.encode()) for name, value in headers_for(settings).items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != ScopeType.HTTP:
            return  # there are no websockets here
        guarded = self._with_headers(send)
        refusal = self._refusal(scope)
        if refusal is None:
            await self._app(scope, receive, guarded)
            return
        await _answer(guarded, *refusal)

    def _refusal(self, scope: HTTPScope) -> Refusal | None:
        """Status, sentence and headers of a refusal; None for a request that may pass."""
        single = [name for name, _ in scope["headers"] if name in _SINGLE]
        if len(single) > len(set(single)):
            return 400, "This request has the header Host, Origin or Sec-Fetch-Site twice. It takes one of each.", {}
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        if scope["path"] in _OPERATIONS:
            return self._operators_refusal(scope, headers)
        host = host_name(headers.get("host", ""))
        if host not in self._hosts:
            return (
                421,
                f"This server does not answer for the host {host[:100]!r}. If that is its address, set APP_URL.",
                {},
            )
        if scope["method"] not in SAFE_METHODS and not _is_same_origin(headers, self._schemes):
            return 403, "This request was sent by another site, and was refused.", {}
        return None

    def _operators_refusal(self, scope: HTTPScope, headers: Mapping[str, str]) -> Refusal | None:
        """Lets everybody to the open paths, and tells those behind them whether the operator asks.

        Whoever comes with a cookie may be an administrator, which the guard finds out.
        """
        is_operator = self._operators.is_one((scope.get("client") or ("", 0))[0], headers)
        scope.setdefault("state", {})["is_operator"] = is_operator
        if is_operator or scope["path"] in OPEN_PATHS or (self._has_accounts and "cookie" in headers):
            return None
        if not self._operators.has_token:
            return None if self._has_accounts else (404, "There is nothing at this address.", {})
        realm = {"www-authenticate": f'Basic realm="{self._title}: METRICS_TOKEN", charset="UTF-8"'.replace("\\", "")}
        return 401, "This address asks for METRICS_TOKEN: as Authorization: Bearer, or as a password.", realm

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


def _schemes(settings: Settings) -> frozenset[str]:
    """How people come here: as APP_URL says, which knows of the proxy in front; without it by either."""
    if not settings.app_url:
        return frozenset({"http", "https"})
    return frozenset({"https" if settings.is_behind_tls else "http"})


def _is_same_origin(headers: Mapping[str, str], schemes: Container[str]) -> bool:
    """Whether a browser sent this from one of our own pages, or no browser sent it.

    Browsers since 2023 say so in Sec-Fetch-Site, which pages cannot forge; older ones send Origin with every POST. On
    this machine itself plain HTTP leads past the proxy, and is as good.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site in ("same-origin", "none")
    origin = headers.get("origin")
    if origin is None:
        return True
    scheme, _, host = origin.lower().partition("://")
    is_ours = scheme in schemes or (scheme == "http" and host_name(host) in LOOPBACK)
    return is_ours and host == headers.get("host", "").lower()


async def _answer(send: Send, status: int, sentence: str, headers: Mapping[str, str]) -> None:
    body = (sentence + "\n").encode()
    sent = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body)), **headers}
    encoded = [(name.encode(), value.encode()) for name, value in sent.items()]
    await send({"type": "http.response.start", "status": status, "headers": encoded})
    await send({"type": "http.response.body", "body": body, "more_body": False})
