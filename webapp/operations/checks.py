"""Checks: each looks at one thing and says how it is. Readiness, the page `/status` and `doctor` share them."""

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from webapp.background import end

logger = logging.getLogger(__name__)

PATIENCE: Final = 5.0  # seconds after which whatever was looked at does not answer


class Level(StrEnum):
    """How something is: as it should be, working but worth a look, or not working."""

    GOOD = "good"
    FAIR = "fair"
    BAD = "bad"


class Finding(Struct, frozen=True):
    """What a check has found, in a sentence for the operator; `remedy` says what to do about it, where there is need.

    Neither has a secret in it.
    """

    level: Level
    says: str
    remedy: str = ""


class Check(Protocol):
    """One thing to look at. `name` is a stable word for machines, `title` is for people.

    `is_required`: a process without it is not ready to serve. `needs_database`: it looks at the database, or into it.
    """

    name: str
    title: str
    is_required: bool
    needs_database: bool

    async def look(self) -> Finding:
        """How it is now. Whatever is raised counts as BAD; a look that takes longer than PATIENCE is given up."""
        ...


class Reported(Struct, frozen=True):
    """A finding with the name of its check."""

    name: str
    title: str
    is_required: bool
    finding: Finding


async def look_at(checks: Sequence[Check], patience: float = PATIENCE) -> tuple[Reported, ...]:
    """Lets all checks look at once; what they found, in their order."""
    findings = await asyncio.gather(*(_finding(check, patience) for check in checks))
    return tuple(
        Reported(check.name, check.title, check.is_required, finding)
        for check, finding in zip(checks, findings, strict=True)
    )


async def _finding(check: Check, patience: float) -> Finding:
    try:
        async with asyncio.timeout(patience):
            return await check.look()
    except TimeoutError:
        return Finding(Level.BAD, f"No answer within {patience:g} s.", "See whether it runs and can be reached.")
    except Exception as error:
        # The error's own words go into the log alone: they may name addresses, and are of any length.
        logger.warning("The check of %s failed: %s", check.name, error)
        return Finding(Level.BAD, f"It does not work ({type(error).__name__}).", "The log says more.")


class Remembered:
    """A check that looks at most once in `seconds`, however many ask; in between it says again what it found."""

    def __init__(self, check: Check, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.name = check.name
        self.title = check.title
        self.is_required = check.is_required
        self.needs_database = check.needs_database
        self._check = check
        self._seconds = seconds
        self._now = now
        self._looking = asyncio.Lock()
        self._finding: Finding | None = None
        self._found_at = 0.0

    async def look(self) -> Finding:
        async with self._looking:
            if self._finding is None or self._now() - self._found_at >= self._seconds:
                self._finding = await self._check.look()
                self._found_at = self._now()
            return self._finding


class Recalled:
    """A check that says at once what it found last, and looks in the background if that is older than `seconds`.

    For those who can't wait, as a platform's probe.
    """

    def __init__(self, check: Check, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self.name = check.name
        self.title = check.title
        self.is_required = check.is_required
        self.needs_database = check.needs_database
        self._check = check
        self._seconds = seconds
        self._now = now
        self._finding: Finding | None = None
        self._found_at = 0.0
        self._looking: asyncio.Task[None] | None = None

    async def look(self) -> Finding:
        age = self._now() - self._found_at
        if self._finding is not None and age < self._seconds:
            return self._finding
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look(), name=f"check of {self.name}")
        if self._finding is None:
            return Finding(Level.FAIR, "Not known yet.", "Ask again in some seconds.")
        return replace(self._finding, says=f"{self._finding.says} ({age:.0f} s ago)")

    async def close(self) -> None:
        """Ends a look that is under way."""
        if self._looking is not None:
            await end(self._looking)

    async def _look(self) -> None:
        (reported,) = await look_at([self._check])
        self._finding, self._found_at = reported.finding, self._now()
