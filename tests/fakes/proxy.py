"""A small reverse proxy: puts a server below a path of a host with other things on it, and tells who strayed there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

ELSEWHERE: Final = b"HTTP/1.1 404 Not Found\r\nContent-Length: 9\r\nConnection: close\r\n\r\nElsewhere"


class Proxy:
    """`strays` are the targets of requests that were not for what is below the path."""

    def __init__(self, upstream: int, root: str, *, strips: bool) -> None:
        self.strays: list[str] = []
        self.url = ""
        self._upstream = upstream
        self._root = root
        self._strips = strips
        self._serving: set[asyncio.Task[None]] = set()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serves a connection that has come."""
        task = asyncio.create_task(self.serve(reader, writer))
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def close(self) -> None:
        """Hangs up on all that still hold a connection, as browsers do ahead of their need."""
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request for each connection, as that is simple, and a browser minds it little."""
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
                await self._pass_on(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        finally:
            writer.close()

    async def _pass_on(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        method, target, rest = head.decode("latin-1").split(" ", 2)
        if target != self._root and not target.startswith(f"{self._root}/"):
            self.strays.append(target)
            writer.write(ELSEWHERE)
            return
        if self._strips:
            target = target.removeprefix(self._root) or "/"
        version, _, headers = rest.partition("\r\n")
        kept = [line for line in headers.strip().split("\r\n") if not line.lower().startswith("connection:")]
        lines = [f"{method} {target} {version}", *kept, "Connection: close", "", ""]
        source, sink = await asyncio.open_connection("127.0.0.1", self._upstream)
        sink.write("\r\n".join(lines).encode("latin-1"))
        body = asyncio.create_task(_pump(reader, sink))
        try:
            await _pump(source, writer)
        finally:
            body.cancel()
            await asyncio.wait([body])
            sink.close()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    while data := await source.read(65536):
        sink.write(data)
        await sink.drain()


@asynccontextmanager
async def proxying(upstream: int, root: str, *, strips: bool) -> AsyncIterator[Proxy]:
    """A proxy in this loop, which has a server on port `upstream` below `root`, whose address is `proxy.url`."""
    proxy = Proxy(upstream, root, strips=strips)
    server = await asyncio.start_server(proxy.accept, "127.0.0.1", 0)
    proxy.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{root}"
    try:
        yield proxy
    finally:
        server.close()
        await proxy.close()
