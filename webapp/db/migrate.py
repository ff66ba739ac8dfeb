"""Brings a database to the tables of this version, by the numbered migrations."""

import asyncio
import logging
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any, Final

from webapp.db.address import Address, PostgresServer, SqliteFile

logger = logging.getLogger(__name__)

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class MigrationError(RuntimeError):
    """The database cannot be brought to this version. The text is one line for the operator."""


def upgrade(address: Address) -> bool:
    """Applies what is missing, in order; makes an SQLite file and its folder where there are none.

    Returns whether there was anything to do. Raises MigrationError for a database that is not ours, cannot be reached
    or written, or was made by a newer version. That nobody else upgrades an SQLite file at the same time is the
    caller's affair; on Postgres several may try, and one does it.
    """
    if isinstance(address, PostgresServer):
        from webapp.db.migrate_postgres import upgrade_server  # its driver is not loaded where a file is the database

        return asyncio.run(upgrade_server(address))
    return _upgrade_file(address)


def revisions() -> list[str]:
    """The numbers of all migrations, oldest first: 0001, 0002, ..."""
    return sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def is_current(address: Address, revision: str | None) -> bool:
    """Whether a database of that revision has the tables of this version. Raises MigrationError for a newer one."""
    known = revisions()
    if revision is not None and revision not in known:
        raise MigrationError(
            f"A newer Open Chat made the database {address}: this one does not know its revision {revision}. "
            "Install the newer version again, or set DATA_DIR or DATABASE_URL to another database."
        )
    return revision == known[-1]


async def current_revision(address: Address) -> str | None:
    """The number of the last migration applied to a database, or None where there was none.

    Raises OSError or sqlite3.Error for one that cannot be opened.
    """
    if isinstance(address, PostgresServer):
        from webapp.db.migrate_postgres import server_revision

        return await server_revision(address)
    return file_revision(address.path)


def file_revision(path: Path) -> str | None:
    """As `current_revision`, at once. Plain sqlite3, as every start asks this and Alembic takes long to load."""
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def apply_migrations(connection: Any, target: str = "head") -> None:
    """Runs the migrations that are missing up to `target` on SQLAlchemy's `connection`, in its transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, target)


def _upgrade_file(file: SqliteFile) -> bool:
    try:
        file.path.parent.mkdir(parents=True, exist_ok=True)
        was_there = file.path.exists()
        revision = file_revision(file.path)
    except (OSError, sqlite3.Error) as error:
        raise MigrationError(f"The database {file} cannot be opened: {error}.") from error
    if is_current(file, revision):
        return False
    if was_there and revision is None:
        logger.warning(
            "The file %s was there and empty: it becomes a new database. If there were conversations in it, its disk "
            "or volume isn't the one that it was. Then stop the app, and find that, or restore a backup",
            file,
        )
    from sqlalchemy import create_engine

    engine = create_engine(f"sqlite:///{file}")
    try:
        with engine.begin() as connection:
            apply_migrations(connection)
    finally:
        engine.dispose()
    return True
