"""What the handlers of administration share: pages in their frame, and a line in the security log for each change."""

from typing import Any
from urllib.parse import urlencode

from litestar import Request, Response
from litestar.di import NamedDependency
from litestar.response import Redirect
from msgspec import Struct

from webapp.accounts.authentication import Authentication
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.users import User
from webapp.administration.pages import SECTIONS, Frame
from webapp.web.appearance import appearance_of
from webapp.web.client import Client
from webapp.web.refusals import RefusalError
from webapp.web.templating import Templates


class Desk:
    """One administrator's request."""

    def __init__(
        self,
        request: Request[Any, Any, Any],
        user: User,
        client: Client,
        templates: Templates,
        events: Events,
        *,
        has_accounts: bool,
    ) -> None:
        self.request = request
        self.user = user
        self.client = client
        self.has_accounts = has_accounts
        self._templates = templates
        self._events = events

    def frame(self, section: str, title: str = "", refusal: RefusalError | None = None) -> Frame:
        """`refusal` is what became of the form that was sent; a page that was saved is told so by its address."""
        is_saved = refusal is None and "saved" in self.request.query_params
        error = "" if refusal is None else refusal.sentence
        return Frame(section, self.has_accounts, title or SECTIONS[section], error, is_saved)

    def show(self, template: str, page: Struct, refusal: RefusalError | None = None) -> Response[str]:
        html = self._templates.render(f"administration/{template}", page, appearance_of(self.request))
        status = 200 if refusal is None else refusal.status
        return Response(html, status_code=status, media_type="text/html", headers={"cache-control": "no-store"})

    async def saved(self, place: str, kind: Kind, subject: str = "", detail: str = "") -> Redirect:
        """Keeps who has changed what, and goes on to a page that says that it is done."""
        await self.record(kind, subject, detail)
        return Redirect(f"{place}{'&' if '?' in place else '?'}saved=1", status_code=303)

    async def record(self, kind: Kind, subject: str = "", detail: str = "") -> None:
        await self._events.record(kind, self.user.name, subject, detail, self.client.address)


async def provide_desk(
    request: Request[Any, Any, Any],
    user: NamedDependency[User],
    client: NamedDependency[Client],
    authentication: NamedDependency[Authentication],
    templates: NamedDependency[Templates],
    events: NamedDependency[Events],
) -> Desk:
    """The dependency `desk` of handlers."""
    return Desk(request, user, client, templates, events, has_accounts=authentication.has_accounts)


def address_of(place: str, **query: str) -> str:
    """An address of ours with those words of a query that say something."""
    said = urlencode({name: value for name, value in query.items() if value})
    return f"{place}?{said}" if said else place
