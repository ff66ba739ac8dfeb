"""A door in front of a Postgres server: it can stay shut, be slammed, and speak TLS for a server that does not."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from msgspec.structs import replace

from webapp.db.address import PostgresServer

_TLS_PLEASE = bytes.fromhex("0000000804d2162f")


class Door:
    """The next `shut` connections are hung up on; `knocks` counts all, `encrypted` those that came to speak TLS.

    While `open` is not set, nothing comes through and nobody is told.
    """

    def __init__(self, behind: PostgresServer, tls: ssl.SSLContext | None) -> None:
        self._behind = behind
        self._tls = tls
        self._visits: set[asyncio.Task[None]] = set()
        self.open = asyncio.Event()
        self.open.set()
        self.shut = 0
        self.knocks = 0
        self.encrypted = 0

    def knock(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.knocks += 1
        visit = asyncio.create_task(self._visit(reader, writer))
        self._visits.add(visit)
        visit.add_done_callback(self._visits.discard)

    async def slam(self) -> None:
        """Breaks off all connections, as a server does that dies."""
        for visit in (visits := list(self._visits)):
            visit.cancel()
        await asyncio.gather(*visits, return_exceptions=True)

    async def _visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self.shut:
                self.shut -= 1
            else:
                await self._let_in(reader, writer)
        except (OSError, EOFError):
            pass
        finally:
            await _close(writer)

    async def _let_in(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        beginning = await reader.readexactly(8)
        if beginning == _TLS_PLEASE:
            writer.write(b"S" if self._tls else b"N")
            beginning = b""
            if self._tls:
                await writer.start_tls(self._tls)
                self.encrypted += 1
        inner_reader, inner_writer = await asyncio.open_connection(self._behind.host, self._behind.port)
        try:
            inner_writer.write(beginning)
            await asyncio.gather(self._carry(reader, inner_writer), self._carry(inner_reader, writer))
        finally:
            await _close(inner_writer)

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            await self.open.wait()
            writer.write(data)
            await writer.drain()
        writer.close()


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()
    with suppress(OSError):
        await writer.wait_closed()


@asynccontextmanager
async def door(behind: PostgresServer, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[Door, PostgresServer]]:
    """A door, and the address at which it stands."""
    made = Door(behind, tls)
    listener = await asyncio.start_server(made.knock, "127.0.0.1", 0)
    try:
        yield made, replace(behind, host="127.0.0.1", port=listener.sockets[0].getsockname()[1])
    finally:
        listener.close()
        await made.slam()
        await listener.wait_closed()
