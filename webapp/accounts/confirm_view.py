"""The page on which somebody confirms that it's them, and what comes after it."""

from typing import Any, Final
from urllib.parse import quote

from litestar import Request, Response
from litestar.response import Redirect

from webapp.accounts.confirming import Confirming
from webapp.accounts.freshness import Asked, OwnWays, StaleSessionError, pack
from webapp.accounts.pages import ConfirmedPage, ConfirmPage
from webapp.accounts.routes import plain_page, session_cookie
from webapp.accounts.users import Caller
from webapp.web.refusals import RefusalError
from webapp.web.security import SAFE_METHODS
from webapp.web.templating import Templates

TITLE: Final = "Confirm that it's you"

AnyRequest = Request[Any, Any, Any]


class ConfirmView:
    """Makes the page, and the one after it."""

    def __init__(self, templates: Templates, confirming: Confirming) -> None:
        self._templates = templates
        self._confirming = confirming

    def __call__(self, request: AnyRequest, error: StaleSessionError) -> Response[str] | Redirect:
        """What who signed in too long ago gets: the page where they confirm that it's them, with what they sent."""
        if request.method in SAFE_METHODS:
            return Redirect(f"/confirm?next={quote(error.asked.place)}", status_code=303)
        return self._page(request, error.name, error.asked, error.ways, "", error)

    async def show(
        self, request: AnyRequest, caller: Caller, asked: Asked, refusal: RefusalError | None = None
    ) -> Response[str]:
        ways = await self._confirming.ways(caller, request.headers.get("host", ""))
        return self._page(request, caller.user.name, asked, ways, refusal.sentence if refusal else "", refusal)

    def go_on(self, request: AnyRequest, caller: Caller, asked: Asked, secret: str) -> Response[str] | Redirect:
        """To the form that was sent, ready to be sent again, or to the page that has it."""
        cookies = [session_cookie(secret)]
        if not asked.to or not asked.is_of(caller.user.id):
            return Redirect(asked.place, status_code=303, cookies=cookies)
        answer = plain_page(request, self._templates, "accounts/confirmed.html", ConfirmedPage("Thank you", asked))
        answer.cookies = cookies
        return answer

    def _page(
        self, request: AnyRequest, name: str, asked: Asked, ways: OwnWays, error: str, refusal: RefusalError | None
    ) -> Response[str]:
        page = ConfirmPage(TITLE, name, asked, pack(asked), ways, error)
        return plain_page(request, self._templates, "accounts/confirm.html", page, refusal)
