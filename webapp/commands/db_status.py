"""`db status`: which database it is, and how far its tables are."""

import argparse
from typing import Any

from webapp.commands.terminal import NOT_POSSIBLE, WELL, say
from webapp.config import load


def add_db_status(verbs: Any) -> None:
    parser = verbs.add_parser(
        "status",
        help="say which database it is, and whether it has this version's tables",
        description="Says where the database is and how far its tables are. Changes nothing. "
        "Ends with 0 where they are those of this version, else with 1.",
        epilog="example: python -m webapp db status || python -m webapp db upgrade",
    )
    parser.set_defaults(run=_tell)


def _tell(_options: argparse.Namespace) -> int:
    from webapp.commands.database import find
    from webapp.db.address import address_of
    from webapp.db.migrate import revisions

    address = address_of(load())
    found = find(address)
    if found is None:
        say(f"{address}: not there yet; the first start makes it, or db upgrade.")
        return NOT_POSSIBLE
    if found.is_current:
        say(f"{address}: up to date, at {found.revision}.")
        return WELL
    now = found.revision or "nothing"
    say(f"{address}: at {now}, and this version has {revisions()[-1]}; db upgrade brings it there.")
    return NOT_POSSIBLE
