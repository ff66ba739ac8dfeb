"""How the time that something takes grows with the length of its text."""

import time
from collections.abc import Callable
from typing import Final

TRIES: Final = 6
SLACK: Final = 0.01  # seconds


def is_linear(work: Callable[[int], object], length: int) -> bool:
    """Whether twice the length takes `work` no more than twice the time, and a quarter of that again.

    Measured several times, as a machine may be slow for a moment: where the time grows with the square, no one will do.
    """

    def seconds(size: int) -> float:
        began = time.process_time()
        work(size)
        return time.process_time() - began

    return any(seconds(2 * length) <= 2.5 * seconds(length) + SLACK for _ in range(TRIES))
