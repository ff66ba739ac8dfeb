"""The controls for tests, under /standin: register scripts, open gates, read and wait for what has happened.

Names: a script is registered as ``hello`` and played by the model ``script/hello``. Its requests and gates go under
``hello``; those of any other model under the model's id.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

from webapp.standin.completions import Completions
from webapp.standin.errors import ApiError
from webapp.standin.http import Request
from webapp.standin.journal import Journal, Seen
from webapp.standin.steps import Script

_T = TypeVar("_T")

_MOST_SCRIPTS: Final = 1000


class Gate(Struct, frozen=True):
    """Body of POST /standin/gates. Without ``request`` the gate is open for good, for all requests of that name."""

    name: str
    gate: str
    request: Annotated[int, Meta(ge=1)] | None = None


class Awaited(Struct, frozen=True):
    """Query of GET /standin/wait: until request number ``request`` (0: the latest) of ``name`` has come that far."""

    name: str
    until: Literal["arrived", "reached", "wrote", "ended"]
    gate: str = ""
    writes: int = 1
    request: Annotated[int, Meta(ge=0)] = 1
    timeout: Annotated[float, Meta(gt=0, le=60)] = 10.0

    def holds(self, seen: Seen | None) -> bool:
        """Whether the request has come that far."""
        if seen is None:
            return False
        match self.until:
            case "arrived":
                return True
            case "reached":
                return self.gate in seen.reached
            case "wrote":
                return seen.writes >= self.writes
            case "ended":
                return seen.ending is not None


class Control:
    """The handlers of /standin/..., each returns what is to be sent as JSON."""

    def __init__(self, journal: Journal, completions: Completions) -> None:
        self._journal = journal
        self._completions = completions

    async def register(self, request: Request) -> object:
        """PUT /standin/scripts/{name}, a Script. Forgets all requests and gates of an older one of that name."""
        name = request.path.rpartition("/")[2]
        scripts = self._completions.scripts
        if not re.fullmatch(r"[\w.-]{1,100}", name):
            raise ApiError(400, "A script's name takes letters, digits, dots and dashes.")
        if name not in scripts and len(scripts) >= _MOST_SCRIPTS:
            raise ApiError(409, "Too many scripts; reset first.")
        scripts[name] = _read(request.body, Script)
        self._journal.forget(name)
        return {"model": f"script/{name}"}

    async def open(self, request: Request) -> object:
        """POST /standin/gates, a Gate."""
        gate = _read(request.body, Gate)
        self._journal.open(gate.name, gate.gate, gate.request)
        return {}

    async def requests(self, request: Request) -> object:
        """GET /standin/requests?name=: the last requests, oldest first, as Seen."""
        return self._journal.requests(request.query.get("name"))

    async def wait(self, request: Request) -> object:
        """GET /standin/wait, an Awaited: the request as Seen, or 504 if it does not come that far in time."""
        awaited = _from_query(request.query, Awaited)

        def current() -> Seen | None:
            return self._journal.request(awaited.name, awaited.request)

        if not await self._journal.until(lambda: awaited.holds(current()), awaited.timeout):
            state = msgspec.to_builtins(current()) if current() else "has not arrived"
            raise ApiError(504, f"Waited {awaited.timeout} s in vain for {awaited}; the request: {state}"[:2000])
        return current()

    async def reset(self, request: Request) -> object:
        """POST /standin/reset: forgets all scripts, gates and requests."""
        self._completions.scripts.clear()
        self._journal.forget()
        return {}


def _read(body: bytes, kind: type[_T]) -> _T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ApiError(400, str(error)) from None


def _from_query(query: Mapping[str, str], kind: type[_T]) -> _T:
    try:
        return msgspec.convert(query, kind, strict=False)
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from None
