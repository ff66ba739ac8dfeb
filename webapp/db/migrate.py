"""Brings a database file to the tables of this version, by the numbered migrations."""

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

MIGRATIONS: Final = Path(__file__).parent / "migrations"


class MigrationError(RuntimeError):
    """The database cannot be brought to this version. The text is one line for the operator."""


def upgrade(path: Path) -> bool:
    """Applies what is missing, in order; makes the file and its folder where there are none.

    Returns whether there was anything to do. Raises MigrationError for a file that is no database of ours, cannot be
    written, or was made by a newer version. The caller sees to it that nobody else upgrades the file at the same time.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        current = current_revision(path)
    except (OSError, sqlite3.Error) as error:
        raise MigrationError(f"The database {path} cannot be opened: {error}.") from error
    known = revisions()
    if current == known[-1]:
        return False
    if current is not None and current not in known:
        raise MigrationError(
            f"A newer Open Chat made the database {path}: this one does not know its revision {current}. "
            "Install the newer version again, or set DATA_DIR to another folder."
        )
    _apply(path)
    return True


def revisions() -> list[str]:
    """The numbers of all migrations, oldest first: 0001, 0002, ..."""
    return sorted(file.name[:4] for file in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current_revision(path: Path) -> str | None:
    """The number of the last migration applied to ``path``, or None where there was none.

    Plain sqlite3, as every start asks this and Alembic takes long to load.
    """
    with closing(sqlite3.connect(path, timeout=10)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone():
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    return str(row[0]) if row else None


def _apply(path: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
