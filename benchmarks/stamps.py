"""Words that say when they were sent, so that whoever reads them can tell how long they took.

A stamp is a capital Z and five digits to the base of 36: the time of ``time.monotonic_ns``, which all processes of a
Linux machine share, in units of ten microseconds. It starts anew every ten minutes.
"""

import re
from typing import Final

UNIT_NS: Final = 10_000
SPAN: Final = 36**5
LENGTH: Final = 6

_DIGITS: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_STAMP = re.compile(rb"Z([0-9A-Z]{5})")


def units(time_ns: int) -> int:
    """A time as stamps count it."""
    return time_ns // UNIT_NS % SPAN


def stamp(time_units: int) -> str:
    """The word for a time in ``units``."""
    digits = []
    for _ in range(LENGTH - 1):
        time_units, digit = divmod(time_units, 36)
        digits.append(_DIGITS[digit])
    return "Z" + "".join(reversed(digits))


class StampReader:
    """Finds the stamps of one stream in its bytes, each once, however often it is repeated in them.

    Stamps of one stream are sent in the order of time. ``ages`` holds the age of each at its arrival, in milliseconds.
    """

    def __init__(self) -> None:
        self.ages: list[float] = []
        self._last: int | None = None
        self._carry = b""

    def feed(self, data: bytes, now_ns: int) -> None:
        """Reads a piece of the stream that arrived at ``now_ns``."""
        now = units(now_ns)
        for found in _STAMP.findall(self._carry + data):
            sent = int(found, 36)
            if self._last is None or 0 < (sent - self._last) % SPAN < SPAN // 2:
                self._last = sent
                self.ages.append((now - sent) % SPAN * UNIT_NS / 1e6)
        self._carry = (self._carry + data)[1 - LENGTH :]
