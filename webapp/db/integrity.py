"""Whether an SQLite file is whole."""

import sqlite3
import time
from contextlib import closing
from pathlib import Path
from typing import Final

STEPS: Final = 100  # of SQLite's machine between two looks at the clock


class UnfinishedError(Exception):
    """The file is too large to be looked through in the time that there was."""


def damage_of(path: Path, patience: float) -> str | None:
    """What is wrong with a database file, in SQLite's words; None where its pages and tables are whole.

    Raises UnfinishedError after `patience` seconds. Whoever uses the file goes on doing so.
    """
    until = time.monotonic() + patience
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=10)) as connection:
            connection.set_progress_handler(lambda: time.monotonic() > until, STEPS)
            (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
            raise UnfinishedError from None
        return str(error)
    return None if found == "ok" else " ".join(str(found).split())
