"""What the sandbox costs: the start of a process, what that holds, and a rendering there and in this process."""

import asyncio
import time
from statistics import median
from typing import Final

from benchmarks.bench import Bench
from benchmarks.growth import CONTENTS
from benchmarks.processes import pss_of
from benchmarks.table import Row
from webapp.conversations.renderings import RENDER
from webapp.rendering.markdown import render
from webapp.rendering.texts import Text, Texts
from webapp.sandbox.sandbox import Sandbox

LENGTH: Final = 300_000  # characters
ROUNDS: Final = 7


def measure_isolation(bench: Bench) -> list[Row]:
    """A text of 300 kB, mixed of all that answers have, and a very short one for what comes with every job."""
    return asyncio.run(_measure(3 if bench.quick else ROUNDS))


async def _measure(rounds: int) -> list[Row]:
    mixed = CONTENTS["all of these"][1]
    text = (mixed * (LENGTH // len(mixed) + 1))[:LENGTH]
    starts, held, short, long = list[float](), list[float](), list[float](), list[float]()
    for _ in range(rounds):
        sandbox = Sandbox()
        async with sandbox.running():
            starts.append(await _ask(sandbox, "*short*"))
            held.append(sum(map(pss_of, sandbox.pids)) / 1e6)
            short.append(await _ask(sandbox, "*short*"))
            long.append(await _ask(sandbox, text))
    beside = median(_here(text) for _ in range(rounds))
    name = f"rendering of {LENGTH // 1000} kB"
    return [
        Row("sandbox: first job, with the start of its process", "ms", median(starts)),
        Row("sandbox: a short job after that", "ms", median(short)),
        Row("sandbox: memory of its process, which ends 10 s after the last job", "MB", median(held)),
        Row(f"{name} in the sandbox, beside the same in this process", "ms", median(long), beside),
    ]


async def _ask(sandbox: Sandbox, text: str) -> float:
    began = time.perf_counter()
    await sandbox.run(RENDER, Texts((Text(text, "m-1"),)))
    return (time.perf_counter() - began) * 1000


def _here(text: str) -> float:
    began = time.perf_counter()
    render(text, anchor="m-1")
    return (time.perf_counter() - began) * 1000
