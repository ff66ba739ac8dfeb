"""The process that serves: what it takes from a connection."""

import asyncio
import gc
import platform
import socket
import subprocess
import sys

import pytest

from tests.fakes.app_server import ROOT, AppServer
from webapp.config import Settings
from webapp.server import Server


async def answer_to(server: AppServer, head: bytes) -> bytes:
    """What comes back, or nothing where the server hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    try:
        writer.write(head)
        await writer.drain()
        async with asyncio.timeout(30):
            return await reader.read(15)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 5_000_000,
        b"GET /" + b"x" * 5_000_000,
        b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n" + b"X-Many: x\r\n" * 500_000,
    ],
)
async def test_a_head_without_end_is_hung_up_on(server: AppServer, head: bytes) -> None:
    """The refusal may be lost on its way: whoever still sends hears first that nobody listens."""
    assert await answer_to(server, head) in (b"", b"HTTP/1.1 431 Re")


async def test_a_usual_head_is_answered(server: AppServer) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 8_000 + b"\r\n\r\n"
    assert await answer_to(server, head) == b"HTTP/1.1 200 OK"


async def heads_of(server: AppServer, *targets: str) -> list[list[str]]:
    """The heads of answers to requests that come one after the other on one connection, as lines."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    heads = []
    try:
        for target in targets:
            writer.write(f"GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            async with asyncio.timeout(30):
                lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
                lengths = [line.partition(": ")[2] for line in lines if line.startswith("content-length:")]
                assert len(lengths) == 1, lines
                await reader.readexactly(int(lengths[0]))
            heads.append(lines)
    finally:
        writer.close()
    return heads


async def test_a_connection_stays_open_for_the_next_request(server: AppServer) -> None:
    """Also after a refusal, as proxies keep few connections and use them again."""
    heads = await heads_of(server, "/", "/messages/1", "/c", "/healthz", "/")
    assert [head[0].split()[1] for head in heads] == ["200", "404", "200", "200", "200"]


async def test_a_proxy_can_pass_headers_on_over_http_2(server: AppServer) -> None:
    """There names are in small letters, and headers that are about one connection are an error."""
    for head in await heads_of(server, "/", "/healthz", "/models", "/nothing"):
        names = [line.partition(":")[0] for line in head[1:]]
        assert names == [name.lower() for name in names]
        assert not {"connection", "keep-alive", "proxy-connection", "upgrade", "te"} & set(names)


def test_an_idle_connection_is_kept_longer_than_routers_do() -> None:
    """Heroku's keeps one for 90 seconds, Caddy for 120."""
    assert Server(None, Settings()).config.timeout_keep_alive > 120


async def test_the_collector_leaves_alone_what_lives_as_long_as_the_process() -> None:
    """A full collection of it holds up everybody for 100 ms."""

    async def app(scope: object, receive: object, send: object) -> None:
        pass

    server = Server(app, Settings())
    server.config.lifespan = "off"
    server.config.load()
    server.lifespan = server.config.lifespan_class(server.config)
    held = [[server]]
    with socket.create_server(("127.0.0.1", 0)) as listener:
        await server.startup([listener])
        try:
            assert not any(one is held for one in gc.get_objects())
        finally:
            await server.shutdown([listener])


KEPT = """
from pathlib import Path
from webapp.server import return_large_blocks

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

return_large_blocks()
before = resident()
above = []
for _ in range(4):
    large = bytes([1]) * 12_000_000
    above.append(bytes(100_000))
    del large
print(resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="of glibc's malloc")
def test_the_memory_of_large_blocks_goes_back_to_the_system() -> None:
    """Also where something that came after them stays."""
    done = subprocess.run([sys.executable, "-c", KEPT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 6_000_000
