"""The router before the processes: who comes while some are down is led to one that is up."""

import asyncio

from tests.fakes.balancer import balancing
from tests.fakes.ports import quiet_port

VISITORS = 50


async def test_of_many_at_once_each_finds_the_one_that_answers() -> None:
    async def greet(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"hello\n")
        await writer.drain()
        writer.close()

    async def visit(port: int) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            return await reader.readline()
        finally:
            writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    up = server.sockets[0].getsockname()[1]
    async with server, balancing([quiet_port(), quiet_port(), up]) as balancer:
        port = int(balancer.url.rpartition(":")[2])
        assert await asyncio.gather(*(visit(port) for _ in range(VISITORS))) == [b"hello\n"] * VISITORS
