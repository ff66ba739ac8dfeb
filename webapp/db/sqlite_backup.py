"""Copies of an SQLite file."""

import sqlite3
import tempfile
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from webapp.db.address import SqliteFile
from webapp.db.backup import BackupError, Progress, refuse_to_overwrite
from webapp.db.lock import sole_process
from webapp.db.migrate import MigrationError, file_revision, is_current, upgrade

PAGES: Final = 2_000  # copied at a time; between two the progress is told


def copy(source: Path, target: Path, progress: Progress, *, pages: int = PAGES) -> None:
    """Copies the database `source` as it is now into the empty file `target`, `pages` at a time; checks the copy."""
    try:
        with closing(_existing(source)) as old, closing(sqlite3.connect(target)) as new:
            # On one snapshot throughout: a copy begins anew whenever somebody writes, and somebody does twice a second.
            old.execute("BEGIN")
            old.execute("SELECT count(*) FROM sqlite_master").fetchone()
            old.backup(new, pages=pages, progress=lambda _, left, total: progress(total - left, total))
            new.execute("PRAGMA journal_mode = DELETE")  # one file, complete by itself
            _check(new, target)
    except sqlite3.Error as error:
        raise BackupError(f"{source} cannot be copied: {error}.") from None


def put_back(target: Path, source: Path, *, force: bool, progress: Progress) -> None:
    """Makes `target` what `source` is. Nobody else has the database meanwhile."""
    if not force and _has_conversations(target):
        raise refuse_to_overwrite(target)
    with tempfile.TemporaryDirectory(prefix=".restore-", dir=target.parent) as folder:
        new = Path(folder) / target.name
        copy(source, new, progress)
        _bring_up_to_date(new, source)
        _take_place(new, target)


def _bring_up_to_date(new: Path, source: Path) -> None:
    """Before anything is replaced: what cannot be brought to this version is not put back."""
    revision = file_revision(new)
    if revision is None:
        raise BackupError(f"{source} is no copy of an Open Chat database.")
    try:
        is_current(SqliteFile(source), revision)
        with sole_process(new):
            upgrade(SqliteFile(new))
    except MigrationError as error:
        raise BackupError(str(error)) from None


def _take_place(new: Path, target: Path) -> None:
    """The old file's companions go first: what is in them would be taken for changes of the new one."""
    if target.exists():
        with suppress(sqlite3.Error), closing(_existing(target)) as old:  # a damaged one is replaced as well
            old.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    new.replace(target)


def _has_conversations(path: Path) -> bool:
    if not path.exists():
        return False
    try:
        with closing(_existing(path)) as connection:
            return bool(connection.execute("SELECT EXISTS (SELECT 1 FROM conversations)").fetchone()[0])
    except sqlite3.OperationalError:
        return False  # without that table
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} cannot be read ({error}); with --force it is replaced.") from None


def _existing(path: Path) -> sqlite3.Connection:
    """A connection that does not make the file. `mode=ro` could not read a database that was not closed in order."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=10)


def _check(connection: sqlite3.Connection, path: Path) -> None:
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise BackupError(f"{path} is damaged: {found}.")
