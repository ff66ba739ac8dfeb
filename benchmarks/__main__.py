"""``python -m benchmarks`` measures what docs/performance.md promises, and prints a table."""

import argparse
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.bench import Bench
from benchmarks.checkpoints import measure_checkpoints
from benchmarks.growth import measure_growth
from benchmarks.history import measure_history
from benchmarks.imports import measure_imports
from benchmarks.isolation import measure_isolation
from benchmarks.long_answer import measure_long
from benchmarks.pages import measure_page, measure_start
from benchmarks.paint import measure_paint
from benchmarks.processes import busy_seconds
from benchmarks.screen import measure_screen
from benchmarks.search import measure_search
from benchmarks.sends import measure_sends
from benchmarks.several import measure_several
from benchmarks.soak import measure_soak
from benchmarks.streams import measure_beside_aiohttp, measure_memory, measure_streams
from benchmarks.table import Row, markdown

MEASUREMENTS: Final[Mapping[str, Callable[[Bench], list[Row]]]] = {
    "start": measure_start,
    "page": measure_page,
    "paint": measure_paint,
    "streams": measure_streams,
    "aiohttp": measure_beside_aiohttp,
    "memory": measure_memory,
    "sends": measure_sends,
    "several": measure_several,
    "checkpoints": measure_checkpoints,
    "growth": measure_growth,
    "isolation": measure_isolation,
    "history": measure_history,
    "search": measure_search,
    "imports": measure_imports,
    "screen": measure_screen,
    "long": measure_long,
}


def main() -> int:
    """Returns 1 if a figure is over its budget."""
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as at an interrupt: what was started is ended
    began, busy = time.monotonic(), busy_seconds()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory(prefix="open-chat-bench-") as folder:
        bench = Bench(Path(folder), quick=options.quick)
        if options.soak is not None:
            rows += measure_soak(bench, options.soak)
        for name in [] if options.soak is not None else options.only or MEASUREMENTS:
            print(f"{time.monotonic() - began:5.0f} s: {name}", file=sys.stderr, flush=True)
            rows += MEASUREMENTS[name](bench)
    seconds = time.monotonic() - began
    print(markdown(rows))
    print(_conditions(seconds, busy_seconds() - busy, quick=options.quick))
    return int(any(row.is_ok is False for row in rows))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description="Measures the app beside a bare proxy.")
    parser.add_argument("--quick", action="store_true", help="one short round of each, in about a minute")
    parser.add_argument("--only", action="append", choices=MEASUREMENTS, help="this one; may be given several times")
    parser.add_argument(
        "--soak",
        type=float,
        nargs="?",
        const=15.0,
        metavar="MINUTES",
        help="nothing but answers for so long (%(const)g minutes unless said), to see whether memory grows",
    )
    return parser.parse_args()


def _conditions(seconds: float, busy: float, *, quick: bool) -> str:
    """What the figures hang on: when, on what, for how long, and how much else was going on."""
    used = os.times()
    others = busy - used.user - used.system - used.children_user - used.children_system
    rounds = "one short round" if quick else "medians of three rounds"
    python = ".".join(map(str, sys.version_info[:3]))
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, Python {python}, {os.cpu_count()} cores, {rounds}, {seconds:.0f} s; "
        f"other processes used {max(others, 0) / seconds:.2f} of a core meanwhile."
    )


if __name__ == "__main__":
    sys.exit(main())
