"""`db recount`: how many bytes each user has, counted again."""

import argparse
from typing import TYPE_CHECKING, Any

from webapp.commands.terminal import WELL, CommandError, say
from webapp.config import load

if TYPE_CHECKING:
    from webapp.db.address import Address


def add_recount(verbs: Any) -> None:
    parser = verbs.add_parser(
        "recount",
        help="count again how many bytes each user has",
        description="Goes through all that each user has, and puts right the figure that MAX_BYTES_PER_USER is held "
        "against, if it is wrong. It never should be, unless the database was changed by hand. The app may run.",
        epilog="example: python -m webapp db recount",
    )
    parser.set_defaults(run=_recount)


def _recount(_options: argparse.Namespace) -> int:
    import asyncio

    from webapp.commands.database import require
    from webapp.db.address import address_of
    from webapp.db.errors import DATABASE_ERRORS, reason

    address = address_of(load())
    require(address)
    try:
        users, wrong = asyncio.run(_count(address))
    except DATABASE_ERRORS as error:
        raise CommandError(f"The database {address} can't be counted through: {reason(error)}.") from None
    found = "The figures were right" if not wrong else f"The figures of {wrong:,} were wrong, and are right now"
    say(f"Counted what {users:,} {'user has' if users == 1 else 'users have'}. {found}.")
    return WELL


async def _count(address: "Address") -> tuple[int, int]:
    """How many users there are, and of how many the figure was wrong."""
    from webapp.accounts.storage_store import Storage
    from webapp.db.engine import open_database

    database = open_database(address)
    try:
        storage = Storage(database)
        owners = await storage.owners()
        return len(owners), sum([await storage.recount(owner) > 0 for owner in owners])
    finally:
        await database.close()
