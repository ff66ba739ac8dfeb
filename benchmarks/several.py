"""Several processes on Postgres: what they cost together, and how long a token takes from one to another's reader."""

import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from benchmarks.bench import Bench, Round, Server
from benchmarks.load import Plan
from benchmarks.streams import RATE, SENDS_PER_SECOND
from benchmarks.table import Row
from tests.fakes import services
from tests.fakes.postgres import own_database, run, url_of
from webapp.db.address import PostgresServer

PROCESSES: Final = (2, 4)
STREAMS: Final = 50  # more would need more than two cores, with upstream and readers
TOKENS: Final = 150
ELSEWHERE: Final = 20  # streams that are asked for at one process and read at another

Settings = Mapping[str, str]


def measure_several(bench: Bench) -> list[Row]:
    """By the number of processes and by what they hear of each other; with one there is nobody to hear."""
    with services_of() as buses, bench.upstream() as upstream:
        rows = _together(bench, upstream, "1 process", buses["polling"])
        for name, settings in buses.items():
            for count in PROCESSES:
                several = {**settings, "WEB_CONCURRENCY": str(count)}
                rows += _together(bench, upstream, f"{count} processes, {name}", several)
        for name, settings in buses.items():
            rows += _elsewhere(bench, upstream, name, settings)
    return rows


@contextmanager
def services_of() -> Iterator[dict[str, Settings]]:
    """The settings for each bus, on a database and a Redis of this run's own."""
    with services.postgres() as server, services.redis() as redis, _nobody() as port:
        if server is None or redis is None:
            raise RuntimeError("Postgres and Redis are needed: see CONTRIBUTING.md for where they are looked for.")
        with measured_database(server) as database:
            shared = {"DATABASE_URL": url_of(database)}
            yield {
                "Redis": {**shared, "REDIS_URL": redis},
                "NOTIFY": shared,
                "polling": {**shared, "REDIS_URL": f"redis://127.0.0.1:{port}"},
            }


@contextmanager
def measured_database(server: PostgresServer) -> Iterator[PostgresServer]:
    """A new database that waits for the disk as those of people do, which tests do not."""
    with own_database(server) as database:
        run(server, f"ALTER DATABASE {database.database} RESET synchronous_commit")
        yield database


@contextmanager
def _nobody() -> Iterator[int]:
    """A port on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


def _together(bench: Bench, upstream: int, name: str, settings: Settings) -> list[Row]:
    """Fifty streams; of several processes each has its share, and most readers are at another than the writer."""
    plan = Plan(STREAMS, TOKENS, RATE, spread=STREAMS / SENDS_PER_SECOND, patience=15.0, apart=True)
    with bench.app(upstream, "several", **settings) as app:
        _warm(bench, app)
        memory = app.process.pss_bytes() / 1e6
        found = bench.read(app, plan)
    cpu = _cpu(found)
    return [
        Row(f"{name}: memory at rest, all together", "MB", memory),
        Row(f"{name}: CPU per token, {STREAMS} streams", "µs", cpu),
        Row(f"{name}: streams of {RATE:g} tokens/s that fill a core", "", round(1e6 / cpu / RATE)),
        *_latencies(f"{name}: token latency", found),
    ]


def _elsewhere(bench: Bench, upstream: int, name: str, settings: Settings) -> list[Row]:
    """Each answer is written by one process and read at the other; beside it, the same read where it is written."""
    plan = Plan(ELSEWHERE, TOKENS, RATE, spread=0.4, patience=15.0)
    with bench.app(upstream, "writer", **settings) as writer, bench.app(upstream, "reader", **settings) as reader:
        _warm(bench, writer)
        _warm(bench, reader)
        here, there = bench.read(writer, plan), bench.read(writer, plan, at=reader)
    title = f"writer to reader elsewhere, {name}"
    return [
        Row(f"{title}: token latency p50", "ms", there.result.p50, here.result.p50),
        Row(f"{title}: token latency p95", "ms", there.result.p95, here.result.p95),
        Row(f"{title}: longest", "ms", there.result.worst, here.result.worst),
        Row(f"{title}: CPU per token at the writer", "µs", _cpu(there), _cpu(here)),
        *_missing(title, there, plan),
    ]


def _warm(bench: Bench, app: Server) -> None:
    bench.read(app, Plan(streams=10, tokens=20, rate=RATE, spread=0.2))


def _cpu(found: Round) -> float:
    return found.cpu / max(found.result.tokens, 1) * 1e6


def _latencies(name: str, found: Round) -> Iterator[Row]:
    yield Row(f"{name} p50", "ms", found.result.p50)
    yield Row(f"{name} p95", "ms", found.result.p95)
    yield from _missing(name, found, None)


def _missing(name: str, found: Round, plan: Plan | None) -> Iterator[Row]:
    """Only where streams did not come to their end."""
    missing = (plan.streams if plan else STREAMS) - found.result.complete
    if missing:
        yield Row(f"{name}: streams that did not end in time", "", missing, budget="0", is_ok=False)
