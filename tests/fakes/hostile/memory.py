"""How much memory a process and its children take at most, and its processor time, by the kernel's own figures."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

INTERVAL: Final = 0.02  # seconds between two looks

MB: Final = 1_000_000


class Watch:
    """Weighs a process while the block runs; ``grown`` and ``children`` are bytes, and known at its end.

    What the process grew by is exact, since the kernel keeps its peak. Its children are looked at in between.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._before = 0
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self.grown = 0
        self.children = 0

    def __enter__(self) -> "Watch":
        with suppress(OSError):
            Path(f"/proc/{self._pid}/clear_refs").write_text("5")  # the peak begins again from here
            self._before = _status(self._pid, "VmRSS")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self.grown = max(self.grown, _status(self._pid, "VmHWM") - self._before)
        self._is_over.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._is_over.wait(INTERVAL):
            with suppress(OSError):
                self.grown = max(self.grown, _status(self._pid, "VmRSS") - self._before)
            self.children = max(self.children, sum(_resident(child) for child in _below(self._pid)))


def resident(pid: int) -> int:
    """Bytes of memory that a process takes now; 0 if there is no such process."""
    return _resident(pid)


def processor_time(pid: int) -> float:
    """Seconds of a processor that all of its threads have had; 0 if there is no such process."""
    with suppress(OSError):
        return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) gives for a process
    return 0.0


def _resident(pid: int) -> int:
    with suppress(OSError, StopIteration):
        return _status(pid, "VmRSS")
    return 0


def _status(pid: int, field: str) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(f"{field}:")).split()[1]) * 1024


def _below(pid: int) -> Iterator[int]:
    """All processes that it has started, and those that they have."""
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                yield child
                yield from _below(child)
