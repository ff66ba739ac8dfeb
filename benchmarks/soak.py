"""Whether memory stays where it is over minutes of answers: two processes on Postgres, half of the readers apart."""

import sys
import time
from contextlib import AbstractContextManager
from typing import Final, NamedTuple

from benchmarks.bench import Bench, Server
from benchmarks.load import Plan
from benchmarks.several import Settings, services_of
from benchmarks.table import Row, at_most

STREAMS: Final = 20
TOKENS: Final = 200
RATE: Final = 25.0
WARM: Final = 0.25  # of the time, in which caches fill and allocators find their size
SLOPE_BUDGET: Final = 100.0  # kB a minute, of both processes together


class Sample(NamedTuple):
    """Memory in bytes, so many seconds after the beginning."""

    seconds: float
    pss: int


def measure_soak(bench: Bench, minutes: float) -> list[Row]:
    """One round of answers after the other; memory is looked at between them, when nothing grows."""
    samples: list[Sample] = []
    answers = incomplete = 0
    plan = Plan(STREAMS, TOKENS, RATE, spread=1.0, patience=15.0, apart=True)
    with services_of() as buses, bench.upstream() as upstream, _app(bench, upstream, buses["NOTIFY"]) as app:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < minutes * 60:
            complete = bench.read(app, plan).result.complete
            answers, incomplete = answers + complete, incomplete + STREAMS - complete
            samples.append(Sample(passed, app.process.pss_bytes()))
            print(f"{passed:5.0f} s: {samples[-1].pss / 1e6:.1f} MB", file=sys.stderr, flush=True)
    steady = [sample for sample in samples if sample.seconds >= WARM * minutes * 60]
    name = f"soak of {minutes:g} minutes, 2 processes"
    return [
        Row(f"{name}: answers of {TOKENS} tokens", "", answers),
        Row(f"{name}: answers that did not end", "", incomplete, budget="0", is_ok=not incomplete),
        Row(f"{name}: memory after the first round, and at the end", "MB", samples[-1].pss / 1e6, samples[0].pss / 1e6),
        at_most(
            f"{name}: memory gained a minute after the first quarter", "kB", slope(steady) * 60 / 1000, SLOPE_BUDGET
        ),
    ]


def _app(bench: Bench, upstream: int, settings: Settings) -> AbstractContextManager[Server]:
    return bench.app(upstream, "soak", **settings, WEB_CONCURRENCY="2")


def slope(samples: list[Sample]) -> float:
    """Bytes a second, by least squares; 0 for fewer than two samples."""
    if len(samples) < 2:
        return 0.0
    middle = sum(sample.seconds for sample in samples) / len(samples)
    mean = sum(sample.pss for sample in samples) / len(samples)
    spread = sum((sample.seconds - middle) ** 2 for sample in samples)
    return sum((sample.seconds - middle) * (sample.pss - mean) for sample in samples) / spread
