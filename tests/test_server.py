"""The process that serves: what it takes from a connection."""

import asyncio

import pytest

from tests.fakes.app_server import AppServer


async def answer_to(server: AppServer, head: bytes) -> bytes:
    """What comes back, or nothing where the server hung up."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(server.url.rsplit(":", 1)[1]))
    try:
        writer.write(head)
        await writer.drain()
        async with asyncio.timeout(10):
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
    assert await answer_to(server, head) == b""


async def test_a_usual_head_is_answered(server: AppServer) -> None:
    head = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nX-Long: " + b"x" * 8_000 + b"\r\n\r\n"
    assert await answer_to(server, head) == b"HTTP/1.1 200 OK"
