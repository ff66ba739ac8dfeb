"""The check of what this machine has: room on the disk."""

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final

from webapp.operations.checks import Finding, Level
from webapp.operations.store import DatabaseFacts

MEGABYTE: Final = 1_000_000
SCARCE: Final = 1_000 * MEGABYTE  # bytes free, below which somebody should look
EXHAUSTED: Final = 100 * MEGABYTE


class DiskCheck:
    name = "disk"
    title = "Disk"
    is_required = False
    needs_database = True

    def __init__(self, folder: Path, facts: DatabaseFacts, free: Callable[[Path], int] | None = None) -> None:
        """`free` tells how many bytes are left in a folder that exists."""
        self._folder = folder
        self._facts = facts
        self._free = free or _free

    async def look(self) -> Finding:
        free = await asyncio.to_thread(self._free, _existing(self._folder))
        says = f"The database has {sized(await self._facts.size())}; {sized(free)} are free in DATA_DIR."
        if free >= SCARCE:
            return Finding(Level.GOOD, says)
        remedy = "Make room, take a larger disk, or set RETENTION_DAYS: answers cannot be kept on a full one."
        return Finding(Level.BAD if free < EXHAUSTED else Level.FAIR, says, remedy)


def sized(count: int) -> str:
    """A number of bytes for people: 340 kB, 12.3 MB, 1.25 GB."""
    for unit, size in (("GB", 1e9), ("MB", 1e6)):
        if count >= size:
            return f"{count / size:.3g} {unit}" if count < 1000 * size else f"{count / size:,.0f} {unit}"
    return f"{count / 1000:.0f} kB"


def _free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


def _existing(folder: Path) -> Path:
    return next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
