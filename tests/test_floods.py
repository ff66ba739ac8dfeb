"""Too much, too deep, too slow, too many: each is refused, and others are served meanwhile."""

import asyncio
import re
import resource
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.routes import READING, routes
from tests.fakes.upstream import Upstream
from tests.operations.test_metrics import value
from webapp.standin.steps import Hold, Say
from webapp.web.streams import MAX_STREAMS

ROUTES = [(path, method) for path, method in routes() if method not in READING]
TAKE_NO_BODY = {
    "/logout",
    "/c/{}/delete",
    "/messages/{}/stop",
    "/messages/{}/continue",
    "/deleted/clear",
    "/settings/key/remove",
}
# What is refused before its body has come can lose its answer on the way, as the connection ends with the rest unread.
HUNG_UP = 0
FORM, JSON = "application/x-www-form-urlencoded", "application/json"
MESSAGE = "/conversations/{}/messages/{}"
TYPES = {
    "/csp-reports": "application/csp-report",
    "/conversations": JSON,
    "/conversations/{}/messages": JSON,
    **dict.fromkeys((MESSAGE, f"{MESSAGE}/edit", f"{MESSAGE}/retry"), JSON),
}
PIECE = b"x" * 64_000

pytestmark = pytest.mark.own_server  # its limits are reached, and its log is looked at long afterwards


def plain(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def type_for(path: str) -> str:
    return TYPES.get(plain(path), FORM)


async def talk(server: AppServer) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", server.port)


def head_of(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {plain(path).format(*[uuid4()] * 3)} HTTP/1.1", "Host: localhost", *headers, "", ""]
    return "\r\n".join(lines).encode()


async def status_of(reader: asyncio.StreamReader) -> int:
    async with asyncio.timeout(30):
        try:
            line = await reader.readline()
        except ConnectionError:
            return HUNG_UP
    return int(line.split()[1]) if line else HUNG_UP


async def hang_up(writer: asyncio.StreamWriter) -> None:
    """At once, and before the test ends: what is left of a connection would be taken for a mistake of the next one."""
    writer.transport.abort()
    with suppress(ConnectionError):
        await writer.wait_closed()


def refusals(path: str, *statuses: int) -> set[int]:
    """How a body that is too much is answered: by a route that takes none as ever, by any other not well."""
    if plain(path) in TAKE_NO_BODY:
        return {201, 303, 404}
    wrong_kind = {415} if plain(path) == "/import" else set()  # it takes files, and looks at the type first
    return {404, 413, *wrong_kind, *statuses}


async def asked(client: httpx.AsyncClient, method: str, path: str, body: str, kind: str) -> int:
    address = plain(path).format(*[uuid4()] * 3)
    try:
        answer = await client.request(method, address, content=body, headers={"content-type": kind})
    except (httpx.ReadError, httpx.WriteError, httpx.RemoteProtocolError):
        return HUNG_UP
    return answer.status_code


def test_every_kind_of_post_is_tried() -> None:
    assert len(ROUTES) >= 10
    assert {plain(path) for path, _ in ROUTES} > TAKE_NO_BODY | set(TYPES)


@pytest.mark.parametrize(("path", "method"), ROUTES)
async def test_a_body_without_end_is_refused_before_it_has_come(server: AppServer, path: str, method: str) -> None:
    reader, writer = await talk(server)
    writer.write(head_of(method, path, f"Content-Type: {type_for(path)}", "Transfer-Encoding: chunked"))
    answered = asyncio.create_task(status_of(reader))
    sent = 0
    with suppress(ConnectionError):
        while not answered.done():
            writer.write(f"{len(PIECE):x}\r\n".encode() + PIECE + b"\r\n")
            await writer.drain()
            await asyncio.sleep(0)
            sent += len(PIECE)
    assert await answered in refusals(path) | {HUNG_UP}
    assert sent < 40_000_000  # what the system holds on its way, and not all that could have come
    await hang_up(writer)


@pytest.mark.parametrize(("path", "method"), ROUTES)
async def test_a_body_that_says_it_is_too_large_is_refused_at_once(server: AppServer, path: str, method: str) -> None:
    reader, writer = await talk(server)
    writer.write(head_of(method, path, f"Content-Type: {type_for(path)}", "Content-Length: 100000000"))
    assert await status_of(reader) in refusals(path)
    await hang_up(writer)


@pytest.mark.parametrize(("path", "method"), ROUTES)
@pytest.mark.parametrize("body", ["[" * 100_000 + "]" * 100_000, "[" * 200_000, '{"message":' * 50_000])
async def test_a_body_that_is_too_deep_is_a_mistake_of_the_client(
    client: httpx.AsyncClient, path: str, method: str, body: str
) -> None:
    kind = JSON if type_for(path) == FORM else type_for(path)
    assert await asked(client, method, path, body, kind) in refusals(path, 400, 415, 422) | {HUNG_UP}


@pytest.mark.parametrize("path", [path for path, _ in ROUTES if type_for(path) == FORM])
async def test_a_form_with_too_many_fields_is_refused(client: httpx.AsyncClient, path: str) -> None:
    body = "&".join(f"field{number}=x" for number in range(20_000))
    assert await asked(client, "POST", path, body[:200_000], FORM) in refusals(path, 422) | {HUNG_UP}


async def test_a_body_that_breaks_off_is_no_failure_of_ours(server: AppServer, client: httpx.AsyncClient) -> None:
    for path, kind in (("/c", FORM), (f"/conversations/{uuid4()}/messages", JSON)):
        _, writer = await talk(server)
        writer.write(head_of("POST", path, f"Content-Type: {kind}", "Content-Length: 1000") + b"{")
        await writer.drain()
        await hang_up(writer)

    async def is_counted() -> bool:
        figures = (await client.get("/metrics")).text
        return all(
            value(figures, "open_chat_requests_total", method="POST", route=route, status="400") > 0
            for route in ("/c", "/conversations/{conversation_id}/messages")
        )

    await eventually(is_counted)
    assert "failed" not in server.log()


# Many at once


@pytest.fixture
async def crowd() -> AsyncIterator[AsyncExitStack]:
    """Connections that are hung up at the end."""
    async with AsyncExitStack() as stack:
        yield stack


async def joins(crowd: AsyncExitStack, server: AppServer, data: bytes) -> asyncio.StreamReader:
    reader, writer = await talk(server)
    crowd.push_async_callback(hang_up, writer)
    writer.write(data)
    await writer.drain()
    return reader


async def ask(client: httpx.AsyncClient, model: str) -> str:
    """The address of the stream of an answer that grows."""
    conversation = f"/conversations/{(await client.post('/conversations')).json()['id']}"
    sent = (await client.post(f"{conversation}/messages", json={"message": "Go", "model": model})).json()
    assert sent["model"] == model
    return f"{conversation}/stream"


async def test_others_are_served_beside_those_who_hold_on(
    server: AppServer, client: httpx.AsyncClient, upstream: Upstream, crowd: AsyncExitStack
) -> None:
    model = await upstream.script("flood", Say("word " * 20_000), Hold("a"), Say("end"))
    stream = await ask(client, model)
    await upstream.reached("flood", "a")
    body = f"Content-Type: {FORM}", "Content-Length: 1000"
    for _ in range(100):
        await joins(crowd, server, b"GET /")
        await joins(crowd, server, head_of("POST", "/c", *body) + b"message=")
        await joins(crowd, server, b"")
    for _ in range(MAX_STREAMS):
        await joins(crowd, server, head_of("GET", stream))  # and nobody reads
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(20):
        assert (await client.get("/")).status_code == 200
    assert loop.time() - began < 20  # of which it takes a fraction
    await upstream.open("flood", "a")


async def test_one_stream_more_than_a_person_may_have_ends_the_oldest(
    server: AppServer, client: httpx.AsyncClient, upstream: Upstream, crowd: AsyncExitStack
) -> None:
    model = await upstream.script("crowd", Say("Some "), Hold("a"), Say("more "), Hold("b"), Say("end."))
    stream = await ask(client, model)
    await upstream.reached("crowd", "a")
    readers = []
    for _ in range(MAX_STREAMS + 2):
        readers.append(await joins(crowd, server, head_of("GET", stream, "Connection: close")))
        async with asyncio.timeout(30):
            await readers[-1].readuntil(b"Some ")
    await upstream.open("crowd", "a")
    async with asyncio.timeout(30):
        ended = [await reader.read() for reader in readers[:2]]
    assert not any(b"done" in rest for rest in ended)
    await upstream.open("crowd", "b")
    async with asyncio.timeout(30):
        others = await asyncio.gather(*(reader.read() for reader in readers[2:]))
    assert all(b'"done":true' in rest for rest in others)


def test_the_process_takes_as_many_connections_as_the_system_lets_it(server: AppServer) -> None:
    limits = Path(f"/proc/{server.pid}/limits")
    if not limits.exists():
        return
    soft, hard = re.findall(r"Max open files\s+(\S+)\s+(\S+)", limits.read_text())[0]
    assert soft == hard or int(soft) >= min(65_536, resource.getrlimit(resource.RLIMIT_NOFILE)[1])
