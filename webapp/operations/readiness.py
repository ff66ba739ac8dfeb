"""Whether this process is ready to serve, for the platform that sends it requests."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final

from msgspec import Struct

from webapp.operations.checks import Check, Finding, Level, Recalled, Remembered, Reported, look_at
from webapp.operations.store import DatabaseFacts

FRESH: Final = 1.0  # seconds for which a report is good: anybody may ask, as often as they like
RECALLED_FOR: Final = 5.0  # the same for what is not required, which is looked at in the background
PATIENCE: Final = 2.0  # platforms give up on a health check after a few seconds
SLOW: Final = 0.25  # seconds


class DatabaseCheck:
    name = "database"
    title = "Database"
    is_required = True
    needs_database = True

    def __init__(self, facts: DatabaseFacts) -> None:
        self._facts = facts

    async def look(self) -> Finding:
        """Of what cannot be written, pages can still be read: no reason to send nobody here any more."""
        seconds, trouble = await self._facts.latency(), await self._facts.trouble()
        if trouble is not None:
            return Finding(Level.FAIR, f"{trouble.what}: nothing can be sent or saved.", trouble.remedy)
        says = f"It answers within {seconds * 1000:.1f} ms."
        if seconds < SLOW:
            return Finding(Level.GOOD, says)
        return Finding(Level.FAIR, says, "Its machine or disk is busy, or far away: every page waits for it.")


class MigrationsCheck:
    name = "migrations"
    title = "Tables"
    is_required = True
    needs_database = True

    def __init__(self, facts: DatabaseFacts, expected: str) -> None:
        """`expected` is the number of this version's last migration."""
        self._facts = facts
        self._expected = expected

    async def look(self) -> Finding:
        current = await self._facts.revision()
        if current == self._expected:
            return Finding(Level.GOOD, f"They are those of this version ({current}).")
        if current is not None and current > self._expected:
            return Finding(
                Level.FAIR, f"A newer version has changed them ({current} > {self._expected}).", "Update this process."
            )
        return Finding(
            Level.BAD,
            f"They are those of an older version ({current or 'none'} < {self._expected}).",
            "Run the release step, or start the app anew: both bring them up to date.",
        )


class Report(Struct, frozen=True):
    """`is_ready` with what has led to it."""

    is_ready: bool
    is_draining: bool
    checks: tuple[Reported, ...]


class Readiness:
    """Ready is who takes new answers and finds nothing that it requires BAD."""

    def __init__(self, checks: Sequence[Check], is_draining: Callable[[], bool]) -> None:
        self._required = [Remembered(check, FRESH) for check in checks if check.is_required]
        self._others = [Recalled(check, RECALLED_FOR) for check in checks if not check.is_required]
        self._is_draining = is_draining

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """At the end of the block nothing is looked at any more."""
        try:
            yield
        finally:
            for check in self._others:
                await check.close()

    async def report(self, *, detailed: bool = False) -> Report:
        """A report on what is required, or, if `detailed`, on everything. It waits for what is required alone."""
        found = await look_at([*self._required, *(self._others if detailed else [])], PATIENCE)
        is_draining = self._is_draining()
        fails = any(one.is_required and one.finding.level is Level.BAD for one in found)
        return Report(not fails and not is_draining, is_draining, found)
