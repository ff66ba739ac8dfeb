"""A bus over the database that there is anyhow: LISTEN and NOTIFY. One connection a process, beside its pool."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Final

import asyncpg

from webapp.bus.linked import Link, LinkedBus, LinkError, Post
from webapp.db.address import PostgresServer
from webapp.db.postgres import connect

LARGEST: Final = 7_900  # bytes; the server takes less than 8,000

_NOTIFY: Final = (
    "SELECT count(pg_notify(channel, payload)) FROM unnest($1::text[], $2::text[]) AS post(channel, payload)"
)


class PostgresBus(LinkedBus):
    kind = "postgres"

    def __init__(self, server: PostgresServer, **timing: float) -> None:
        super().__init__(largest=LARGEST, **timing)
        self._server = server

    async def _open(self, channels: Sequence[str]) -> Link:
        try:
            connection = await connect(self._server, patience=0)
        except OSError as error:
            raise LinkError(str(error)) from error
        link = _PostgresLink(connection)
        try:
            await link.subscribe(channels)
        except BaseException:
            connection.terminate()
            raise
        return link


class _PostgresLink:
    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection
        self._hear: Callable[[bytes], None] = lambda _: None
        self._is_lost = asyncio.Event()
        self._notify: Any = None  # prepared once

    async def subscribe(self, channels: Sequence[str]) -> None:
        self._connection.add_termination_listener(lambda _: self._is_lost.set())
        try:
            # A notification is of use now or never: its transaction need not wait for a disk.
            await self._connection.execute("SET synchronous_commit = off")
            self._notify = await self._connection.prepare(_NOTIFY)
            for channel in channels:
                await self._connection.add_listener(channel, self._take)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise LinkError(str(error)) from error

    async def post(self, posts: Sequence[Post]) -> None:
        channels = [channel for channel, _ in posts]
        try:
            await self._notify.fetchval(channels, [payload.decode() for _, payload in posts])
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError) as error:
            raise LinkError(str(error)) from error

    async def listen(self, hear: Callable[[bytes], None]) -> None:
        self._hear = hear
        await self._is_lost.wait()
        raise LinkError("the server ended the connection")

    async def close(self) -> None:
        self._connection.terminate()

    def _take(self, _connection: Any, _process: int, _channel: str, payload: str) -> None:
        self._hear(payload.encode())
