"""How a reader wants pages to look and to hear keys: kept in one cookie of their device, rendered into each page."""

import re
from typing import Any, Final, Literal, Self, get_args

from litestar import Request, Response, Router, post
from litestar.datastructures import Cookie
from litestar.response import Redirect
from msgspec import Struct, convert
from msgspec.structs import asdict, astuple, fields

from webapp.web.forms import read_form
from webapp.web.htmx import VARY, wants_fragment
from webapp.web.places import local_place

COOKIE: Final = "appearance"
OFFSET_COOKIE: Final = "offset"  # set by catchup.js
YEAR: Final = 365 * 24 * 3600  # seconds

_OFFSET: Final = re.compile(r"-?[0-9]{1,3}")


class Appearance(Struct, frozen=True):
    """Each choice has its default first. A cookie has the words in this order, so that a new one goes to the end."""

    theme: Literal["system", "light", "dark"] = "system"
    size: Literal["normal", "small", "large", "larger"] = "normal"
    density: Literal["comfortable", "compact"] = "comfortable"
    keys: Literal["on", "off"] = "on"

    @classmethod
    def parse(cls, cookie: str) -> Self:
        """What a cookie says; the default wherever it says nothing that there is to choose."""
        words = zip(fields(cls), cookie.split("."), strict=False)
        return convert({field.name: word for field, word in words if word in get_args(field.type)}, cls)

    def cookie(self) -> str:
        return ".".join(astuple(self))

    @property
    def attributes(self) -> dict[str, str]:
        """The attributes of a page's root element, by which styles and scripts know."""
        return {f"data-{name}": word for name, word in asdict(self).items() if name in _CHOICES}


DEFAULT: Final = Appearance()
_CHOICES: Final = frozenset(field.name for field in fields(Appearance))


class Reader(Appearance, frozen=True):
    """What was chosen, and the minutes by which the reader's clock is ahead of UTC, as a script has told."""

    offset: int = 0


UNKNOWN: Final = Reader()


def appearance_of(request: Request[Any, Any, Any]) -> Reader:
    chosen = Appearance.parse(request.cookies.get(COOKIE, ""))
    offset = request.cookies.get(OFFSET_COOKIE, "")
    return Reader(**asdict(chosen), offset=int(offset) if _OFFSET.fullmatch(offset) else 0)


@post("/appearance", name="change_appearance")
async def change_appearance(request: Request[Any, Any, Any]) -> Response[str] | Redirect:
    """Keeps what was chosen. A page with scripts shows it already; any other is shown again."""
    chosen = await read_form(request, Appearance, limit=1_000)
    cookie = Cookie(COOKIE, value=chosen.cookie(), max_age=YEAR)
    if wants_fragment(request):
        return Response("", status_code=204, headers={"vary": VARY}, cookies=[cookie])
    return Redirect(local_place(request.headers.get("referer", "")), status_code=303, cookies=[cookie])


appearance_router = Router("/", route_handlers=[change_appearance], opt={"public": True}, include_in_schema=False)
