"""What handlers of pages answer with."""

from typing import Final

from litestar import HttpMethod, Response
from litestar.response import Redirect

from webapp.web.htmx import VARY

READ: Final = (HttpMethod.GET, HttpMethod.HEAD)  # pages; of an answer to HEAD the server leaves out the body


def html(body: str, headers: dict[str, str] | None = None, status: int = 200) -> Response[str]:
    """A page or fragment. No cache keeps it: it is somebody's conversation, and Back is to show it as it is now."""
    headers = {"vary": VARY, "cache-control": "no-store", **(headers or {})}
    return Response(body, status_code=status, media_type="text/html", headers=headers)


def retry_after(seconds: float | None) -> dict[str, str]:
    """The header that says when another try makes sense; none where that isn't known."""
    return {} if seconds is None else {"retry-after": str(max(1, round(seconds)))}


def see_other(address: str) -> Redirect:
    return Redirect(address, status_code=303)
