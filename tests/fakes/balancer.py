"""A router in front of several servers, as a platform has one: each connection goes to the next that answers."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from tests.fakes.wire import pump


class Balancer:
    def __init__(self, ports: Sequence[int]) -> None:
        self.url = ""
        self._ports = list(ports)
        self._visits: set[asyncio.Task[None]] = set()

    def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._carry(reader, writer))
        self._visits.add(task)
        task.add_done_callback(self._visits.discard)

    async def close(self) -> None:
        for visit in (visits := list(self._visits)):
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            far_reader, far_writer = await self._next()
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.gather(pump(reader, far_writer), pump(far_reader, writer))
        finally:
            writer.transport.abort()
            far_writer.transport.abort()

    async def _next(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        self._ports.append(self._ports.pop(0))
        for port in [*self._ports]:  # others turn the list meanwhile, and each visitor tries each port once
            try:
                return await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                continue
        raise ConnectionRefusedError("none of the servers answers")


@asynccontextmanager
async def balancing(ports: Sequence[int]) -> AsyncIterator[Balancer]:
    """A balancer in this loop before the servers on these ports; `balancer.url` is its address."""
    balancer = Balancer(ports)
    server = await asyncio.start_server(balancer.visit, "127.0.0.1", 0, backlog=1000)
    balancer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield balancer
    finally:
        server.close()
        await balancer.close()
