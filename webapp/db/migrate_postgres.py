"""Migrations of a Postgres database, by one process while the others wait."""

import asyncio
from collections.abc import Sequence
from typing import Final

import asyncpg
from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError

from webapp.db.address import PostgresServer
from webapp.db.migrate import MigrationError, apply_migrations, is_current
from webapp.db.postgres import RefusedError, connect, open_engine, take_turn

# A change to a table waits for those who use it, and everybody else waits behind the change: so it makes way after
# LOCK_TIMEOUT seconds, and tries again after each of PAUSES.
LOCK_TIMEOUT: Final = 3.0
PAUSES: Final = (1.0, 2.0, 4.0, 8.0)


async def upgrade_server(
    server: PostgresServer, *, lock_timeout: float = LOCK_TIMEOUT, pauses: Sequence[float] = PAUSES
) -> bool:
    """As `webapp.db.migrate.upgrade`. All that is missing is applied in one transaction, or nothing of it."""
    for pause in (*pauses, None):
        try:
            return not is_current(server, await server_revision(server)) and await _apply(server, lock_timeout)
        except OSError as error:
            raise MigrationError(f"The database {server} cannot be opened: {error}.") from error
        except DBAPIError as error:
            if pause is None or not _is_in_use(error):
                line = " ".join(str(error.orig).split())
                raise MigrationError(f"The database {server} cannot be upgraded: {line}.") from error
        await asyncio.sleep(pause)
    raise AssertionError("the last round returns or raises")


async def server_revision(server: PostgresServer) -> str | None:
    """The number of the last migration applied, or None where there was none. Without Alembic, as for a file."""
    connection = await connect(server)
    try:
        if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
            return None
        revision = await connection.fetchval("SELECT version_num FROM alembic_version")
    except asyncpg.PostgresError as error:
        raise RefusedError(str(error)) from error
    finally:
        await connection.close()
    return None if revision is None else str(revision)


async def _apply(server: PostgresServer, lock_timeout: float) -> bool:
    """False where another process has done it while this one waited for its turn."""
    engine = open_engine(lambda: connect(server), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await take_turn(connection, "migrations")
            if is_current(server, await server_revision(server)):
                return False
            await connection.execute(text(f"SET LOCAL lock_timeout = {round(lock_timeout * 1000)}"))
            await connection.run_sync(apply_migrations)
    finally:
        await engine.dispose()
    return True


def _is_in_use(error: DBAPIError) -> bool:
    return getattr(error.orig, "sqlstate", "") == "55P03"  # lock_not_available
