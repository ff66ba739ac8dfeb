"""Limits of the month against people who send at once, by real servers: one on SQLite, two on one Postgres."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.cluster import servers_beside, start_all
from tests.fakes.eventually import eventually
from tests.fakes.postgres import own_database, run, url_of
from tests.fakes.upstream import KEY, Upstream
from webapp.db.address import PostgresServer
from webapp.standin.server import StandIn
from webapp.standin.steps import Hold, Say, Usage

DEAR = "x" * 240_000  # eighty thousand tokens at most, at a dollar a million: eight times the limit
LIMIT = "0.01"


def environ_of(standin: StandIn) -> dict[str, str]:
    return {
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_BASE_URL": standin.base_url,
        "MAX_LIVE_REPLIES": "1000",
        "MONTHLY_HARD_LIMIT": LIMIT,
    }


def browser_of(server: AppServer) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=60)


@pytest.fixture(params=["sqlite", "postgres"])
def servers(request: pytest.FixtureRequest, standin: StandIn, tmp_path: Path) -> Iterator[list[AppServer]]:
    environ = environ_of(standin)
    with ExitStack() as stack:
        if request.param == "postgres":
            database = stack.enter_context(own_database(request.getfixturevalue("postgres_server")))
            servers = servers_beside(tmp_path, {**environ, "DATABASE_URL": url_of(database)}, 2)
        else:
            servers = servers_beside(tmp_path, environ, 1)
        start_all(servers)
        yield servers
        for server in servers:
            server.stop()
            assert "Traceback" not in server.log(), server.log()


@pytest.fixture
async def clients(servers: list[AppServer]) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Sixteen people at their browsers, as many at each server."""
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(browser_of(servers[number % len(servers)])) for number in range(16)]


async def ask(client: httpx.AsyncClient, path: str, text: str, model: str) -> httpx.Response:
    return await client.post(path, data={"message": text, "model": model, "client_id": ""})


async def total(client: httpx.AsyncClient) -> str:
    """What the page of the month says was spent."""
    return (await client.get("/usage")).text.partition('usage__total">')[2].partition("<")[0]


async def test_sixteen_at_once_of_which_each_is_too_dear_are_all_refused(
    clients: list[httpx.AsyncClient], upstream: Upstream
) -> None:
    model = await upstream.script("dear", Say("Yes."))
    sends = [ask(one, "/temporary" if number < 8 else "/c", DEAR, model) for number, one in enumerate(clients)]
    answers = await asyncio.gather(*sends)
    assert [one.status_code for one in answers] == [402] * 16
    assert all("This would cost $0.08 or more, and $0.01 is left of this month" in one.text for one in answers)
    assert await upstream.requests("dear") == []
    assert await total(clients[0]) == "$0.00"


async def test_sixteen_at_once_that_can_not_all_be_paid_for_share_what_there_is(
    clients: list[httpx.AsyncClient], upstream: Upstream
) -> None:
    """An answer may have 2,500 tokens in all: one takes them, as each may be that long."""
    model = await upstream.script("shared", Hold("gate"), Say("Yes."), Usage(cost=0.001))
    sends = [
        asyncio.create_task(ask(one, "/temporary" if number < 8 else "/c", "Go", model))
        for number, one in enumerate(clients)
    ]
    await upstream.reached("shared", "gate")

    async def are_refused() -> bool:
        return sum(one.done() and one.result().status_code == 402 for one in sends) == 15

    await eventually(are_refused)
    (seen,) = await upstream.requests("shared")
    assert 2_000 < seen.json["max_tokens"] < 2_500
    assert "is reserved for answers that are under way" in (await clients[0].get("/usage")).text
    await upstream.open("shared", "gate")
    await asyncio.gather(*sends)

    async def is_booked() -> bool:
        page = (await clients[0].get("/usage")).text
        return "Less than $0.01</strong>" in page and "is reserved" not in page

    await eventually(is_booked)
    assert (await ask(clients[0], "/temporary", "Go", model)).status_code == 200


async def test_answers_that_are_stopped_before_their_first_piece_have_cost_their_prompts(
    clients: list[httpx.AsyncClient], upstream: Upstream
) -> None:
    """Six thousand tokens cost $0.006, so that after one there is no money for another."""
    text = "word " * 4_000
    model = await upstream.script("stopped", Hold("never"))
    api = clients[0]
    conversation = (await api.post("/conversations", json={})).json()["id"]
    asked = await api.post(f"/conversations/{conversation}/messages", json={"message": text, "model": model})
    assert asked.status_code == 201
    await upstream.reached("stopped", "never")
    messages = (await api.get(f"/conversations/{conversation}")).json()["messages"]
    assert (await api.post(f"/messages/{messages[-1]['id']}/stop")).status_code < 400
    await upstream.closed("stopped")
    answer = await api.post("/conversations", json={})
    refused = await api.post(f"/conversations/{answer.json()['id']}/messages", json={"message": text, "model": model})
    assert (refused.status_code, refused.json()["code"]) == (402, "budget")
    assert "is left of this month's $0.01" in refused.json()["detail"]
    assert await total(api) == "Less than $0.01"


async def test_what_a_killed_server_leaves_is_booked_by_another(
    postgres_server: PostgresServer, standin: StandIn, upstream: Upstream, tmp_path: Path
) -> None:
    model = await upstream.script("killed", Hold("never"))
    with own_database(postgres_server) as database:
        servers = servers_beside(tmp_path, {**environ_of(standin), "DATABASE_URL": url_of(database)}, 2)
        start_all(servers)
        async with AsyncExitStack() as stack:
            one, other = [await stack.enter_async_context(browser_of(server)) for server in servers]
            text = "word " * 2_000  # $0.0025, and as much again for the shortest answer
            assert (await ask(one, "/c", text, model)).status_code == 303
            await upstream.reached("killed", "never")
            assert (await ask(other, "/c", text, model)).status_code == 402
            servers[0].kill()
            run(database, "UPDATE messages SET heartbeat_at = now() - interval '16 s' WHERE status = 'streaming'")

            async def is_booked() -> bool:
                page = (await other.get("/usage")).text
                return "Less than $0.01</strong>" in page and "is reserved" not in page

            await eventually(is_booked)
        for server in servers:
            server.stop()
        assert "Traceback" not in servers[1].log(), servers[1].log()
