"""A Postgres database, which many processes may share."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from hashlib import blake2b
from typing import Any, Final
from uuid import UUID

import asyncpg
from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from webapp.db.address import PostgresServer
from webapp.db.engine import Database
from webapp.db.outages import AWAY, FULL, READ_ONLY, AwayError, Trouble

PATIENCE: Final = 15.0  # seconds that a server which is not there, or is just starting, is waited for
COMMAND_TIMEOUT: Final = 30.0  # seconds for a statement: a network that swallows what is sent says nothing by itself
IDLE_TIMEOUT: Final = "60s"  # after which the server takes back what the transaction of a process that hangs has locked
RECYCLE_AFTER: Final = 1800  # seconds: routers forget connections, and long-lived ones gather memory at the server

_READING: Final = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class RefusedError(AwayError):
    """The server does not answer, or does not let us in. The text is its own, and holds no password."""


class PostgresDatabase(Database):
    """A pool of connections. A server that has been restarted in between costs time and no error."""

    is_shared = True

    def __init__(self, server: PostgresServer, pool_size: int, *, command_timeout: float = COMMAND_TIMEOUT) -> None:
        engine = open_engine(
            lambda: connect(server, command_timeout=command_timeout, on_failure=lambda: self.outages.seen()),
            pool_size=pool_size,
            max_overflow=0,
            pool_timeout=PATIENCE,
            pool_pre_ping=True,
            pool_recycle=RECYCLE_AFTER,
        )
        super().__init__(engine, pool_size)

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        async with self._within_reach(), self._session() as session:
            await session.connection(execution_options=_READING)
            yield session
            self.outages.over(by_reading=True)

    @asynccontextmanager
    async def write(self, key: UUID | str | None = None) -> AsyncIterator[AsyncSession]:
        async with self._within_reach(writing=True), self._session() as session:
            if key is not None:
                await take_turn(await session.connection(), str(key))
            yield session
            await session.commit()
            self.outages.over()

    async def try_writing(self) -> None:
        async with self._within_reach(), self._sessions() as session:
            if await session.scalar(_IS_READ_ONLY) == "on":
                raise self.outages.begun(READ_ONLY, "its transactions are read-only")

    @asynccontextmanager
    async def _within_reach(self, *, writing: bool = False) -> AsyncIterator[None]:
        """Turns what passes by itself into AwayError: a lost connection, silence, a pool that has none left.

        For whoever is `writing`, a full disk of the server and one that can only be read as well.
        """
        try:
            yield
        except RefusedError as error:
            self.outages.begun(AWAY, str(error))
            raise
        except (DBAPIError, PoolTimeoutError, TimeoutError) as error:
            trouble = _trouble(error, writing=writing)
            if trouble is None:
                raise
            raise self.outages.begun(trouble, _line(error)) from error


_IS_READ_ONLY: Final = select(func.current_setting("transaction_read_only"))
_TROUBLES: Final = {"53100": FULL, "25006": READ_ONLY}  # by SQLSTATE


def _trouble(error: Exception, *, writing: bool) -> Trouble | None:
    if not isinstance(error, DBAPIError) or error.connection_invalidated:
        return AWAY
    state = getattr(error.orig, "sqlstate", None)
    return _TROUBLES.get(state) if writing and isinstance(state, str) else None


async def take_turn(connection: AsyncConnection, key: str) -> None:
    """Waits until no other transaction holds the advisory lock `key`, and holds it to the end of this one.

    A lock of the transaction, so that nothing is left behind when a process dies. What is read afterwards includes all
    that those before have written, as every statement has its own snapshot.
    """
    number = int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)
    await connection.execute(_LOCK, {"number": number})


_LOCK: Final = select(func.pg_advisory_xact_lock(bindparam("number")))


def open_engine(connect: Callable[[], Awaitable[asyncpg.Connection]], **pool: Any) -> AsyncEngine:
    """SQLAlchemy's engine on connections of our own making."""
    return create_async_engine("postgresql+asyncpg://", async_creator=connect, hide_parameters=True, **pool)


async def connect(
    server: PostgresServer,
    *,
    patience: float = PATIENCE,
    command_timeout: float | None = None,
    on_failure: Callable[[], None] | None = None,
) -> asyncpg.Connection:
    """A connection. Waits up to `patience` seconds for a server that is not there or is just starting.

    A statement that takes longer than `command_timeout` raises TimeoutError. `on_failure` is called for each attempt
    that fails. Raises RefusedError where the server stays away, and at once where waiting would not help.
    """
    loop = asyncio.get_running_loop()
    until, pause = loop.time() + patience, 0.05
    while True:
        try:
            return await _connect(server, command_timeout)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            if on_failure is not None:
                on_failure()
            if loop.time() + pause > until or not _may_pass(error):
                raise RefusedError(_line(error)) from error
        await asyncio.sleep(pause)
        pause = min(2 * pause, 1.0)


# Starting or going down; full; broken off in the middle of what was said.
_PASSING: Final = (
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
    asyncpg.PostgresConnectionError,
)


def _may_pass(error: Exception) -> bool:
    """Whether waiting may help. Not where certificates do not fit, or there is no TLS (a bare ConnectionError)."""
    if isinstance(error, OSError):
        return not isinstance(error, ssl.SSLError) and type(error) is not ConnectionError
    return isinstance(error, _PASSING)


def _line(error: Exception) -> str:
    return " ".join(str(getattr(error, "orig", None) or error).split()).rstrip(".") or "it does not answer"


async def _connect(server: PostgresServer, command_timeout: float | None) -> asyncpg.Connection:
    """Without the server's compiler: it would make queries of a branch slower, whose length the server cannot know."""
    return await asyncpg.connect(
        host=server.host,
        port=server.port,
        user=server.user or None,
        password=server.password or None,
        database=server.database,
        ssl=_tls(server),
        timeout=10,
        command_timeout=command_timeout,
        statement_cache_size=0,  # SQLAlchemy has one of its own
        server_settings={
            "application_name": server.application_name,
            "jit": "off",
            "idle_in_transaction_session_timeout": IDLE_TIMEOUT,
        },
    )


def _tls(server: PostgresServer) -> ssl.SSLContext | str | bool:
    """What the driver takes for a TLS mode. `require` alone keeps listeners out and not impostors, as libpq has it."""
    if server.host.startswith("/") or server.tls == "disable":
        return False
    if server.tls in ("allow", "prefer"):
        return server.tls
    context = ssl.create_default_context(cafile=server.root_certificate or None)
    context.check_hostname = server.tls == "verify-full"
    if server.tls == "require" and not server.root_certificate:
        context.verify_mode = ssl.CERT_NONE
    return context
