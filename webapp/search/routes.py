"""The page of search; for htmx, what was found alone, as it is typed."""

from typing import Annotated, Any

from litestar import Request, Response, Router, route
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from webapp.accounts.users import User
from webapp.conversations.presenter import Presenter
from webapp.search.searching import Searching
from webapp.web.appearance import appearance_of
from webapp.web.htmx import wants_fragment
from webapp.web.responses import READ, html


@route("/search", http_method=READ, name="search")
async def search(
    request: Request[Any, Any, Any],
    user: NamedDependency[User],
    presenter: NamedDependency[Presenter],
    searching: NamedDependency[Searching],
    text: Annotated[str, QueryParameter(name="q")] = "",
    below: Annotated[int | None, QueryParameter(name="below")] = None,
) -> Response[str]:
    appearance, is_part = appearance_of(request), wants_fragment(request)
    page = await searching.page(user.id, text, appearance.offset, below, whole=not is_part)
    return html(presenter.render("search/results.hx.html" if is_part else "search/page.html", page, appearance))


search_router = Router("/", route_handlers=[search], include_in_schema=False)
