"""Many readers at once, in a process of their own: ``python -m benchmarks.load app PORT``, or ``reference PORT``.
A second port is where the answers are read.

It takes a ``Plan`` as JSON on its input, gets ready, prints "ready" and waits for a line; then it sends all questions,
reads all answers, and prints its ``Result`` as JSON. Written on the event loop's sockets: it shares the machine with
what it measures.
"""

import asyncio
import re
import sys
import time
from collections.abc import Sequence
from typing import Final, Literal
from urllib.parse import urlencode
from uuid import uuid4

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.connection import Connection, request
from benchmarks.stamps import StampReader
from benchmarks.upstream import MODEL, Script

Target = Literal["app", "reference"]

SLACK: Final = 0.3  # seconds between the last send and the first token where all answers begin together

_EVENTS = re.compile(rb'"(/messages/[0-9a-f-]{36}/events[^"]*)"')


class Plan(Struct, frozen=True):
    """``streams`` answers of ``tokens`` tokens, each at ``rate`` a second; the sends spread over ``spread`` seconds.

    ``together``: all answers begin after the last send, so that all of them grow at the same time; else each begins
    soon after its own. ``apart``: answers are read over connections of their own, as a browser does, so that several
    processes may share in one reader. What has not ended ``patience`` seconds after its time counts as not complete.
    """

    streams: int
    tokens: int
    rate: float
    spread: float = 0.0
    together: bool = True
    patience: float = 5.0
    apart: bool = False

    @property
    def seconds(self) -> float:
        """How long it all takes where nothing is slow."""
        return self.spread + SLACK + self.tokens / self.rate


class Result(Struct, frozen=True):
    """How it went; times in milliseconds. ``sends``: until the app had answered the POST; none for the reference."""

    complete: int
    tokens: int
    first: float
    p50: float
    p95: float
    worst: float
    sends: list[float]
    problems: list[str]


class Reader:
    """One browser's worth of work: a question and its answer."""

    def __init__(self, target: Target, connection: Connection, reading: Connection) -> None:
        """Asks over one connection, and reads over the other; for the reference both are the same."""
        self.stamps = StampReader()
        self.sent: float | None = None  # milliseconds until the POST was answered
        self._target = target
        self._connection = connection
        self._reading = reading
        self._address = "/"

    async def prepare(self) -> None:
        """What comes before the measured part: an empty conversation to ask in."""
        if self._target == "app":
            made = await self._connection.ask(request("POST", "/conversations", b"{}", "application/json"))
            self._address = f"/c/{msgspec.json.decode(made, type=dict[str, str])['id']}/messages"

    async def run(self, script: Script) -> None:
        """Asks, and reads the answer to its end."""
        question = msgspec.json.encode(script).decode()
        if self._target == "app":
            await self._reading.read(await self._ask(question), self.stamps, b"event: done")
        else:
            body = msgspec.json.encode({"model": MODEL, "stream": True, "messages": [{"content": question}]})
            await self._reading.read(request("POST", "/", body, "application/json"), self.stamps, b"[DONE]")

    async def _ask(self, question: str) -> bytes:
        """Sends the form as the page does. Returns the request for the event stream that the response names."""
        form = urlencode({"message": question, "model": MODEL, "client_id": str(uuid4())}).encode()
        began = time.monotonic()
        html = await self._connection.ask(request("POST", self._address, form, "application/x-www-form-urlencoded"))
        self.sent = (time.monotonic() - began) * 1000
        events = _EVENTS.search(html)
        if events is None:
            raise ConnectionError(f"no event stream in {html[:300]!r}")
        return request("GET", events[1].decode(), accept="text/event-stream")


async def measure(target: Target, port: int, read_at: int, plan: Plan) -> Result:
    """Makes the plan's readers, waits for the word to go, and lets them read."""
    readers = []
    for _ in range(plan.streams):
        connection = await Connection.open(port)
        elsewhere = await Connection.open(read_at) if plan.apart or read_at != port else connection
        readers.append(Reader(target, connection, elsewhere))
    for reader in readers:
        await reader.prepare()
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    begin = time.monotonic_ns() + int((plan.spread + SLACK) * 1e9) if plan.together else 0
    script = Script(plan.tokens, plan.rate, begin)
    step = plan.spread / plan.streams
    tasks = [asyncio.create_task(_run_later(place * step, reader, script)) for place, reader in enumerate(readers)]
    done, late = await asyncio.wait(tasks, timeout=plan.seconds + plan.patience)
    for task in late:
        task.cancel()
    return _result(plan, readers, sorted({repr(error) for task in done if (error := task.exception())}))


async def _run_later(delay: float, reader: Reader, script: Script) -> None:
    await asyncio.sleep(delay)
    await reader.run(script)


def _result(plan: Plan, readers: Sequence[Reader], problems: list[str]) -> Result:
    ages = sorted(age for reader in readers for age in reader.stamps.ages)
    if not ages:
        raise RuntimeError(f"no token came: {problems}")
    firsts = sorted(reader.stamps.ages[0] for reader in readers if reader.stamps.ages)
    return Result(
        complete=sum(len(reader.stamps.ages) == plan.tokens for reader in readers),
        tokens=len(ages),
        first=percentile(firsts, 0.5),
        p50=percentile(ages, 0.5),
        p95=percentile(ages, 0.95),
        worst=percentile(ages, 1.0),
        sends=sorted(reader.sent for reader in readers if reader.sent is not None),
        problems=problems[:3],
    )


def percentile(ordered: Sequence[float], share: float) -> float:
    """The value below which ``share`` of the ordered values lie; there has to be one."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def main(target: Target, port: int, read_at: int) -> None:
    plan = msgspec.json.decode(sys.stdin.readline(), type=Plan)
    result = uvloop.run(measure(target, port, read_at, plan))
    print(msgspec.json.encode(result).decode(), flush=True)


if __name__ == "__main__":
    main(msgspec.convert(sys.argv[1], Target), int(sys.argv[2]), int(sys.argv[-1]))
