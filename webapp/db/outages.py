"""What can keep a database from its work, in words for readers and operators, and what the log has of it."""

import logging
from datetime import timedelta
from math import inf
from time import monotonic
from typing import Final

from msgspec import Struct

logger = logging.getLogger(__name__)

SAY_AGAIN: Final = 60.0  # seconds: what comes and goes is not said at each turn
RETRY_AFTER: Final = 5.0  # seconds until another try makes sense


class Trouble(Struct, frozen=True):
    """Something that keeps a database from its work. `what` begins a sentence, `remedy` is for the operator.

    `passes`: another try may succeed. `reads`: what is kept already can still be read.
    """

    what: str
    remedy: str
    passes: bool = True
    reads: bool = True

    @property
    def sentence(self) -> str:
        """For the reader: what happened, and what to do if it won't pass."""
        if not self.passes:
            return f"{self.what}, so this can't be shown or saved. Ask an administrator to restore a backup."
        if not self.reads:
            return f"{self.what} just now."
        return f"{self.what}, so nothing can be saved now."


AWAY: Final = Trouble("The database does not answer", "See whether it runs and can be reached.", reads=False)
FULL: Final = Trouble("The disk is full", "Make room on the disk of the database, or take a larger one.")
LOCKED: Final = Trouble(
    "The database is locked by another program",
    "Close whatever else has the database file open: an editor of databases, a copy tool, another script.",
)
BUSY: Final = Trouble("The database is busy", "See whether its disk is slow, or an import is under way.")
READ_ONLY: Final = Trouble(
    "The database can only be read", "See whether the disk is mounted read-only, and who may write the file."
)
BROKEN: Final = Trouble(
    "The disk of the database fails", "Look at the system's log for errors of the disk, and make a backup now."
)
DAMAGED: Final = Trouble(
    "The database file is damaged", "Stop the app, keep a copy of the file, and restore the last backup.", passes=False
)


class AwayError(ConnectionError):
    """The database cannot do its work just now, or went away in mid-transaction. A moment later it may be back.

    The log has it already: the database itself says when an outage begins and when it is over.
    """

    def __init__(self, reason: str, trouble: Trouble = AWAY) -> None:
        super().__init__(reason)
        self.for_log = reason
        self.trouble = trouble
        self.sentence = trouble.sentence
        self.retry_after = RETRY_AFTER if trouble.passes else None


class Outages:
    """Whether a database works, as those who use it have found. Says in the log when that ends, and when it is back."""

    def __init__(self) -> None:
        self.trouble: Trouble | None = None
        self.damage: Trouble | None = None  # which stays
        self._last: Trouble | None = None
        self._seen_at = self._began_at = self._worked_at = -inf
        self._said_at: dict[Trouble, float] = {}
        self._said: set[Trouble] = set()  # of this outage

    def seen(self) -> None:
        """Notes that it was out of reach for a moment, which is worth no line."""
        self._seen_at = monotonic()

    def begun(self, trouble: Trouble, reason: str) -> AwayError:
        """Notes that something went wrong, and returns the error to raise."""
        if trouble.passes:
            self._begin(trouble, reason)
        elif self.damage is None:
            self.damage = trouble
            logger.error("%s: %s. %s", trouble.what, reason, trouble.remedy)
        return AwayError(reason, trouble)

    def over(self, *, by_reading: bool = False) -> None:
        """Notes that something was written, or only read."""
        if not by_reading:
            self._worked_at = monotonic()
        if self.trouble is None or (by_reading and self.trouble.reads):
            return
        if self._said:
            logger.info("The database works again, after %.0f s", monotonic() - self._began_at)
        self.trouble = None
        self._said.clear()

    def has_worked(self, within: timedelta) -> bool:
        """Whether something was written so short a time ago, and nothing has gone wrong since."""
        return self.trouble is None and monotonic() - self._worked_at < within.total_seconds()

    def was_seen(self, within: timedelta) -> bool:
        """Whether there was any trouble at a moment that is no longer past than that."""
        return monotonic() - self._seen_at < within.total_seconds()

    def recent(self, within: timedelta) -> Trouble | None:
        """The trouble that there is, or was until so short a time ago."""
        return self._last if self.trouble is not None or self.was_seen(within) else None

    def _begin(self, trouble: Trouble, reason: str) -> None:
        now = self._seen_at = monotonic()
        if self.trouble is None:
            self._began_at = now
        if trouble not in self._said and now - self._said_at.get(trouble, -inf) >= SAY_AGAIN:
            self._said_at[trouble] = now
            self._said.add(trouble)
            logger.warning("%s: %s. %s", trouble.what, reason, trouble.remedy)
        self.trouble = self._last = trouble
