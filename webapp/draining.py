"""How a process goes down: what it still does between the signal and the end."""

import time
from collections.abc import Callable, Sequence
from typing import Final, Protocol

FAREWELL: Final = 2.0  # seconds after the last answer's end in which pages fetch its final form, also on a slow line
LONGEST_ENDING: Final = 15.0  # seconds for ends that the database is slow to take


class Answers(Protocol):
    """Answers that grow here."""

    @property
    def live_count(self) -> int: ...

    def take_no_more(self) -> None: ...

    def send_away(self) -> None: ...

    def interrupt(self) -> None: ...


class Drain:
    """Between the signal to end and the end of serving.

    Where other processes serve the same people, readers are sent there, and serving ends at once. A process that is
    alone goes on to serve until its answers have ended or `grace` is over: nobody else would show them.
    """

    def __init__(
        self,
        answers: Sequence[Answers],
        *,
        is_alone: bool,
        grace: float,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._answers = answers
        self._is_alone = is_alone
        self._grace = grace
        self._now = now
        self._ends_at = 0.0
        self._grew_at: float | None = None

    def begin(self) -> None:
        """No new answers from now on."""
        self._ends_at = self._now() + self._grace
        for one in self._answers:
            one.take_no_more()

    def hurry(self) -> None:
        """Ends the grace: answers that still grow are interrupted."""
        self._ends_at = self._now()

    def is_over(self) -> bool:
        """Whether serving can end, and readers are on their way. To be asked again and again after `begin`."""
        if self._is_alone and self._is_needed():
            return False
        for one in self._answers:
            one.send_away()
        return True

    def _is_needed(self) -> bool:
        now = self._now()
        if any(one.live_count for one in self._answers):
            self._grew_at = now
            if now >= self._ends_at:
                for one in self._answers:
                    one.interrupt()
            return now < self._ends_at + LONGEST_ENDING
        return self._grew_at is not None and now < self._grew_at + FAREWELL
