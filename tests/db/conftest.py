"""Databases without tables, of both kinds."""

from pathlib import Path

import pytest

from tests.fakes.postgres import without_tables
from webapp.db.address import Address, PostgresServer, SqliteFile


@pytest.fixture(params=["sqlite", "postgres"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """A file that is not there yet, and then a database of a server without tables."""
    if request.param == "sqlite":
        return SqliteFile(tmp_path / "deep" / "chat.db")
    postgres: PostgresServer = request.getfixturevalue("bare_postgres")
    return without_tables(postgres)
