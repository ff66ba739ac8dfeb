"""`export`: everybody's conversations, to read and to take away."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from webapp.commands.terminal import WELL, CommandError, Progress, check_target, say
from webapp.config import load

if TYPE_CHECKING:
    from webapp.db.address import Address


def add_export(verbs: Any) -> None:
    parser = verbs.add_parser(
        "export",
        help="write all conversations to a zip, as Markdown and JSON",
        description="Writes all conversations to a zip: each as Markdown, which has what its page shows, and as JSON, "
        "which has all its branches, with the pictures beside them. The app may run. For putting everything back "
        "there is backup.",
        epilog="example: python -m webapp export conversations.zip",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="the zip")
    parser.add_argument("--force", action="store_true", help="overwrite FILE")
    parser.set_defaults(run=_export)


def _export(options: argparse.Namespace) -> int:
    import asyncio

    from webapp.commands.database import require
    from webapp.db.address import address_of
    from webapp.db.backup import BackupError, replacing
    from webapp.db.errors import DATABASE_ERRORS, reason
    from webapp.web.refusals import RefusalError

    address = address_of(load())
    check_target(options.file, force=options.force)
    require(address)
    try:
        with replacing(options.file) as new:
            count = asyncio.run(_write(address, new))
    except BackupError as error:
        raise CommandError(str(error)) from None
    except RefusalError as error:
        raise CommandError(f"Nothing was exported: {error.sentence}") from None
    except DATABASE_ERRORS as error:
        raise CommandError(f"Nothing was exported from {address}: {reason(error)}.") from None
    say(f"Wrote {count:,} conversations to {options.file}.")
    return WELL


async def _write(address: "Address", target: Path) -> int:
    from webapp.conversations.gallery import open_gallery
    from webapp.db.engine import open_database
    from webapp.documents.archive import write_archive
    from webapp.documents.closer import Closer
    from webapp.documents.store import DocumentStore

    database = open_database(address)
    try:
        async with open_gallery(database) as gallery:
            return await write_archive(DocumentStore(database, gallery), Closer(), target, Progress("exported"))
    finally:
        await database.close()
