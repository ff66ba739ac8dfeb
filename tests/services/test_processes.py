"""Three real processes on Postgres and Redis: what is asked of one, all show, whatever dies meanwhile."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from typing import NamedTuple

import httpx
import pytest

from tests.conftest import go_without
from tests.fakes import services
from tests.fakes.app_server import AppServer
from tests.fakes.balancer import balancing
from tests.fakes.cluster import Client, RefusedError, client_of, servers_beside, start_all
from tests.fakes.eventually import eventually
from tests.fakes.postgres import own_database, run, url_of
from tests.fakes.services import RedisServer
from tests.fakes.upstream import KEY, Upstream
from webapp.db.address import PostgresServer
from webapp.standin.server import StandIn
from webapp.standin.steps import Hold, Say, Speed

STREAMS = 30
FOLLOWERS = 1_000
LONGEST_STALL = 30.0  # seconds without news for a reader while all processes are replaced one after another


class Cluster(NamedTuple):
    servers: list[AppServer]
    database: PostgresServer
    redis: RedisServer


@pytest.fixture(scope="module")
def cluster(
    postgres_server: PostgresServer, standin: StandIn, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    with services.private_redis() as redis, own_database(postgres_server) as database:
        if redis is None:
            go_without("a Redis of its own", "install redis-server")
        redis.start()
        environ = {
            "OPENROUTER_API_KEY": KEY,
            "OPENROUTER_BASE_URL": standin.base_url,
            "DATABASE_URL": url_of(database),
            "REDIS_URL": redis.url,
            "MAX_LIVE_REPLIES": "1000",
            "DRAIN_SECONDS": "0.2",
            "MAX_OPEN_STREAMS": "10000",
        }
        servers = servers_beside(tmp_path_factory.mktemp("cluster"), environ, 3)
        yield Cluster(servers, database, redis)
        for server in servers:
            server.stop()
        for server in servers:
            assert "Traceback" not in server.log(), server.log()


@pytest.fixture
async def clients(cluster: Cluster) -> AsyncIterator[list[Client]]:
    """One for each process; whatever has died is started again."""
    await asyncio.to_thread(start_all, cluster.servers)
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(client_of(server.url)) for server in cluster.servers]


def silence(cluster: Cluster) -> None:
    """Lets the time pass after which an answer without a heartbeat has nobody who writes it."""
    run(cluster.database, "UPDATE messages SET heartbeat_at = now() - interval '16 s' WHERE status = 'streaming'")


async def test_asked_of_one_watched_at_another_stopped_at_a_third(clients: list[Client], upstream: Upstream) -> None:
    one, two, three = clients
    model = await upstream.script("around", Say("One "), Hold("gate"), Say("two "), Hold("never"), Say("three."))
    conversation = await one.ask(model)
    await two.sees(conversation, "One ")
    await upstream.open("around", "gate")
    await two.sees(conversation, "One two ")
    await three.stop(conversation)
    await upstream.closed("around")
    for client in clients:
        assert (await client.is_at(conversation, "stopped"))["content"] == "One two "


async def test_an_answer_of_a_process_that_was_killed_is_interrupted_everywhere_and_goes_on_elsewhere(
    clients: list[Client], cluster: Cluster, upstream: Upstream
) -> None:
    one, two, three = clients
    model = await upstream.takes("killed", [Say("One, "), Hold("never")], [Say("two.")])
    conversation = await one.ask(model)
    await two.sees(conversation, "One, ")
    await is_kept(two, conversation, "One, ")
    cluster.servers[0].kill()
    silence(cluster)
    for client in (two, three):
        assert (await client.is_at(conversation, "interrupted", within=10))["content"] == "One, "
    assert await three.act(conversation, "continue") < 400
    await two.sees(conversation, "One, two.")
    assert (await two.is_at(conversation, "complete"))["content"] == "One, two."


async def is_kept(client: Client, conversation: str, text: str) -> None:
    """Returns when the database has the text."""

    async def holds() -> bool:
        return bool((await client.last(conversation))["content"] == text)

    await eventually(holds)


async def test_redis_may_die_in_mid_answer_and_come_back(
    clients: list[Client], cluster: Cluster, upstream: Upstream
) -> None:
    one, two, three = clients
    steps = (Say("One "), Hold("dead"), Say("two "), Hold("back"), Say("three "), Hold("end"), Say("four."))
    conversation = await one.ask(await upstream.script("redis", *steps))
    await two.sees(conversation, "One ")
    await asyncio.to_thread(cluster.redis.stop)
    await upstream.open("redis", "dead")
    await two.sees(conversation, "One two ")
    await asyncio.to_thread(cluster.redis.start)
    await upstream.open("redis", "back")
    await three.sees(conversation, "One two three ")
    await upstream.open("redis", "end")
    for client in clients:
        await client.sees(conversation, "One two three four.")
        assert (await client.is_at(conversation, "complete"))["content"] == "One two three four."


async def test_postgres_may_be_away_in_mid_answer(
    clients: list[Client], cluster: Cluster, upstream: Upstream, postgres_server: PostgresServer
) -> None:
    one, two, _ = clients
    steps = (Say("One "), Hold("gone"), Say("two "), Hold("back"), Say("three."))
    conversation = await one.ask(await upstream.script("postgres", *steps))
    name = cluster.database.database
    reading = asyncio.create_task(two.sees(conversation, "One two "))
    await two.sees(conversation, "One ")
    run(postgres_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    try:
        run(postgres_server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        await upstream.open("postgres", "gone")
        await reading  # from one process to the other while there is no database
    finally:
        run(postgres_server, f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await upstream.open("postgres", "back")
    for client in clients:
        await client.sees(conversation, "One two three.")
        assert (await client.is_at(conversation, "complete"))["content"] == "One two three."


class Reader:
    """A page in a browser: follows its answer, comes back when the stream ends, and presses *Continue* or *Retry*."""

    def __init__(self, client: Client, conversation: str) -> None:
        self.conversation = conversation
        self.longest_stall = 0.0
        self.connections = 0
        self.continued = 0
        self._client = client
        self._text = ""

    async def read(self) -> str:
        """The whole text, once the answer is complete. Fails if anything that was shown is not there later."""
        loop = asyncio.get_running_loop()
        last_news = loop.time()
        while True:
            ended = False
            try:
                self.connections += 1
                async for text in self._client.texts(self.conversation):
                    ended = not text
                    if len(text) > len(self._text):
                        assert text.startswith(self._text)
                        self._text = text
                        self.longest_stall = max(self.longest_stall, loop.time() - last_news)
                        last_news = loop.time()
                if ended and await self._is_complete():
                    return self._text
            except httpx.HTTPError:
                pass
            await asyncio.sleep(0.1)

    async def _is_complete(self) -> bool:
        answer = await self._client.last(self.conversation)
        assert answer["content"].startswith(self._text), "what was shown is not what was kept"
        if answer["status"] == "interrupted":
            verb = "continue" if answer["content"] else "retry"  # nothing came yet that it could go on from
            self.continued += await self._client.act(self.conversation, verb) < 400
        return bool(answer["status"] == "complete")


async def test_a_rolling_restart_under_load_loses_no_message_and_no_word(
    clients: list[Client], cluster: Cluster, upstream: Upstream
) -> None:
    """All processes are replaced, one after another, while answers grow and questions come."""
    words = "".join(f"{number} " for number in range(12))
    model = await upstream.script("rolling", Speed(3), Say(words, paced=True))
    async with balancing([server.port for server in cluster.servers]) as router, client_of(router.url) as client:
        conversations = await asyncio.gather(*(client.ask(model) for _ in range(STREAMS)))
        readers = [Reader(client, conversation) for conversation in conversations]
        reading = [asyncio.create_task(reader.read()) for reader in readers]
        quick = await upstream.script("meanwhile", Say("All of it."))
        restarts = asyncio.create_task(asyncio.to_thread(restart_all, cluster.servers))
        acknowledged = []
        while not restarts.done():
            with suppress(httpx.HTTPError, RefusedError):  # as it may be; then nobody was told that it is kept
                acknowledged.append(await client.ask(quick))
            await asyncio.sleep(0.1)
        assert await restarts == [0, 0, 0]
        async with asyncio.timeout(180):
            texts = await asyncio.gather(*reading)
        assert all(text.startswith("0") and text.endswith("11 ") for text in texts)
        assert sum(reader.continued for reader in readers) > 0
        assert acknowledged
        for conversation in acknowledged:
            await client.last(conversation)
        assert max(reader.longest_stall for reader in readers) < LONGEST_STALL


def restart_all(servers: list[AppServer]) -> list[int]:
    """As a platform deploys: the next is replaced when the one before serves again."""
    codes = []
    for server in servers:
        codes.append(server.terminate())
        server.start()
    return codes


async def following(answer: str, port: int, stack: AsyncExitStack) -> asyncio.StreamReader:
    """A stream of the answer's events. Who is refused, as too many wait for the database, comes again as pages do."""
    while True:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        stack.callback(writer.close)
        writer.write(f"GET /messages/{answer}/events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        if not (await reader.readline()).startswith(b"HTTP/1.1 503 "):
            return reader
        await asyncio.sleep(1)


async def test_a_thousand_readers_at_one_process_follow_an_answer_of_another(
    clients: list[Client], cluster: Cluster, upstream: Upstream
) -> None:
    model = await upstream.script("crowd", Say("One "), Hold("gate", seconds=180), Say("two."))
    conversation = await clients[0].ask(model)
    await clients[1].sees(conversation, "One ")
    answer = (await clients[1].last(conversation))["id"]
    port = cluster.servers[1].port
    async with AsyncExitStack() as stack, asyncio.timeout(180):
        crowd = await asyncio.gather(*(following(answer, port, stack) for _ in range(FOLLOWERS)))
        for reader in crowd:
            await reader.readuntil(b"One")
        await upstream.open("crowd", "gate")
        for reader in crowd:
            assert b"two." in await reader.readuntil(b"event: done")
