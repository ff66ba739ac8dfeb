"""Postgres databases of the tests' own, made once a run and emptied for each test."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from msgspec.structs import replace

from tests.fakes.apart import apart
from webapp.db.address import PostgresServer
from webapp.db.postgres import connect
from webapp.db.tables import Base

_TABLES = [*(table.name for table in reversed(Base.metadata.sorted_tables)), "search_queue", "storage"]
_EMPTY = ";".join(f"DELETE FROM {table}" for table in _TABLES)


@contextmanager
def own_database(server: PostgresServer) -> Iterator[PostgresServer]:
    """A new database without tables, which is dropped at the end. What it would lose in a power cut does not matter."""
    name = f"open_chat_test_{secrets.token_hex(6)}"
    run(server, f"CREATE DATABASE {name}")
    try:
        run(server, f"ALTER DATABASE {name} SET synchronous_commit = off")
        yield replace(server, database=name)
    finally:
        run(server, f"DROP DATABASE {name} WITH (FORCE)")


def without_rows(database: PostgresServer) -> PostgresServer:
    """The database, with all its tables and nothing in them."""
    run(database, _EMPTY)
    return database


def without_tables(database: PostgresServer) -> PostgresServer:
    """The database, as new."""
    run(database, "DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    return database


def url_of(database: PostgresServer) -> str:
    """The address as an operator would write it."""
    who = f"{quote(database.user)}:{quote(database.password)}"
    return f"postgresql://{who}@{database.host}:{database.port}/{database.database}"


def run(database: PostgresServer, statements: str) -> None:
    apart(_run(database, statements))


async def _run(database: PostgresServer, statements: str) -> None:
    connection = await connect(database)
    try:
        await connection.execute(statements)
    finally:
        await connection.close()
