"""The page on the way in, for who has to know something first."""

from typing import Final

from litestar import Response, Router, route
from litestar.di import NamedDependency
from litestar.response import Redirect

from webapp.accounts.notices import Notices
from webapp.accounts.pages import NoticesPage
from webapp.accounts.routes import NOTICES, READ, AnyRequest, Next, plain_page
from webapp.accounts.users import User
from webapp.web.places import local_place
from webapp.web.templating import Templates


@route(NOTICES, http_method=READ, name="notices", opt={"accounts": True})
async def show_notices(
    request: AnyRequest,
    user: NamedDependency[User],
    notices: NamedDependency[Notices],
    templates: NamedDependency[Templates],
    next_place: Next = "/",
) -> Response[str] | Redirect:
    """Where there is nothing to know one goes on at once."""
    found = await notices.of(user)
    if not found:
        return Redirect(local_place(next_place), status_code=303)
    page = NoticesPage("Before you go on", found, local_place(next_place))
    return plain_page(request, templates, "accounts/notices.html", page)


notices_router: Final = Router("/", route_handlers=[show_notices], include_in_schema=False)
