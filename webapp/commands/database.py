"""The database of the settings, for verbs that need it there and with this version's tables."""

import asyncio
import sqlite3

from webapp.commands.terminal import CommandError
from webapp.db.address import Address, SqliteFile
from webapp.db.migrate import MigrationError, current_revision, is_current


class Found:
    """What is known of a database before it is used. `revision` is None where it has no tables yet."""

    def __init__(self, revision: str | None, *, is_current: bool) -> None:
        self.revision = revision
        self.is_current = is_current


def find(address: Address) -> Found | None:
    """None for a file that is not there, which asking would make.

    Raises CommandError for a database that cannot be opened, or that a newer version made.
    """
    if isinstance(address, SqliteFile) and not address.path.is_file():
        return None
    try:
        revision = asyncio.run(current_revision(address))
        return Found(revision, is_current=is_current(address, revision))
    except MigrationError as error:
        raise CommandError(str(error)) from None
    except (OSError, sqlite3.Error) as error:
        raise CommandError(f"The database {address} cannot be opened: {error}.") from None


def require(address: Address) -> None:
    """Raises CommandError for a database that is not there, or does not have this version's tables."""
    found = find(address)
    if found is None:
        raise CommandError(f"There is no database {address}; the first start makes it.")
    if not found.is_current:
        raise CommandError(f"The database {address} does not have this version's tables; db upgrade makes them.")
