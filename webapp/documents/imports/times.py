"""When messages were written, in all the spellings that programs have for it, and where a file does not say it."""

import math
import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

# Other programs know these times as seconds; what is outside is no time at all, or is counted in parts of a second.
_FIRST: Final = datetime(1990, 1, 1, tzinfo=UTC).timestamp()
_LAST: Final = datetime(2200, 1, 1, tzinfo=UTC).timestamp()

_MAX_SPELLING: Final = 80  # characters
_NUMBER: Final = re.compile(r"\d{9,19}(?:\.\d{1,9})?")
_AT: Final = re.compile(r"(\d{4})-(\d\d?)-(\d\d?) ?@ ?(\d\d?)h ?(\d\d?)m(?: ?(\d\d?)s)?(?: ?(\d{1,3})ms)?")
_TRAILING_ZONE: Final = re.compile(r"^(\S+ \S+) ([+-]\d{4})(?: [A-Z]{1,5})?$")
_SPELLINGS: Final = (
    "%B %d, %Y %I:%M%p",
    "%B %d, %Y %I:%M %p",
    "%B %d, %Y %H:%M",
    "%b %d, %Y, %I:%M:%S %p",
    "%b %d, %Y, %I:%M %p",
    "%m/%d/%Y, %I:%M:%S %p",
    "%m/%d/%Y %I:%M:%S %p",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S %Z",
)


def moment(value: Any) -> datetime | None:
    """A point in time; None for what is none, and for one before 1990 or after 2200.

    ISO 8601; seconds, milliseconds, microseconds or nanoseconds since 1970, also as text or as {"$date": ...}; RFC
    5322; and the spellings that chat programs have. Without a zone it is UTC.
    """
    if isinstance(value, dict):
        value = value.get("$date", value.get("$numberLong"))
        return None if isinstance(value, dict) and "$date" in value else moment(value)
    if isinstance(value, str):
        return _spelled(value.strip()) if len(value) <= _MAX_SPELLING else None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _counted(value)
    return None


def _counted(value: float) -> datetime | None:
    if not _FIRST <= value < 1e20 or not math.isfinite(value):
        return None
    seconds = float(value)
    while seconds > _LAST:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC) if seconds >= _FIRST else None


def _spelled(value: str) -> datetime | None:
    if _NUMBER.fullmatch(value):
        return _counted(float(value))
    if found := _AT.fullmatch(value):
        year, month, day, hour, minute, second, thousandths = (int(part or 0) for part in found.groups())
        return _within(lambda: datetime(year, month, day, hour, minute, second, thousandths * 1000, UTC))
    spelled = _TRAILING_ZONE.sub(r"\1\2", value)
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        if (when := _within(lambda read=read: read(spelled))) is not None:
            return when
    tidy = value.replace("\u202f", " ").replace("am", "AM").replace("pm", "PM")
    found_in = (_within(lambda form=form: datetime.strptime(tidy, form).replace(tzinfo=UTC)) for form in _SPELLINGS)
    return next((when for when in found_in if when is not None), None)


def _within(read: Any) -> datetime | None:
    try:
        when: datetime = read()
        seconds = (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return datetime.fromtimestamp(seconds, UTC) if _FIRST <= seconds <= _LAST else None


class Clock:
    """The time of a message whose time is not known is a moment after that of the one before it."""

    def __init__(self, *known: datetime | None) -> None:
        """Begins with the earliest of the times that a file has for a conversation; without one, now."""
        self._now = min((one for one in known if one is not None), default=None) or datetime.now(UTC)

    def at(self, when: datetime | None) -> datetime:
        self._now = when or self._now + timedelta(milliseconds=1)
        return self._now
