"""Drives a stand-in for OpenRouter from tests: says, holds, resumes, breaks, and tells what it saw.

async with Upstream(standin.base_url) as upstream:
    model = await upstream.script("hello", Say("Hel"), Hold("a"), Say("lo"))
    ...                                    # ask `model` something, through the app
    await upstream.reached("hello", "a")   # "Hel" has been sent
    await upstream.open("hello", "a")
    seen = await upstream.ended("hello")
"""

import base64
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Self

import httpx
import msgspec

from webapp.standin.http import encode
from webapp.standin.journal import Seen
from webapp.standin.server import StandIn, listen, start_in_thread
from webapp.standin.steps import AnyStep, Event, Script

KEY = "sk-or-v1-test"
QUICK = 100_000.0
"""Tokens per second where a test does not care."""

_MAIN = """
import msgspec, socket, sys
from webapp.standin.app import Options
from webapp.standin.server import serve_on
serve_on(socket.socket(fileno=int(sys.argv[1])), msgspec.json.decode(sys.argv[2], type=Options))
"""


def running_standin(tokens_per_second: float = QUICK, **options: Any) -> StandIn:
    """A stand-in in a thread of this process, on a free port: ``with running_standin() as standin``."""
    return start_in_thread(
        tokens_per_second=tokens_per_second, **{"generation_delay": 0.0, "controls": True, **options}
    )


@contextmanager
def standin_process(tokens_per_second: float = QUICK, **options: Any) -> Iterator[str]:
    """A stand-in in a process of its own, for measurements; gives its base URL."""
    settings = {"tokens_per_second": tokens_per_second, "generation_delay": 0.0, "controls": True, **options}
    with listen("127.0.0.1", 0) as listener:
        number = listener.fileno()
        arguments = [sys.executable, "-c", _MAIN, str(number), msgspec.json.encode(settings).decode()]
        port = listener.getsockname()[1]
        process = subprocess.Popen(arguments, pass_fds=[number])
    try:
        yield f"http://127.0.0.1:{port}/api/v1"
    finally:
        process.terminate()
        process.wait(10)


def shows(address: str) -> Event:
    """A model's picture at an address: a data URL as a rule, and what it makes up besides."""
    image = {"type": "image_url", "image_url": {"url": address}}
    return Event(msgspec.json.encode({"choices": [{"delta": {"images": [image]}}]}).decode())


def shows_file(data: bytes) -> Event:
    return shows(f"data:image/png;base64,{base64.b64encode(data).decode()}")


class Upstream:
    """The stand-in's controls. Waiting methods raise AssertionError where it takes longer than ``timeout`` seconds."""

    def __init__(self, base_url: str, timeout: float = 5.0) -> None:
        self.base_url = base_url
        self._timeout = timeout
        root = base_url.removesuffix("/api/v1")
        # Plain HTTP: with verify=True each client would load all root certificates, which takes 20 ms. The stand-in
        # closes a connection that is idle for 5 seconds; the client gives it up earlier, so no call meets a closed one.
        self._client = httpx.AsyncClient(
            base_url=root,
            timeout=timeout + 5,
            limits=httpx.Limits(keepalive_expiry=1.0),
            trust_env=False,
            verify=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def script(self, name: str, *steps: AnyStep) -> str:
        """Registers a script and returns the model id that plays it. What was seen under that name is forgotten."""
        return await self.takes(name, list(steps))

    async def takes(self, name: str, *takes: list[AnyStep], cycle: bool = False) -> str:
        """Like ``script``, with other steps for each request: the first plays the first take, and so on."""
        answer = await self._call("PUT", f"/standin/scripts/{name}", content=encode(Script(list(takes), cycle)))
        return str(answer.json()["model"])

    async def open(self, name: str, gate: str, request: int | None = None) -> None:
        """Opens a gate for good, now and for requests to come; or for request ``request`` (from 1) alone."""
        await self._call("POST", "/standin/gates", json={"name": name, "gate": gate, "request": request})

    async def requests(self, name: str | None = None) -> list[Seen]:
        """The requests of that script or model, oldest first; without a name, all."""
        answer = await self._call("GET", "/standin/requests", params={} if name is None else {"name": name})
        return msgspec.json.decode(answer.content, type=list[Seen])

    async def arrived(self, name: str, request: int = 1) -> Seen:
        """Waits until request ``request`` (from 1; 0 is the latest) has come."""
        return await self._wait(name, request, until="arrived")

    async def reached(self, name: str, gate: str, request: int = 1) -> Seen:
        """Waits until the answer has come to a gate, which means that all before the gate has been sent."""
        return await self._wait(name, request, until="reached", gate=gate)

    async def wrote(self, name: str, writes: int, request: int = 1) -> Seen:
        """Waits until so many writes of the body have been made."""
        return await self._wait(name, request, until="wrote", writes=writes)

    async def ended(self, name: str, request: int = 1) -> Seen:
        """Waits until the answer has ended, in whatever way."""
        return await self._wait(name, request, until="ended")

    async def closed(self, name: str, request: int = 1) -> Seen:
        """Waits until the client has closed the connection before the answer was complete."""
        seen = await self.ended(name, request)
        assert seen.ending == "closed", f"the answer to request {request} of {name} ended as {seen.ending}"
        return seen

    async def reset(self) -> None:
        """Forgets all scripts, gates and requests."""
        await self._call("POST", "/standin/reset")

    async def _wait(self, name: str, request: int, **query: Any) -> Seen:
        params = {"name": name, "request": request, "timeout": self._timeout, **query}
        return msgspec.json.decode((await self._call("GET", "/standin/wait", params=params)).content, type=Seen)

    async def _call(self, method: str, path: str, **request: Any) -> httpx.Response:
        answer = await self._client.request(method, path, **request)
        assert answer.status_code == 200, answer.text
        return answer
