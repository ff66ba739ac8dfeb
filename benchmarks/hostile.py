"""``python -m benchmarks.hostile`` sends the app what is dear to it, while somebody else asks for a page.

Each input has an account of its own to come from. The neighbour's waits and the server's memory are compared with the
law: p99 of at most 100 ms, and no more than 64 MB. Returns 1 if an input breaks it.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from benchmarks.table import table
from tests.fakes.hostile.arena import CAP, MAX_GROWTH, MAX_P99, Arena, Attack, Outcome, arena
from tests.fakes.hostile.attacks import TEXT_WAYS, all_texts, others, texts
from tests.fakes.hostile.memory import MB
from tests.fakes.hostile.shapes import pairs
from tests.fakes.hostile.wire import LISTS, list_attack, wire, wire_attacks
from tests.fakes.hostile.worst import worst
from tests.fakes.upstream import standin_process

AT_WIRE: Final = 0.25  # of the time, for what comes from the model server
PAIRS: Final = 60  # of tokens, others in each run
HEAD: Final = ("input", "answered", "p99", "longest", "by the clock", "server", "workers", "took", "")


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="open-chat-hostile-") as folder:
        outcomes = asyncio.run(_measure(Path(folder), options))
    outcomes.sort(key=lambda one: max(one.waits.p99 / MAX_P99, one.grown / MAX_GROWTH), reverse=True)
    print(table([HEAD, *map(_cells, outcomes)]))
    broken = [one for one in outcomes if not one.is_within]
    print(
        f"{len(outcomes)} inputs, {len(broken)} over the budget of p99 ≤ {MAX_P99:g} ms and +≤ {MAX_GROWTH / MB:g} MB. "
        f"{datetime.now(UTC):%Y-%m-%d}, seed {options.seed}."
    )
    return int(bool(broken))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.hostile", description="Nobody makes another wait.")
    parser.add_argument("--quick", action="store_true", help="those that were worst before, in a minute or two")
    parser.add_argument("--only", action="append", metavar="WORDS", help="inputs with these words in their names")
    parser.add_argument("--minutes", type=float, default=25.0, help="how long to go on (%(default)g)")
    parser.add_argument("--cap", type=float, default=CAP, help="seconds after which one has failed (%(default)g)")
    parser.add_argument("--seed", type=int, default=int(time.time()), help="which pairs of tokens, and in which order")
    return parser.parse_args()


async def _measure(folder: Path, options: argparse.Namespace) -> list[Outcome]:
    chance, ends = random.Random(options.seed), time.monotonic() + options.minutes * 60
    chosen, at_wire = _chosen(worst(), options), _chosen(wire_attacks(), options)
    if not options.quick:
        rest = [*others(), *all_texts()]
        chance.shuffle(rest)
        chosen += _chosen([*rest[:200], *_pairs(chance), *rest[200:]], options)
    with standin_process(1e6) as address, arena(folder / "app", address, len(chosen)) as field:
        outcomes = await _all(field, chosen, options.cap, ends - options.minutes * 60 * AT_WIRE)
    with wire() as address, arena(folder / "wire", address, len(at_wire)) as field:
        outcomes += await _all(field, at_wire, options.cap, ends)
    for name in LISTS if not options.quick and time.monotonic() < ends else ():
        with wire(name) as address, arena(folder / name, address, 1) as field:
            outcomes += await _all(field, _chosen([list_attack(address, name)], options), options.cap, ends)
    return outcomes


def _chosen(attacks: Sequence[Attack], options: argparse.Namespace) -> list[Attack]:
    return [one for one in attacks if not options.only or any(words in str(one) for words in options.only)]


def _pairs(chance: random.Random) -> list[Attack]:
    """Of those that nobody has looked at yet: each two tokens, by each way."""
    found = chance.sample(list(pairs()), PAIRS)
    ways = list(TEXT_WAYS.items())
    return [texts(name, shape, *_way(ways[place % len(ways)])) for place, (name, shape) in enumerate(found)]


def _way(way: tuple[str, tuple[object, tuple[int, ...], object]]) -> tuple[str, int]:
    return way[0], way[1][1][0]


async def _all(field: Arena, attacks: Sequence[Attack], cap: float, ends: float) -> list[Outcome]:
    outcomes = []
    for attack in attacks:
        if time.monotonic() > ends:
            break
        outcome = await field.measure(attack, cap)
        outcomes.append(outcome)
        print(" | ".join(_cells(outcome)), file=sys.stderr, flush=True)
    return outcomes


def _cells(outcome: Outcome) -> tuple[str, ...]:
    return (
        outcome.attack,
        outcome.answer[:40],
        f"{outcome.waits.p99:.0f} ms",
        f"{outcome.waits.longest:.0f} ms",
        f"{outcome.waits.by_the_clock:.0f} ms",
        f"+{outcome.grown / MB:.0f} MB",
        f"{outcome.children / MB:.0f} MB" if outcome.children else "",
        f"{outcome.seconds:.1f} s",
        ", ".join(outcome.faults) or "ok",
    )


if __name__ == "__main__":
    sys.exit(main())
