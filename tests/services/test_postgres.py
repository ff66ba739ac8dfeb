"""The real app on a real Postgres: what is asked there survives the process that was asked."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.postgres import run, url_of, without_tables
from tests.fakes.upstream import KEY, Upstream
from webapp.db.address import PostgresServer
from webapp.standin.server import StandIn
from webapp.standin.steps import Hold, Say


@pytest.fixture(scope="module")
def database(bare_postgres: PostgresServer) -> PostgresServer:
    """A database without tables."""
    return without_tables(bare_postgres)


@pytest.fixture(scope="module")
def app(database: PostgresServer, standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    keys = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url}
    environ = {**keys, "DATABASE_URL": url_of(database)}
    app = AppServer(tmp_path_factory.mktemp("app"), environ)
    app.start()
    yield app
    app.stop()
    assert "Traceback" not in app.log(), app.log()


@pytest.fixture
async def api(app: AppServer) -> AsyncIterator[httpx.AsyncClient]:
    """Finds the app at the same address after a restart."""
    async with httpx.AsyncClient(base_url=app.url, trust_env=False, timeout=20, verify=False) as api:
        yield api


async def ask(api: httpx.AsyncClient, model: str) -> str:
    """Asks in a new conversation; returns its id."""
    conversation = str((await api.post("/conversations")).json()["id"])
    sent = await api.post(f"/conversations/{conversation}/messages", json={"message": "Go", "model": model})
    assert sent.status_code == 201, sent.text
    return conversation


async def last(api: httpx.AsyncClient, conversation: str) -> dict[str, Any]:
    answer: dict[str, Any] = (await api.get(f"/conversations/{conversation}")).json()["messages"][-1]
    return answer


async def read(api: httpx.AsyncClient, conversation: str, until: str) -> str:
    """The text of the last answer's stream, up to `until` or to its end."""
    async with api.stream("GET", f"/conversations/{conversation}/stream") as stream:
        text = ""
        async for line in stream.aiter_lines():
            text += line.removeprefix("data: ")
            if until in text:
                break
    return text


async def test_an_answer_survives_a_kill_and_goes_on_after_it(
    app: AppServer, api: httpx.AsyncClient, upstream: Upstream, database: PostgresServer
) -> None:
    model = await upstream.script("kill", Say("One, "), Hold("kept"), Say("two, "), Hold("never"), Say("lost."))
    conversation = await ask(api, model)
    assert "One, " in await read(api, conversation, until="One, ")
    await upstream.open("kill", "kept")
    await until_it_is_kept(api, conversation, "One, two, ")
    app.kill()
    run(database, "UPDATE messages SET heartbeat_at = now() - interval '1 minute' WHERE status = 'streaming'")
    await upstream.script("kill", Say("three."))
    app.start()
    answer = await last(api, conversation)
    assert (answer["status"], answer["content"]) == ("interrupted", "One, two, ")
    await api.post(f"/messages/{answer['id']}/continue")
    await read(api, conversation, until='"done"')
    answer = await last(api, conversation)
    assert (answer["status"], answer["content"]) == ("complete", "One, two, three.")


async def until_it_is_kept(api: httpx.AsyncClient, conversation: str, text: str) -> None:
    """Looks at the conversation as the database has it until the answer is that far; about half a second."""
    for _ in range(500):
        if (await last(api, conversation))["content"] == text:
            return
    raise AssertionError(f"no checkpoint of {text!r}")


async def test_two_processes_serve_the_same_conversations(
    app: AppServer, api: httpx.AsyncClient, upstream: Upstream, tmp_path: Path
) -> None:
    other = app.beside(tmp_path)
    other.start()
    try:
        model = await upstream.script("two", Say("Here "), Hold("gate"), Say("and there."))
        conversation = await ask(api, model)
        async with httpx.AsyncClient(base_url=other.url, trust_env=False, timeout=20, verify=False) as there:
            assert "Here " in await read(there, conversation, until="Here ")
            await upstream.open("two", "gate")
            assert "and there." in await read(there, conversation, until='"done"')
            assert (await last(there, conversation))["status"] == "complete"
    finally:
        assert other.terminate() == 0
