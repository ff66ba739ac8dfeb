"""When messages were written, where a file does not say it of all of them."""

from datetime import UTC, datetime, timedelta
from typing import Final

NO_TIME: Final = datetime(2000, 1, 1, tzinfo=UTC)  # of a conversation of which nothing is known


class Clock:
    """The time of a message whose time is not known is a moment after that of the one before it."""

    def __init__(self, began: datetime | None) -> None:
        self._now = began or NO_TIME

    def at(self, when: datetime | None) -> datetime:
        self._now = when or self._now + timedelta(milliseconds=1)
        return self._now
