"""The cookie by which what was begun in a browser is ended in the same one; see `RoundTrips`."""

import re
from typing import Any, Final

from litestar import Request, Response
from litestar.datastructures import Cookie

from webapp.accounts.round_trips import LIFETIME
from webapp.accounts.secret import new_secret

COOKIE: Final = "browser"
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")


def browser_of(request: Request[Any, Any, Any]) -> str:
    """The browser's secret: the one that it has, so that several tabs can be on their way at once, or a new one."""
    found = request.cookies.get(COOKIE, "")
    return found if _SECRET.fullmatch(found) else new_secret()


def remembered(response: Response[str], browser: str) -> Response[str]:
    """The response, by which the browser keeps its secret as long as a round trip may take."""
    seconds = round(LIFETIME.total_seconds())
    response.set_cookie(Cookie(COOKIE, value=browser, path="/", max_age=seconds, httponly=True, samesite="lax"))
    return response
