"""The page `/status`: everything that there is to look at, and what this process is at."""

import asyncio
import os
import platform
import resource
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from msgspec import Struct

from webapp import __version__
from webapp.config import LOOPBACK, Settings
from webapp.conversations.replies import Replies
from webapp.operations.backups import BackupCheck
from webapp.operations.checks import Check, Finding, Level, Reported, look_at
from webapp.operations.machine import DiskCheck, sized
from webapp.operations.readiness import DatabaseCheck, MigrationsCheck
from webapp.operations.store import DatabaseFacts
from webapp.operations.upstream import ClockCheck, CreditCheck, Upstream, UpstreamCheck
from webapp.web.operators import host_name

PATIENCE: Final = 10.0  # seconds; the page waits for all checks
FACT_PATIENCE: Final = 2.0  # seconds for a figure, which the page can do without


class Fact(Struct, frozen=True):
    title: str
    value: str


class StatusPage(Struct, frozen=True):
    """`probe_url` leads to a stream by which a reader can measure whether it comes piece by piece."""

    title: str
    lines: tuple[Reported, ...]
    facts: tuple[Fact, ...]
    probe_url: str
    needs_token: bool
    looked_at: datetime

    @property
    def worst(self) -> Level:
        levels = {line.finding.level for line in self.lines}
        return next((level for level in (Level.BAD, Level.FAIR) if level in levels), Level.GOOD)

    @property
    def sentence(self) -> str:
        """How it is as a whole."""
        bad, fair = (sum(one.finding.level is level for one in self.lines) for level in (Level.BAD, Level.FAIR))
        parts = [_counted(bad, "does not work", "do not work")] if bad else []
        parts += [_counted(fair, "is worth a look", "are worth a look")] if fair else []
        return " and ".join(parts)[:1].upper() + " and ".join(parts)[1:] + "." if parts else "Everything works."


def checks_of(settings: Settings, facts: DatabaseFacts, upstream: Upstream, revision: str) -> list[Check]:
    """What can be looked at without a running server. `revision` is the last migration of this version."""
    folder = Path(settings.data_dir)
    return [
        DatabaseCheck(facts),
        MigrationsCheck(facts, revision),
        UpstreamCheck(upstream),
        CreditCheck(upstream),
        ClockCheck(facts, upstream),
        DiskCheck(folder, facts),
        BackupCheck(folder),
    ]


class Status:
    def __init__(
        self,
        settings: Settings,
        checks: Sequence[Check],
        replies: Replies,
        stored: Callable[[], Awaitable[int]],
    ) -> None:
        """`stored` is asked how many bytes all users have."""
        self._settings = settings
        self._checks = checks
        self._replies = replies
        self._stored = stored
        self._began = time.monotonic()

    async def page(self, host: str) -> StatusPage:
        """`host` is the one that the request asked for."""
        found = await look_at(self._checks, PATIENCE)
        address = Reported("address", "Public address", False, address_finding(self._settings, host))
        return StatusPage(
            title="Status",
            lines=(*found, address),
            facts=(*self._facts(), Fact("What users have", await self._stored_words())),
            probe_url=self._address(host) + "/status/probe",
            needs_token=bool(self._settings.metrics_token),
            looked_at=datetime.now(UTC),
        )

    def _address(self, host: str) -> str:
        """Where the reader's proxy takes requests, as far as is known."""
        return self._settings.public_url if self._settings.app_url else f"http://{host}{self._settings.root}"

    async def _stored_words(self) -> str:
        """What is wrong with the database stands above, with what to do."""
        try:
            async with asyncio.timeout(FACT_PATIENCE):
                return sized(await self._stored())
        except Exception:
            return "not known"

    def _facts(self) -> tuple[Fact, ...]:
        return (
            Fact("Version", f"{__version__}, Python {platform.python_version()}"),
            Fact("Running for", _lasted(time.monotonic() - self._began)),
            Fact("Memory", sized(memory())),
            Fact("Growing answers", str(self._replies.live_count)),
            Fact("Open event streams", str(self._replies.follower_count)),
        )


def address_finding(settings: Settings, host: str = "") -> Finding:
    """How the address that the settings tell of fits to the `host` of a request, "" where there is none."""
    if not settings.app_url:
        if settings.is_local:
            return Finding(Level.GOOD, "This machine alone can reach it.")
        return Finding(Level.FAIR, "APP_URL is not set.", "Set it to the address that people use.")
    name = host_name(host)
    if name and name not in settings.hosts | LOOPBACK:
        return Finding(
            Level.BAD,
            f"APP_URL is {settings.app_url}, and this request asked for {name[:100]!r}: pages are refused there.",
            "Set APP_URL or ALLOWED_HOSTS to that name, or let the proxy pass the Host header on.",
        )
    if settings.app_url.startswith("http://") and not settings.is_local:
        return Finding(
            Level.FAIR,
            f"{settings.app_url}: everybody on the way can read passwords and texts.",
            "Let the proxy speak TLS, and let APP_URL begin with https://.",
        )
    return Finding(Level.GOOD, f"{settings.app_url}.")


def memory() -> int:
    """Bytes that this process has in memory; the most that it ever had, where the system tells no more."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most if sys.platform == "darwin" else most * 1024


def _lasted(seconds: float) -> str:
    minutes = int(seconds // 60)
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days:
        return f"{days} d {hours} h"
    return f"{hours} h {minutes} min" if hours else f"{minutes} min" if minutes else f"{int(seconds)} s"


def _counted(count: int, one: str, many: str) -> str:
    return f"1 thing {one}" if count == 1 else f"{count} things {many}"
