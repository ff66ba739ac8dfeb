"""`backup` and `restore`: a copy of the whole database in one file, and the way back."""

import argparse
from pathlib import Path
from typing import Any

from webapp.commands.terminal import WELL, CommandError, Progress, check_target, note, say
from webapp.config import load


def add_backup(verbs: Any) -> None:
    parser = verbs.add_parser(
        "backup",
        help="copy the whole database to a file, also while the app runs",
        description="Copies the whole database, as it is at this moment, to a file that appears when it is complete "
        "and checked. The app may run. Of Postgres the copy is one of pg_dump, which has to be installed.",
        epilog="example: python -m webapp backup /backups/open-chat-$(date +%F).backup",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="where the copy goes")
    parser.add_argument("--force", action="store_true", help="overwrite FILE")
    parser.set_defaults(run=_back_up)


def add_restore(verbs: Any) -> None:
    parser = verbs.add_parser(
        "restore",
        help="put a copy that backup made in the place of the database",
        description="Checks the copy, brings it to this version's tables, and puts it in the place of the database: "
        "all of it, or nothing. Stop the app before.",
        epilog="example: python -m webapp restore /backups/open-chat-2026-11-24.backup",
    )
    parser.add_argument("file", metavar="FILE", type=Path, help="a copy that backup made")
    parser.add_argument("--force", action="store_true", help="replace a database that has conversations")
    parser.set_defaults(run=_restore)


def _back_up(options: argparse.Namespace) -> int:
    from datetime import UTC, datetime

    from webapp.commands.database import require
    from webapp.db.address import address_of
    from webapp.db.backup import BackupError, back_up
    from webapp.operations.backups import Backup, note_backup

    settings = load()
    address = address_of(settings)
    check_target(options.file, force=options.force)
    require(address)
    began = datetime.now(UTC)
    try:
        size = back_up(address, options.file, Progress("copied"))
    except BackupError as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename or options.file} cannot be used: {error.strerror}.") from None
    say(f"Copied {address} to {options.file} ({size:,} bytes).")
    try:
        note_backup(Path(settings.data_dir), Backup(began, size))
    except OSError as error:
        note(f"/status will not know of it: {error.filename} cannot be written.")
    return WELL


def _restore(options: argparse.Namespace) -> int:
    from webapp.db.address import address_of
    from webapp.db.backup import BackupError, restore
    from webapp.db.lock import DatabaseInUseError, hold

    address = address_of(load())
    try:
        with hold(address):
            restore(address, options.file, force=options.force, progress=Progress("put back"))
    except (BackupError, DatabaseInUseError) as error:
        raise CommandError(str(error)) from None
    except OSError as error:
        raise CommandError(f"{error.filename or address} cannot be used: {error.strerror}.") from None
    say(f"{address} is what it was when {options.file} was made.")
    return WELL
