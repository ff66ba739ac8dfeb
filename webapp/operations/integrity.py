"""The check of the database file, page by page: for `doctor`, as it reads all that there is."""

import asyncio
from pathlib import Path
from typing import Final

from webapp.db.integrity import UnfinishedError, damage_of
from webapp.operations.checks import Finding, Level

PATIENCE: Final = 120.0  # seconds: some gigabytes


class IntegrityCheck:
    name = "integrity"
    title = "Database file"
    is_required = False
    needs_database = True

    def __init__(self, path: Path, *, patience: float = PATIENCE) -> None:
        self._path = path
        self._patience = patience

    async def look(self) -> Finding:
        try:
            damage = await asyncio.to_thread(damage_of, self._path, self._patience)
        except UnfinishedError:
            return Finding(
                Level.FAIR,
                f"It is too large to be looked through within {self._patience:g} s.",
                "Make a backup: that looks through the copy.",
            )
        if damage is None:
            return Finding(Level.GOOD, "All its pages are whole.")
        remedy = "Stop the app, keep a copy of the file, and restore the last backup."
        return Finding(Level.BAD, f"It is damaged: {damage[:200]}.", remedy)
