"""Reading a file of 12 MB: in the sandbox, and beside it in the measuring process itself."""

import asyncio
import random
import time
from pathlib import Path
from typing import Any, Final

import msgspec

from benchmarks.bench import Bench
from benchmarks.table import Row, at_most
from tests.fakes import exports
from webapp.documents.imports.items import items
from webapp.documents.imports.reading_job import Batch, Sent, reading_job
from webapp.documents.imports.unpacking import open_package
from webapp.sandbox.sandbox import Sandbox

SIZE: Final = 12_000_000  # bytes
MESSAGES: Final = 20  # of a conversation
WORDS: Final = 240  # of a message
LIMIT: Final = 10 * SIZE
BUDGET: Final = 3.0  # times what it takes without the sandbox

_WORDS: Final = ("prime", "number", "and **bold**", "`code`", "why?\n", "the")


def measure_imports(bench: Bench) -> list[Row]:
    """By the clock, from the file to its last conversation, with the start of the process."""
    path = bench.folder / "conversations.json"
    path.write_bytes(_export(SIZE // (10 if bench.quick else 1)))
    rounds = range(1 if bench.quick else 3)
    beside = min(_seconds_beside(path) for _ in rounds)
    size = path.stat().st_size
    inside = min(asyncio.run(_seconds_inside(path, size)) for _ in rounds)
    name = f"reading an export of ChatGPT of {size / 1e6:.0f} MB"
    return [
        Row(f"{name}, without a sandbox", "s", beside),
        Row(f"{name}, in the sandbox", "s", inside, beside),
        at_most(f"{name}: the sandbox against none", "", inside / beside, BUDGET),
    ]


def _seconds_beside(path: Path) -> float:
    began = time.perf_counter()
    with open_package(path, limit=LIMIT) as package:
        for _ in items(package, limit=LIMIT):
            pass
    return time.perf_counter() - began


async def _seconds_inside(path: Path, size: int) -> float:
    sandbox, sent = Sandbox(), Sent(str(path), LIMIT, 2_000_000)
    async with sandbox.running():
        began = time.perf_counter()
        async for answer in sandbox.stream(reading_job(sent, size), sent):
            assert isinstance(answer, Batch)
        return time.perf_counter() - began


def _export(size: int) -> bytes:
    dice, made, length = random.Random(2), list[bytes](), 0
    while length < size:
        made.append(msgspec.json.encode(_conversation(dice, len(made))))
        length += len(made[-1])
    return b"[" + b",".join(made) + b"]"


def _conversation(dice: random.Random, number: int) -> Any:
    value = exports.chatgpt(key=f"c{number}", title=f"Number {number}")
    nodes, above = {"root": value["mapping"]["root"]}, "root"
    for place in range(MESSAGES):
        said = value["mapping"]["answer" if place % 2 else "question"]["message"]
        words = " ".join(dice.choices(_WORDS, k=WORDS))
        said = {**said, "content": {"content_type": "text", "parts": [words]}}
        nodes[f"m{place}"] = {"id": f"m{place}", "parent": above, "message": said}
        above = f"m{place}"
    return {**value, "mapping": nodes, "current_node": above}
