"""What rendering costs a token as an answer grows: pure, in this process, one kind of content after the other."""

import asyncio
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import cycle, islice
from typing import Final

from benchmarks.bench import Bench
from benchmarks.table import Row
from webapp.conversations.messages import Message, Status
from webapp.conversations.reply import Reply
from webapp.conversations.views import Cursor, PageView
from webapp.db.types import new_id
from webapp.services.events import Text

LENGTH: Final = 200_000  # characters
PART: Final = 10_000  # characters that are timed at the beginning and at the end
TOKENS_A_FRAME: Final = 3
FRAME: Final = 4 * TOKENS_A_FRAME  # characters
PIECE: Final = 100 * FRAME  # characters of what comes faster
LONGEST: Final = 3.0  # seconds for one part: enough to see that a kind is not flat
FLAT: Final = 1.5  # times what a token cost at the beginning

_SENTENCE: Final = "Words of **some** weight, with `code` and [a link](https://example.org) between them. "
_FORMULA: Final = "$$\n\\sum_{i=1}^{n} \\frac{x_i^2}{2} = \\sqrt{a}\n$$\n\nWhere $x_i$ is what $a$ was. \n\n"
_CODE: Final = '    answer = compute(value, 42)  # and "a string"\n'
_TABLE: Final = "| one | two | three |\n|---|---|---|\n"
_ROW: Final = "| a cell | another **one** | 42 |\n"

# What an answer begins with, and what it repeats. Code, table and list are one block from beginning to end.
CONTENTS: Final[Mapping[str, tuple[str, str]]] = {
    "prose": ("", _SENTENCE * 4 + "\n\n"),
    "one block of code": ("```python\n", _CODE),
    "one table": (_TABLE, _ROW),
    "one list": ("", f"- {_SENTENCE}\n"),
    "formulas": ("", _FORMULA),
    "all of these": (
        "",
        f"{_SENTENCE}\n\n```python\n{_CODE * 4}```\n\n{_TABLE}{_ROW * 3}\n- {_SENTENCE}\n\n{_FORMULA}",
    ),
}


def measure_growth(bench: Bench) -> list[Row]:
    """A token's share of its frame at 200 kB, beside the same at the beginning of the answer."""
    length = LENGTH // 10 if bench.quick else LENGTH
    return [_row(kind, asyncio.run(_costs(kind, length)), length) for kind in CONTENTS]


def _row(kind: str, costs: tuple[float, float], length: int) -> Row:
    first, last = costs
    name = f"rendering a token at {length // 1000} kB, beside the first 10 kB: {kind}"
    return Row(name, "µs", last, first, f"ratio ≤ {FLAT:g}", last <= FLAT * first)


async def _costs(kind: str, length: int) -> tuple[float, float]:
    """Microseconds for a token in the first and in the last part of an answer; between them it comes faster."""
    reply = Reply(_empty_answer())
    view = PageView(Cursor(), "m", "Model", lambda _part, _wait: "")
    frames = _frames(kind)
    first = _time(reply, view, frames, PART)
    for _ in range((length - 2 * PART) // PIECE):
        reply.take(Text("".join(islice(frames, PIECE // FRAME))))
        view.frame(reply)
    return first, _time(reply, view, frames, PART)


def _time(reply: Reply, view: PageView, frames: Iterator[str], length: int) -> float:
    """Lets the answer grow by ``length``, or for LONGEST seconds; microseconds of processor time for each token."""
    began, count = time.process_time(), 0
    while count * FRAME < length and time.process_time() - began < LONGEST:
        reply.take(Text(next(frames)))
        view.frame(reply)
        count += 1
    return (time.process_time() - began) / (count * TOKENS_A_FRAME) * 1e6


def _frames(kind: str) -> Iterator[str]:
    """The answer's text without end, by what one frame has: tokens of four characters."""
    beginning, repeated = CONTENTS[kind]
    yield beginning
    letters = cycle(repeated)
    while True:
        yield "".join(islice(letters, FRAME))


def _empty_answer() -> Message:
    return Message(new_id(), new_id(), new_id(), None, "assistant", "", Status.STREAMING, datetime.now(UTC))
