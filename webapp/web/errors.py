"""Refusals and failures as answers: one place that turns them into words and HTTP."""

import logging
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any, Protocol, runtime_checkable
from urllib.parse import quote

import msgspec
from litestar import Litestar, Request, Response
from litestar.exceptions import HTTPException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.datastructures import ResponseSpec
from litestar.response import Redirect
from msgspec import Meta, Struct

from webapp.web.appearance import appearance_of
from webapp.web.bearer import carries_token
from webapp.web.htmx import wants_fragment
from webapp.web.places import local_place
from webapp.web.refusals import RefusalError, SignedOutError
from webapp.web.templating import Templates

logger = logging.getLogger(__name__)


class Problem(Struct, frozen=True, omit_defaults=True):
    """An error of the JSON API (RFC 9457). `detail` is a sentence for people, `code` a stable word for programs."""

    status: Annotated[int, Meta(examples=[404])]
    title: Annotated[str, Meta(examples=["Not Found"])]
    detail: Annotated[str, Meta(examples=["There is no such conversation. It may have been deleted."])]
    code: Annotated[str, Meta(examples=["not_found"])]
    type: str = "about:blank"


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """What OpenAPI says of the refusals of a route, beside those of whoever may not use it."""
    return {
        status: ResponseSpec(
            Problem,
            generate_examples=False,
            media_type="application/problem+json",
            description=HTTPStatus(status).phrase,
        )
        for status in (401, 403, *statuses)
    }


class ErrorPage(Struct, frozen=True):
    """`sign_in` is the address to sign in at, "" where that is not what is missing."""

    status: int
    title: str
    sentence: str
    sign_in: str = ""


# What Litestar itself refuses, in our words.
_SENTENCES: Mapping[int, str] = {
    400: "The request is not in a form that this server takes.",
    404: "There is nothing at this address.",
    405: "This address does not take requests of that kind.",
    413: "That is more than this server takes at once.",
    415: "The content type of the request is not one that this address takes.",
}
_TITLES: Mapping[int, str] = {404: "Not found", 500: "Something went wrong"}
_INTERNAL = "Something went wrong here."
_AWAY = "The database does not answer just now."
_GONE = "client disconnected prematurely"  # what Litestar says of a body that broke off, as a failure of its own


@runtime_checkable
class Outage(Protocol):
    """A failure of something that the app needs, with its sentence for the reader. It is in the log already.

    `retry_after`: seconds until another try makes sense; None where it makes none. That one can try again isn't part
    of `sentence`.
    """

    sentence: str
    retry_after: float | None


class ErrorHandler:
    """Litestar's exception handler: problem+json for the API, a fragment for htmx, else a page; never a traceback."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates

    def __call__(self, request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        if isinstance(error, SignedOutError) and _is_whole_page(request):
            return Redirect(_sign_in_address(request), status_code=303)
        status, code, sentence, retry_after = _described(request, error)
        headers = {} if retry_after is None else {"retry-after": str(max(1, round(retry_after)))}
        if status == 401 and _is_api(request):
            headers["www-authenticate"] = "Bearer"
        if status == 405 and isinstance(error, HTTPException) and error.headers:
            headers["allow"] = ", ".join(sorted(error.headers["allow"].split(", ")))
        title = HTTPStatus(status).phrase if _is_api(request) else _TITLES.get(status, "That did not work")
        if _is_api(request):
            problem = Problem(status, title, sentence, code)
            return _response(msgspec.json.encode(problem), status, "application/problem+json", headers)
        template = "errors/_refusal.html" if wants_fragment(request) else "errors/page.html"
        page = ErrorPage(status, title, sentence, _sign_in_address(request) if status == 401 else "")
        html = self._templates.render(template, page, appearance_of(request))
        return _response(html.encode(), status, "text/html; charset=utf-8", headers)


def _sign_in_address(request: Request[Any, Any, Any]) -> str:
    """Where to sign in, and to come back from: to the page that is asked for, or on whose behalf htmx asks."""
    page = request.headers.get("hx-current-url", "")
    if not page and request.method in ("GET", "HEAD"):
        page = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    place = quote(local_place(page), safe="/?=&-._~%")
    return f"/login?next={quote(place, safe='/')}"


def _described(request: Request[Any, Any, Any], error: Exception) -> tuple[int, str, str, float | None]:
    """Status, stable word, sentence, and seconds until another try makes sense."""
    if isinstance(error, RefusalError):
        return error.status, error.code, error.sentence, error.retry_after
    if isinstance(error, HTTPException) and error.status_code < 500:
        sentence = _SENTENCES.get(error.status_code, HTTPStatus(error.status_code).phrase + ".")
        if _is_api(request) and error.status_code == 400:
            sentence = _api_sentence(error)
        return error.status_code, HTTPStatus(error.status_code).name.lower(), sentence, None
    if isinstance(error, HTTPException) and error.detail == _GONE:
        return 400, "bad_request", "The request broke off before its end.", None
    if isinstance(error, RecursionError):
        return 400, "bad_request", _SENTENCES[400], None
    if isinstance(error, ConnectionError) and isinstance(error, Outage):
        sentence = error.sentence if error.retry_after is None else f"{error.sentence} {_again(request)}"
        return 503, "unavailable", sentence, error.retry_after
    if isinstance(error, ConnectionError):
        logger.warning("%s %s failed, the database is away: %s", request.method, _route(request), error)
        return 503, "unavailable", f"{_AWAY} {_again(request)}", 5
    logger.error("%s %s failed", request.method, _route(request), exc_info=error)
    return 500, "internal", f"{_INTERNAL} {_again(request)}", None


def _again(request: Request[Any, Any, Any]) -> str:
    """What to do about a failure that passes. A browser still has what a page sent; what a program has, it knows."""
    if request.method in ("GET", "HEAD") or _is_api(request):
        return "Try again in a moment."
    return "What you sent is still in your browser; try again in a moment."


def _route(request: Request[Any, Any, Any]) -> str:
    """The route's template: an address itself may hold what nobody else is to know."""
    return request.scope.get("path_template") or "(no route)"


def _api_sentence(error: HTTPException) -> str:
    """What was wrong with a body or a parameter, as the decoder puts it."""
    extra = error.extra if isinstance(error.extra, list) else []
    reasons = [f"{one['key']}: {one['message']}" if one.get("key") else str(one["message"]) for one in extra]
    return "; ".join(reasons) or error.detail


def _is_api(request: Request[Any, Any, Any]) -> bool:
    handler: object = request.scope.get("route_handler")
    if isinstance(handler, HTTPRouteHandler) and (handler.opt.get("api") or _is_by_token(request, handler)):
        return True
    accepted = request.headers.get("accept", "")
    if "application/json" in accepted:
        return True
    return handler is None and "text/html" not in accepted and _is_program(request)


def _is_program(request: Request[Any, Any, Any]) -> bool:
    """Whether a request that leads nowhere was one of a program: it has a token, or meant an address of the API."""
    if carries_token(request.headers.get("authorization", "")):
        return True
    return not wants_fragment(request) and request.url.path.strip("/").partition("/")[0] in _api_folders(request.app)


@cache
def _api_folders(app: Litestar) -> frozenset[str]:
    """The first parts of the API's addresses."""
    routes = [
        route for route in app.routes for handler in getattr(route, "route_handlers", ()) if handler.opt.get("api")
    ]
    return frozenset(route.path.strip("/").partition("/")[0] for route in routes)


def _is_by_token(request: Request[Any, Any, Any], handler: HTTPRouteHandler) -> bool:
    return bool(handler.opt.get("token")) and carries_token(request.headers.get("authorization", ""))


def _is_whole_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a browser asks for a page to show in place of the one that it has."""
    return request.method in ("GET", "HEAD") and not wants_fragment(request) and _wants_html(request)


def _wants_html(request: Request[Any, Any, Any]) -> bool:
    return not _is_api(request) and "text/event-stream" not in request.headers.get("accept", "")


def _response(body: bytes, status: int, media_type: str, headers: dict[str, str]) -> Response[bytes]:
    return Response(
        body,
        status_code=status,
        media_type=media_type,
        headers={**headers, "content-type": media_type, "cache-control": "no-store"},
    )
