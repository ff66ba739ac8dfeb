"""The guard of every route: closed to whoever is not signed in, unless it says that it is public.

What a route says in its `opt`:

| `public` | for everybody |
| `accounts` | only where there are such |
| `api` | also by a token, which has to have the scope |
| `tells` | its answer has what was written, whatever its method: a token needs the scope `read` as well |
| `token` | the same for a page: who has no token is led to sign in |
| `keeps_form` | who has been signed out gets the form that they sent along to the page to sign in |
| `operator` | for administrators, and for whom the gate has found to be the operator |
| `administrator` | for those alone |
| `fresh_session` | for who has shown in the last minutes who they are; see freshness.py |
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.handlers import BaseRouteHandler

from webapp.accounts.authentication import COOKIE, Authentication
from webapp.accounts.confirming import Confirming
from webapp.accounts.freshness import OPTION, Sensitive, asked_for
from webapp.accounts.limits import Limits
from webapp.accounts.users import Caller, User
from webapp.web.bearer import carries_token
from webapp.web.client import Clients
from webapp.web.forms import has_body, read_fields, read_pairs
from webapp.web.htmx import wants_fragment
from webapp.web.reader import note_reader
from webapp.web.refusals import ForbiddenError, NotFoundError, RefusalError, SignedOutError
from webapp.web.security import SAFE_METHODS

LONGEST_FORM: Final = 8_000  # bytes of what is kept while somebody confirms who they are

AnyConnection = ASGIConnection[Any, Any, Any, Any]


class Guard:
    def __init__(
        self,
        authentication: Authentication,
        confirming: Confirming,
        limits: Limits,
        clients: Clients,
        *,
        longest_form: int = 0,
    ) -> None:
        self._authentication = authentication
        self._confirming = confirming
        self._longest_form = longest_form
        self._limits = limits
        self._clients = clients

    async def __call__(self, connection: AnyConnection, handler: BaseRouteHandler) -> None:
        """Lets the request pass, with its caller as `connection.user`, or raises RefusalError."""
        note_reader(is_administrator=False)
        if handler.opt.get("accounts") and not self._authentication.has_accounts:
            raise NotFoundError("There are no accounts here: AUTH is off.")
        if handler.opt.get("public"):
            return
        if handler.opt.get("operator") and connection.scope["state"].get("is_operator"):
            return
        caller = await self._caller(connection, handler)
        if caller is None:
            raise SignedOutError(kept=await self._kept_form(connection) if handler.opt.get("keeps_form") else None)
        _check_scopes(caller, connection.scope.get("method", "GET"), handler)
        if (handler.opt.get("operator") or handler.opt.get("administrator")) and not caller.user.is_administrator:
            raise NotFoundError("There is nothing at this address.")
        if sensitive := handler.opt.get(OPTION):
            await self._check_is_fresh(caller, sensitive, connection)
        connection.scope["user"] = caller
        note_reader(is_administrator=caller.user.is_administrator)

    async def _check_is_fresh(self, caller: Caller, sensitive: Sensitive, connection: AnyConnection) -> None:
        """Raises StaleSessionError, with the form that was sent."""
        if await self._confirming.is_fresh(caller):
            return
        request, fields = Request[Any, Any, Any](connection.scope, connection.receive), None
        if request.method not in SAFE_METHODS:
            with suppress(RefusalError):
                fields = await read_pairs(request, limit=LONGEST_FORM) if has_body(request) else []
        asked = asked_for(sensitive, caller.user.id, request.url.path, fields)
        await self._confirming.check_is_fresh(caller, asked, request.headers.get("host", ""))

    async def _kept_form(self, connection: AnyConnection) -> Mapping[str, str] | None:
        """The form of who has no scripts, which would be lost otherwise; None for what is none, or too long."""
        request = Request[Any, Any, Any](connection.scope, connection.receive)
        if wants_fragment(request):
            return None  # the page still has it
        with suppress(RefusalError):
            return await read_fields(request, limit=self._longest_form)
        return None

    async def _caller(self, connection: AnyConnection, handler: BaseRouteHandler) -> Caller | None:
        """An Authorization header counts for the API, where it wins; a token also for pages that take one."""
        header = connection.headers.get("authorization", "")
        if (handler.opt.get("api") and header) or (handler.opt.get("token") and carries_token(header)):
            caller = await self._authentication.by_authorization(header)
            if caller is None:
                await self._limits.wrong_secret("token", await self._clients.of(Request(connection.scope)))
            return caller
        return await self._authentication.by_cookie(connection.cookies.get(COOKIE, ""))


def _check_scopes(caller: Caller, method: Any, handler: BaseRouteHandler) -> None:
    """Who may write reads nothing by it, and who may read changes nothing."""
    needed = {"read" if method in SAFE_METHODS else "write"} | ({"read"} if handler.opt.get("tells") else set())
    for scope in sorted(needed):
        if not caller.may(scope):
            raise ForbiddenError(f"This token does not have the scope {scope!r}. Make one that does, in your account.")


async def provide_caller(request: Request[Any, Any, Any]) -> Caller:
    """The dependency `caller` of handlers."""
    caller: Caller = request.user
    return caller


async def provide_user(request: Request[Any, Any, Any]) -> User:
    """The dependency `user` of handlers: whoever the guard has found."""
    caller: Caller = request.user
    return caller.user
