"""What a streamed token costs, and how long it is under way, beside the bare proxy in the same run."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Final, NamedTuple

from benchmarks.bench import Bench, Round, Server
from benchmarks.load import Plan
from benchmarks.table import Row, at_most

RATE: Final = 50.0  # tokens a second in each stream
TOKENS: Final = {1: 300, 20: 300, 100: 500, 200: 300}  # how long answers are, by the number of streams at once
QUICK_TOKENS: Final = {1: 150, 20: 150, 100: 150}
SHORT: Final = 5  # tokens of an answer that hardly counts beside what comes before and after it
SENDS_PER_SECOND: Final = 50  # how closely the questions follow each other, before the answers begin together

COST_BUDGET: Final = 1.0  # times the reference's processor time
COST_BUDGET_AT: Final = 100  # streams
FIRST_TOKEN_BUDGET: Final = 5.0  # milliseconds more than the reference
P50_BUDGETS: Final = {1: 25.0}  # milliseconds, by number of streams
P95_BUDGETS: Final = {1: 50.0, 200: 150.0}
MEMORY_BUDGET: Final = 100.0  # kB a stream
SMALL_PLAN: Final = 50  # streams that the smallest plan of a platform, 256 MB, has to carry ...
SMALL_PLAN_BUDGET: Final = 200.0  # ... in so many MB, as the system wants some too


class Pair(NamedTuple):
    """The app and the reference, or what was found of each."""

    app: Server
    reference: Server


class Rounds(NamedTuple):
    """Rounds of the same plan, which took turns."""

    app: list[Round]
    reference: list[Round]

    def medians(self, figure: Callable[[Round], float]) -> tuple[float, float]:
        """The median of a figure for each."""
        return median(map(figure, self.app)), median(map(figure, self.reference))


def measure_streams(bench: Bench) -> list[Row]:
    """Processor time and latency of a token, with few streams and with many."""
    lengths = QUICK_TOKENS if bench.quick else TOKENS
    with both(bench) as servers:
        short = take_turns(bench, servers, _one_by_one(bench))
        found = {count: take_turns(bench, servers, _together(count, tokens)) for count, tokens in lengths.items()}
    costs = [_cost_row(count, lengths[count], rounds) for count, rounds in found.items()]
    latencies = [row for count, rounds in found.items() for row in _latency_rows(count, rounds)]
    return [*costs, _exchange_row(short), _first_token_row(short), *latencies, *_missing_rows(found)]


def measure_beside_aiohttp(bench: Bench) -> list[Row]:
    """The same at COST_BUDGET_AT streams, beside a proxy over the quicker connections that the app has as well."""
    tokens = (QUICK_TOKENS if bench.quick else TOKENS)[COST_BUDGET_AT]
    with both(bench, "aiohttp") as servers:
        rounds = take_turns(bench, servers, _together(COST_BUDGET_AT, tokens))
    ours, reference = rounds.medians(_cpu_per_token)
    return [Row(f"CPU per token, {_streams(COST_BUDGET_AT)} of {tokens}, proxy over aiohttp", "µs", ours, reference)]


def measure_memory(bench: Bench) -> list[Row]:
    """What each of 100 live streams adds to the memory of a warm server; and all of it with SMALL_PLAN of them."""
    count, tokens = 100, 100 if bench.quick else 200
    with both(bench) as servers:
        whole = bench.read(servers.app, _together(SMALL_PLAN, tokens), weigh=True).pss / 1e6
        app, reference = (_memory_of_streams(bench, server, count, tokens) / count / 1000 for server in servers)
    return [
        at_most(f"memory of a live stream, of {count}", "kB", app, MEMORY_BUDGET, reference),
        at_most(f"memory with {SMALL_PLAN} live streams (PSS)", "MB", whole, SMALL_PLAN_BUDGET),
    ]


@contextmanager
def both(bench: Bench, transport: str = "httpx") -> Iterator[Pair]:
    """The app and the reference before one upstream, both warm."""
    with bench.upstream() as upstream, bench.app(upstream) as app, bench.reference(upstream, transport) as reference:
        servers = Pair(app, reference)
        for server in servers:
            bench.read(server, Plan(streams=20, tokens=40, rate=RATE, spread=0.4))
        yield servers


def take_turns(bench: Bench, servers: Pair, plan: Plan) -> Rounds:
    """A round of the app, one of the reference, and again: what disturbs the machine disturbs both."""
    rounds = Rounds([], [])
    for _ in range(bench.rounds):
        rounds.app.append(bench.read(servers.app, plan))
        rounds.reference.append(bench.read(servers.reference, plan))
    return rounds


def _together(count: int, tokens: int) -> Plan:
    return Plan(count, tokens, RATE, spread=count / SENDS_PER_SECOND)


def _one_by_one(bench: Bench) -> Plan:
    """Short answers, each by itself."""
    count = 8 if bench.quick else 20
    return Plan(count, SHORT, RATE, spread=count * 0.3, together=False)


def _memory_of_streams(bench: Bench, server: Server, count: int, tokens: int) -> int:
    rest = server.process.pss_bytes()
    return bench.read(server, _together(count, tokens), weigh=True).pss - rest


def _cost_row(count: int, tokens: int, rounds: Rounds) -> Row:
    """The whole path, from the POST to the end of the answer, by the number of its tokens."""
    ours, reference = rounds.medians(_cpu_per_token)
    name, unit = f"CPU per token, {_streams(count)} of {tokens}", "µs"
    if count != COST_BUDGET_AT:
        return Row(name, unit, ours, reference)
    return Row(name, unit, ours, reference, f"ratio ≤ {COST_BUDGET:g}", ours <= COST_BUDGET * reference)


def _exchange_row(rounds: Rounds) -> Row:
    """What an answer costs however long it is."""
    ours, reference = rounds.medians(lambda one: one.cpu / max(one.result.complete, 1) * 1000)
    return Row(f"CPU of a send with an answer of {SHORT} tokens", "ms", ours, reference)


def _first_token_row(rounds: Rounds) -> Row:
    ours, reference = rounds.medians(lambda one: one.result.first)
    budget = f"reference + {FIRST_TOKEN_BUDGET:g} ms"
    return Row("first token, 1 stream", "ms", ours, reference, budget, ours - reference <= FIRST_TOKEN_BUDGET)


def _latency_rows(count: int, rounds: Rounds) -> Iterator[Row]:
    """From the upstream's write to the reader's read."""
    yield _latency_row(f"token latency p50, {_streams(count)}", rounds.medians(_p50), P50_BUDGETS.get(count))
    yield _latency_row(f"token latency p95, {_streams(count)}", rounds.medians(_p95), P95_BUDGETS.get(count))


def _latency_row(name: str, found: tuple[float, float], budget: float | None) -> Row:
    ours, reference = found
    return Row(name, "ms", ours, reference) if budget is None else at_most(name, "ms", ours, budget, reference)


def _cpu_per_token(one: Round) -> float:
    return one.cpu / max(one.result.tokens, 1) * 1e6


def _p50(one: Round) -> float:
    return one.result.p50


def _p95(one: Round) -> float:
    return one.result.p95


def _missing_rows(found: dict[int, Rounds]) -> Iterator[Row]:
    """Only where streams did not come to their end: there is no figure that makes up for it."""
    for count, rounds in found.items():
        ours, reference = (sum(count - one.result.complete for one in some) for some in rounds)
        if ours or reference:
            yield Row(f"streams that did not end in time, {_streams(count)}", "", ours, reference, "0", not ours)


def _streams(count: int) -> str:
    return "1 stream" if count == 1 else f"{count} streams"
