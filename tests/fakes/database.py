"""A database file with all tables, quickly: the migrations run once, every further file is a copy."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from webapp.db.engine import Database
from webapp.db.migrate import upgrade


def ensure_database_file(path: Path) -> None:
    if not path.exists():
        path.write_bytes(_migrated())


@asynccontextmanager
async def open_database(path: Path) -> AsyncIterator[Database]:
    """The database of the file `path`, which is made if it is not there."""
    ensure_database_file(path)
    database = Database(path)
    try:
        yield database
    finally:
        await database.close()


@cache
def _migrated() -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "migrated.db"
        upgrade(path)
        return path.read_bytes()
