"""Breaches of the content policy, as browsers tell of them: counted and logged, and not kept.

Anybody can send such a report, so nothing in one is believed but the name of a directive that our policy has.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from litestar import Request, Response, Router, post
from msgspec import Struct, field

from webapp.web.forms import WrongTypeError, media_type_of, read_body
from webapp.web.refusals import InvalidError
from webapp.web.security import CONTENT_POLICY, REPORTS_PATH

logger = logging.getLogger(__name__)

MAX_REPORT_BYTES: Final = 16_000
REPORTS_PER_MINUTE: Final = 60
OTHER: Final = "other"
DIRECTIVES: Final = frozenset(
    {part.split()[0] for part in CONTENT_POLICY.split(";")}
    | {f"{kind}-src-{place}" for kind in ("script", "style") for place in ("elem", "attr")}
)
_WORDS: Final = frozenset({"inline", "eval", "wasm-eval", "data", "blob", "trusted-types-policy", "trusted-types-sink"})


class _Body(Struct, rename="camel"):
    effective_directive: str = ""
    blocked_url: str = field(default="", name="blockedURL")


class _Report(Struct):
    """One of a list of application/reports+json (Reporting API)."""

    type: str = ""
    body: _Body = field(default_factory=_Body)


class _OldBody(Struct, rename="kebab"):
    effective_directive: str = ""
    violated_directive: str = ""
    blocked_uri: str = ""


class _OldReport(Struct):
    """application/csp-report (CSP 2)."""

    report: _OldBody = field(name="csp-report")


class Breach(Struct, frozen=True):
    """`directive` is one of DIRECTIVES or OTHER; `blocked` a word, or a site without what follows it."""

    directive: str
    blocked: str


def read_breaches(body: bytes, kind: str) -> list[Breach]:
    """What a report of the media type `kind` tells. Raises WrongTypeError, or InvalidError for what is no report."""
    try:
        if kind == "application/reports+json":
            reports = msgspec.json.decode(body, type=list[_Report])
            bodies = [report.body for report in reports if report.type == "csp-violation"]
            return [_breach(each.effective_directive, each.blocked_url) for each in bodies]
        if kind == "application/csp-report":
            old = msgspec.json.decode(body, type=_OldReport).report
            return [_breach(old.effective_directive or old.violated_directive, old.blocked_uri)]
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        raise InvalidError("This is no report of a browser.") from None
    raise WrongTypeError("A report is sent as application/reports+json or application/csp-report.")


def _breach(directive: str, blocked: str) -> Breach:
    name = directive.partition(" ")[0]
    return Breach(name if name in DIRECTIVES else OTHER, _site(blocked))


def _site(blocked: str) -> str:
    """Without path and query, which can hold what nobody else is to know."""
    if blocked in _WORDS:
        return blocked
    try:
        parts = urlsplit(blocked)
        host = (parts.hostname or "").encode("idna").decode()
    except (ValueError, UnicodeError):
        return OTHER
    is_site = (
        parts.scheme in ("http", "https", "ws", "wss") and host and host.replace("-", "").replace(".", "").isalnum()
    )
    return f"{parts.scheme}://{host[:100]}" if is_site else OTHER


class Reports:
    """Takes so many a minute, and lets others go: one broken page can send a thousand."""

    def __init__(self, count: Callable[[str], None], now: Callable[[], float] = time.monotonic) -> None:
        self._count = count
        self._now = now
        self._until = 0.0
        self._left = 0

    def has_room(self) -> bool:
        """Whether another may be taken; one that may is counted."""
        if self._now() >= self._until:
            self._until, self._left = self._now() + 60, REPORTS_PER_MINUTE
        self._left -= 1
        return self._left >= 0

    def take(self, breaches: list[Breach]) -> None:
        """Counts all, and logs the first: those of one report come from one page."""
        for breach in breaches:
            self._count(breach.directive)
        if breaches:
            logger.warning(
                "A browser tells of a breach of %s, by %s (%d in the report)",
                breaches[0].directive,
                breaches[0].blocked,
                len(breaches),
            )


def reports_router(count: Callable[[str], None]) -> Router:
    reports = Reports(count)

    @post("/", name="csp_reports", opt={"public": True}, include_in_schema=False)
    async def take_reports(request: Request[Any, Any, Any]) -> Response[str]:
        if not reports.has_room():
            return Response("", status_code=429, headers={"retry-after": "60"})
        reports.take(read_breaches(await read_body(request, MAX_REPORT_BYTES), media_type_of(request)))
        return Response("", status_code=204)

    return Router(REPORTS_PATH, route_handlers=[take_reports])
