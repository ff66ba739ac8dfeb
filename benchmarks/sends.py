"""Many people send at the same moment."""

from statistics import median

from benchmarks.bench import Bench
from benchmarks.load import Plan, percentile
from benchmarks.table import Row, at_most

COUNT = 200


def measure_sends(bench: Bench) -> list[Row]:
    """200 questions at once on SQLite, each with an answer of 100 tokens."""
    plan = Plan(COUNT, tokens=100, rate=50.0, together=False, patience=15.0)
    with bench.upstream() as upstream, bench.app(upstream) as app:
        bench.read(app, Plan(streams=20, tokens=20, rate=50.0))
        results = [bench.read(app, plan).result for _ in range(bench.rounds)]
    complete = min(result.complete for result in results)
    p50, p95 = (median(percentile(result.sends, share) for result in results) for share in (0.5, 0.95))
    return [
        Row(f"{COUNT} sends at once: complete", "", complete, budget=str(COUNT), is_ok=complete == COUNT),
        Row(f"{COUNT} sends at once: POST p50", "ms", p50),
        Row(f"{COUNT} sends at once: POST p95", "ms", p95),
        at_most(f"{COUNT} sends at once: token latency p95", "ms", median(result.p95 for result in results), 100),
    ]
