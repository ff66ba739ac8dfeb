"""The real app on a real Postgres: what is asked there survives the process that was asked."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.postgres import run, url_of, without_tables
from tests.fakes.upstream import KEY, Upstream
from webapp.db.address import PostgresServer
from webapp.db.postgres import connect
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


async def test_who_waits_for_the_database_at_the_end_is_told_to_come_back(
    app: AppServer, api: httpx.AsyncClient, upstream: Upstream, database: PostgresServer
) -> None:
    model = await upstream.script("wait", Say("Done."))
    conversation = await ask(api, model)
    await read(api, conversation, until="done")
    paths = [f"/conversations/{conversation}", f"/conversations/{conversation}/stream", f"/c/{conversation}"]
    async with locked(database, "messages", "conversations"):
        waiting = [asyncio.create_task(api.get(path)) for path in paths * 3]
        await eventually(lambda: are_waiting(database))
        code = await asyncio.to_thread(app.terminate)
        answers = await asyncio.gather(*waiting)
    app.start()
    assert code == 0
    assert {(answer.status_code, answer.headers.get("retry-after")) for answer in answers} == {(503, "3")}


@asynccontextmanager
async def locked(database: PostgresServer, *tables: str) -> AsyncIterator[None]:
    """Nobody else reads or writes these tables while the block runs."""
    connection = await connect(database)
    try:
        async with connection.transaction():
            await connection.execute(f"LOCK TABLE {', '.join(tables)} IN ACCESS EXCLUSIVE MODE")
            yield
    finally:
        await connection.close()


async def are_waiting(database: PostgresServer) -> bool:
    connection = await connect(database)
    try:
        waiting = "SELECT count(*) FROM pg_locks JOIN pg_database ON oid = database WHERE datname = $1 AND NOT granted"
        return int(await connection.fetchval(waiting, database.database)) >= 5
    finally:
        await connection.close()
