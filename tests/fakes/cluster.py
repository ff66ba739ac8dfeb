"""Several real servers on one database, and somebody who talks with them."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually

PATIENCE = 60.0


class RefusedError(Exception):
    """A server answered, and did not do what was asked."""


def start_all(servers: Sequence[AppServer]) -> None:
    """Starts those that do not run, together."""
    waiting = [server for server in servers if not server.is_running]
    with ThreadPoolExecutor(max(len(waiting), 1)) as threads:
        list(threads.map(AppServer.start, waiting))


def servers_beside(folder: Path, environ: dict[str, str], count: int) -> list[AppServer]:
    """So many servers with the same settings, not running yet."""
    made = []
    for number in range(count):
        own = folder / f"server-{number}"
        own.mkdir()
        made.append(AppServer(own, environ))
    return made


class Client:
    """Speaks the JSON API of whatever is at `url`; each request is a connection of its own, for a router to deal."""

    def __init__(self, url: str) -> None:
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
        self._http = httpx.AsyncClient(base_url=url, trust_env=False, timeout=PATIENCE, verify=False, limits=limits)

    async def close(self) -> None:
        await self._http.aclose()

    async def ask(self, model: str, text: str = "Go") -> str:
        """Asks in a new conversation; returns its id once the question is acknowledged."""
        conversation = str((await self._post("/conversations"))["id"])
        await self._post(f"/conversations/{conversation}/messages", {"message": text, "model": model})
        return conversation

    async def last(self, conversation: str) -> dict[str, Any]:
        """The answer as the database has it."""
        answer = await self._http.get(f"/conversations/{conversation}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()["messages"][-1]
        return found

    async def stop(self, conversation: str) -> None:
        await self.act(conversation, "stop")

    async def act(self, conversation: str, verb: str) -> int:
        """What a button of the last answer does; returns the HTTP status."""
        answer = await self.last(conversation)
        return (await self._http.post(f"/messages/{answer['id']}/{verb}")).status_code

    async def texts(self, conversation: str) -> AsyncIterator[str]:
        """The answer's text as it grows, over one connection; ends where that does, with "" for a proper end."""
        text = ""
        async with self._http.stream("GET", f"/conversations/{conversation}/stream") as stream:
            async for line in stream.aiter_lines():
                if not line.startswith("data: "):
                    continue
                event = msgspec.json.decode(line[6:])
                if "done" in event:
                    yield ""
                    return
                text += event.get("content", "")
                yield text

    async def sees(self, conversation: str, text: str) -> None:
        """Returns when that is the beginning of what is shown, over as many connections as it takes."""
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async for seen in self.texts(conversation):
                        if seen.startswith(text):
                            return
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)

    async def is_at(self, conversation: str, status: str, *, within: float = PATIENCE) -> dict[str, Any]:
        """The answer, once the database says that it stands so."""

        async def holds() -> bool:
            return bool((await self.last(conversation))["status"] == status)

        await eventually(holds, within=within)
        return await self.last(conversation)

    async def _post(self, path: str, body: object = None) -> dict[str, Any]:
        answer = await self._http.post(path, json=body)
        if answer.status_code != 201:
            raise RefusedError(f"{path}: {answer.status_code} {answer.text}")
        made: dict[str, Any] = answer.json()
        return made


@asynccontextmanager
async def client_of(url: str) -> AsyncIterator[Client]:
    client = Client(url)
    try:
        yield client
    finally:
        await client.close()
