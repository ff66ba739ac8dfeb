"""One process at a time on an embedded database."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from webapp.db.address import Address, SqliteFile


class DatabaseInUseError(RuntimeError):
    """Another process has the database. The text is one line for the operator."""


def hold(address: Address) -> AbstractContextManager[None]:
    """What a process is to hold while it uses a database: the lock of an SQLite file; nothing where many may."""
    return sole_process(address.path) if isinstance(address, SqliteFile) else nullcontext()


@contextmanager
def sole_process(database: Path) -> Iterator[None]:
    """Holds the lock beside ``database`` for as long as the block runs; the system frees it when the process dies.

    Who holds it knows that an answer which still counts as streaming has nobody writing it.

    Raises DatabaseInUseError when another process holds it.
    """
    path = database.with_suffix(".lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise DatabaseInUseError(
                f"Another Open Chat (process {file.read().strip() or 'unknown'}) already runs on {database}; "
                "stop it, or set DATA_DIR to another folder."
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
