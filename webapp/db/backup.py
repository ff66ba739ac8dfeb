"""Copies of a whole database in one file: made while the app runs, checked, and put back all or nothing."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from webapp.db.address import Address, PostgresServer

Progress = Callable[[int, int], None]  # how much is done of how much

_MAGIC: Final = {b"SQLite format 3\x00": "an SQLite database", b"PGDMP": "a Postgres database"}


class BackupError(RuntimeError):
    """A copy cannot be made or put back; nothing has changed. The text is one line for the operator."""


def back_up(address: Address, target: Path, progress: Progress) -> int:
    """Copies the database as it is at this moment to the file `target`, which appears when it is whole.

    Returns its size. Whoever uses the database goes on doing so. Raises BackupError.
    """
    with replacing(target) as new:
        if isinstance(address, PostgresServer):
            from webapp.db import postgres_backup

            postgres_backup.dump(address, new)
        else:
            from webapp.db import sqlite_backup

            sqlite_backup.copy(address.path, new, progress)
        return new.stat().st_size


def restore(address: Address, source: Path, *, force: bool, progress: Progress) -> None:
    """Makes the database what it was when `source` was copied, with the tables of this version.

    The caller holds the database. Raises BackupError for a file that is no copy of ours, or damaged, or of a newer
    version, or of another kind of database, and, without `force`, for a database that has conversations.
    """
    is_server = isinstance(address, PostgresServer)
    kind = _kind_of(source)
    if kind != _MAGIC[b"PGDMP" if is_server else b"SQLite format 3\x00"]:
        advice = "set DATABASE_URL to one of that kind, restore there, and move it with db copy"
        raise BackupError(f"{source} is a copy of {kind}, and {address} is another kind; {advice}.")
    if isinstance(address, PostgresServer):
        from webapp.db import postgres_backup

        postgres_backup.put_back(address, source, force=force)
        return
    from webapp.db import sqlite_backup

    sqlite_backup.put_back(address.path, source, force=force, progress=progress)


def refuse_to_overwrite(address: object) -> BackupError:
    return BackupError(f"{address} has conversations, which would be lost; with --force they are replaced.")


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A new file beside `target`, which takes its place at the end of the block, or is gone if that raises."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.absolute().parent)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from None
    new = Path(name)
    try:
        yield new
        os.fsync(handle)
        new.replace(target)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror}.") from None
    finally:
        os.close(handle)
        new.unlink(missing_ok=True)


def _kind_of(source: Path) -> str:
    try:
        with source.open("rb") as file:
            head = file.read(16)
    except OSError as error:
        raise BackupError(f"{source} cannot be read: {error.strerror}.") from None
    found = next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), None)
    if found is None:
        raise BackupError(f"{source} is no copy that backup has made.")
    return found
