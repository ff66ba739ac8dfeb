"""The stand-in as an ASGI application: OpenRouter's routes under /api/v1, controls for tests under /standin."""

import re
from collections.abc import Awaitable, Callable
from typing import Any, Final
from urllib.parse import unquote

from msgspec import Struct

from webapp.standin import http
from webapp.standin.account import Account
from webapp.standin.completions import Completions
from webapp.standin.control import Control
from webapp.standin.errors import ApiError
from webapp.standin.http import Connection, Receive, Request, Scope, Send
from webapp.standin.journal import Journal
from webapp.standin.listing import list_models
from webapp.standin.sign_in import SignIns
from webapp.standin.steps import Closing

API: Final = "/api/v1"

Handler = Callable[[Request], Awaitable[object]]


# A page of another site that made its name lead here (DNS rebinding) still asks for its own name.
_LOOPBACK = re.compile(r"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)


class Options(Struct, frozen=True, kw_only=True):
    """How a stand-in behaves.

    ``list_failures`` puts the failure models and scripts into GET /models; ``generation_delay`` is the time in seconds
    before GET /generation knows an answer. ``controls`` opens /standin/ to tests: it tells what was asked.
    """

    tokens_per_second: float = 60.0
    closing: Closing = "repeated"
    list_failures: bool = False
    generation_delay: float = 0.25
    controls: bool = False


class App:
    """The ASGI callable."""

    def __init__(self, options: Options) -> None:
        self._journal = journal = Journal()
        self._account = Account(options.generation_delay)
        self._completions = Completions(journal, self._account, options.tokens_per_second, options.closing)
        self._list_failures = options.list_failures
        self._sign_ins = SignIns()
        control = Control(journal, self._completions)
        self._routes: list[tuple[str, str, Handler]] = [
            ("GET", f"{API}/models", self._models),
            ("GET", f"{API}/models/user", self._models_of_user),
            ("GET", f"{API}/model/.+", self._model),
            ("GET", f"{API}/(?:key|auth/key)", self._key),
            ("GET", f"{API}/credits", self._credits),
            ("GET", f"{API}/generation", self._generation),
            ("POST", f"{API}/auth/keys", self._sign_ins.exchange),
        ]
        if options.controls:
            self._routes += [
                ("PUT", "/standin/scripts/[^/]*", control.register),
                ("POST", "/standin/gates", control.open),
                ("GET", "/standin/requests", control.requests),
                ("GET", "/standin/wait", control.wait),
                ("POST", "/standin/reset", control.reset),
            ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = Connection(scope, receive, send)
        try:
            await self._handle(await http.read(scope, receive), connection)
        except http.LeftError:
            pass
        except http.TooLargeError:
            await _refuse(connection, ApiError(413, "The request body is too large."))
        except ApiError as error:
            await _refuse(connection, error)

    def stop(self) -> None:
        """Cuts off all answers that are going on, and ends all waiting."""
        self._completions.stop()
        self._journal.close()

    async def _handle(self, request: Request, connection: Connection) -> None:
        if not _LOOPBACK.fullmatch(request.headers.get("host", "")):
            raise ApiError(421, "The stand-in answers on this machine only")
        if (request.method, request.path) == ("POST", f"{API}/chat/completions"):
            _key_of(request)
            await self._completions.answer(request, connection)
            return
        if (request.method, request.path) == ("GET", "/auth"):
            await connection.respond(302, b"", {"location": self._sign_ins.agree(request)})
            return
        body = http.encode(await self._handler(request)(request))
        await connection.respond(200, body, {})

    def _handler(self, request: Request) -> Handler:
        found = [(method, handler) for method, path, handler in self._routes if re.fullmatch(path, request.path)]
        for method, handler in found:
            if method == request.method:
                return handler
        if found or request.path == f"{API}/chat/completions":
            raise ApiError(405, "Method Not Allowed")
        raise ApiError(404, "Not Found")

    async def _models(self, request: Request) -> object:
        scripts = list(self._completions.scripts)
        return list_models(request, scripts, everything=self._list_failures)

    async def _models_of_user(self, request: Request) -> object:
        _key_of(request)
        return await self._models(request)

    async def _model(self, request: Request) -> Any:
        return {"data": self._completions.model(unquote(request.path.removeprefix(f"{API}/model/")))}

    async def _key(self, request: Request) -> Any:
        return {"data": self._account.key(_key_of(request))}

    async def _credits(self, request: Request) -> Any:
        if "plain" in _key_of(request):
            raise ApiError(403, "Only management keys can fetch credits for an account")
        return {"data": self._account.credits()}

    async def _generation(self, request: Request) -> Any:
        _key_of(request)
        return {"data": self._account.generation(request.query.get("id", ""))}


def _key_of(request: Request) -> str:
    """The key of the request. Raises ApiError 401 where it is missing, no key, or one that has expired."""
    given = request.headers.get("authorization")
    if not given:
        raise ApiError(401, "No auth credentials found")
    found = re.fullmatch(r"Bearer (sk-or-v1-\S+)", given, re.IGNORECASE)
    if not found or "expired" in found[1]:
        raise ApiError(401, "User not found.")
    return found[1]


async def _refuse(connection: Connection, error: ApiError) -> None:
    await connection.respond(error.status, http.encode(error.body), {})
