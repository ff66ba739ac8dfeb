"""What a user has spent, as a page."""

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import HttpMethod, Request, Response, Router, route
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from webapp.accounts.budgets_store import BudgetStore
from webapp.accounts.ledger_store import Ledger
from webapp.accounts.spending import Month
from webapp.accounts.usage_pages import Usage, usage_page
from webapp.accounts.users import User
from webapp.web.appearance import appearance_of
from webapp.web.refusals import NotFoundError
from webapp.web.templating import Templates


@route("/usage", http_method=(HttpMethod.GET, HttpMethod.HEAD), name="usage")
async def show_usage(
    request: Request[Any, Any, Any],
    user: NamedDependency[User],
    ledger: NamedDependency[Ledger],
    budgets: NamedDependency[BudgetStore],
    templates: NamedDependency[Templates],
    month: Annotated[str, QueryParameter(name="month")] = "",
) -> Response[str]:
    """This month, or one that is named as 2026-11."""
    this_month = Month.of(datetime.now(UTC))
    shown = read_month(month) if month else this_month
    days, models = await ledger.days(user.id, shown), await ledger.models(user.id, shown)
    usage = Usage(shown, days, models, await ledger.months(user.id))
    page = usage_page(usage, this_month, await budgets.standing(user.id))
    body = templates.render("accounts/usage.html", page, appearance_of(request))
    return Response(body, media_type="text/html", headers={"cache-control": "no-store"})


def read_month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFoundError("There is no such month. One is written as 2026-11.") from None


usage_router = Router("/", route_handlers=[show_usage], include_in_schema=False)
