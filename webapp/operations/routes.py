"""What platforms and operators ask for."""

from typing import Any, Final

import msgspec
from litestar import HttpMethod, MediaType, Request, Response, Router, get, route
from litestar.di import NamedDependency
from litestar.response import Stream
from msgspec import Struct

from webapp.operations.checks import Level, Reported
from webapp.operations.metrics import CONTENT_TYPE, Metrics
from webapp.operations.probe import pieces
from webapp.operations.readiness import Readiness, Report
from webapp.operations.status import Status
from webapp.web.appearance import appearance_of
from webapp.web.operators import is_operator
from webapp.web.sse import event_stream
from webapp.web.templating import Templates

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)
UNCACHED: Final = {"cache-control": "no-store"}

AnyRequest = Request[Any, Any, Any]


class Line(Struct, frozen=True, omit_defaults=True):
    """A finding for machines."""

    level: Level
    required: bool
    says: str
    remedy: str = ""


@route("/healthz", http_method=READ, opt={"public": True})
async def healthz() -> Response[str]:
    """Alive: the process answers. Open to all, for a platform's health check."""
    return Response("ok\n", media_type=MediaType.TEXT, headers=UNCACHED)


@route("/readyz", http_method=READ, opt={"public": True})
async def readyz(request: AnyRequest, readiness: NamedDependency[Readiness]) -> Response[bytes]:
    """Ready: the process can do its work. 503 where it cannot. Why is told to the operator alone."""
    detailed = is_operator(request)
    report = await readiness.report(detailed=detailed)
    told: dict[str, Any] = {"status": _status(report)}
    if detailed:
        told["checks"] = {one.name: _line(one) for one in report.checks}
    return Response(
        msgspec.json.encode(told) + b"\n",
        status_code=200 if report.is_ready else 503,
        media_type=MediaType.JSON,
        headers=UNCACHED,
    )


@route("/metrics", http_method=READ, opt={"operator": True})
async def show_metrics(metrics: NamedDependency[Metrics]) -> Response[bytes]:
    """Figures for Prometheus. For operators and administrators."""
    return Response(metrics.text(), headers={**UNCACHED, "content-type": CONTENT_TYPE})


@route("/status", http_method=READ, opt={"operator": True})
async def show_status(
    request: AnyRequest, status: NamedDependency[Status], templates: NamedDependency[Templates]
) -> Response[str]:
    """How everything is, for people. For operators and administrators."""
    page = await status.page(request.headers.get("host", ""))
    html = templates.render("operations/status.html", page, appearance_of(request))
    return Response(html, media_type=MediaType.HTML, headers=UNCACHED)


@get("/status/probe", opt={"operator": True})
async def stream_probe() -> Stream:
    return event_stream(pieces())


def _status(report: Report) -> str:
    if report.is_draining:
        return "draining"
    return "ready" if report.is_ready else "not ready"


def _line(one: Reported) -> Line:
    return Line(one.finding.level, one.is_required, one.finding.says, one.finding.remedy)


operations_router = Router(
    "/", route_handlers=[healthz, readyz, show_metrics, show_status, stream_probe], include_in_schema=False
)
