"""When the database was last copied: the word that `backup` leaves, and the check that reads it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from webapp.operations.checks import Finding, Level
from webapp.operations.machine import sized

BACKUP_IS_OLD: Final = timedelta(days=7)
MARKER: Final = "last-backup.json"


class Backup(Struct, frozen=True):
    """What is known of the last copy: when it was made, and how many bytes it has."""

    made_at: datetime
    size: int


def note_backup(folder: Path, backup: Backup) -> None:
    """Leaves word of a copy in `folder`, for the operator's page."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / MARKER).write_bytes(msgspec.json.encode(backup))


def last_backup(folder: Path) -> Backup | None:
    """None where no copy was made, or where nobody can tell."""
    try:
        return msgspec.json.decode((folder / MARKER).read_bytes(), type=Backup)
    except (OSError, msgspec.MsgspecError):
        return None


class BackupCheck:
    name = "backup"
    title = "Last backup"
    is_required = False
    needs_database = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def look(self) -> Finding:
        backup = await asyncio.to_thread(last_backup, self._folder)
        if backup is None:
            remedy = "Let a timer call python -m webapp backup, unless your platform keeps copies by itself."
            return Finding(Level.FAIR, "None that this installation knows of.", remedy)
        age = datetime.now(UTC) - backup.made_at
        says = f"{_ago(age)}, {sized(backup.size)}."
        if age < BACKUP_IS_OLD:
            return Finding(Level.GOOD, says)
        return Finding(Level.FAIR, says, "Make another with python -m webapp backup, best by a timer.")


def _ago(age: timedelta) -> str:
    if age < timedelta(hours=1):
        return "Less than an hour ago"
    hours = int(age.total_seconds() // 3600)
    count, unit = (hours, "hour") if hours < 48 else (hours // 24, "day")
    return f"{count} {unit}{'' if count == 1 else 's'} ago"
