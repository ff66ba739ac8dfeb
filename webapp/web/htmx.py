"""What htmx 4 says of a request, and what we answer it with."""

from typing import Any
from urllib.parse import urlsplit

from litestar import Request

VARY = "HX-Request, HX-Request-Type, HX-History-Restore-Request"


def wants_fragment(request: Request[Any, Any, Any]) -> bool:
    """Whether htmx asks for a part of a page; False for whole pages, those that Back brings back included."""
    return (
        request.headers.get("hx-request") == "true"
        and request.headers.get("hx-request-type") != "full"
        and request.headers.get("hx-history-restore-request") != "true"
    )


def path_of_page(request: Request[Any, Any, Any]) -> str:
    """The path of the page for which htmx asks, "" where it does not say."""
    try:
        return urlsplit(request.headers.get("hx-current-url", "")).path
    except ValueError:
        return ""
