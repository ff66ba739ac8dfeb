"""Somebody else, who asks for a page again and again: ``python -m tests.fakes.hostile.neighbour COOKIE``.

A process of its own, so that what the attacker does costs it nothing but its share of the machine. It takes lines:
"begin PORT PID", and "end", at which it prints its ``Waits`` as JSON.

A wait is what the server is to blame for: where the machine has other work, the time in which server and neighbour
only queue for a processor is taken off again. And it stands for all who would have come meanwhile, so a server that
stands still for a second is as many long waits as fit into that second.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final, NamedTuple

AT_ONCE: Final = 4
PAUSE: Final = 0.2  # seconds from an answer to the next request
PACE: Final = PAUSE / AT_ONCE


class Waits(NamedTuple):
    """Milliseconds, and how many requests; ``failed`` of them got no page. ``by_the_clock`` is the longest with all."""

    p50: float
    p99: float
    longest: float
    by_the_clock: float
    requests: int
    failed: int


class Moment(NamedTuple):
    """When it is, and by then, in seconds: how long this process has queued for a processor, and each thread there.

    ``ran`` is how long each thread has had one.
    """

    now: float
    own: float
    ran: dict[str, float]
    queued: dict[str, float]

    @classmethod
    def of(cls, pid: str) -> "Moment":
        now, ran, queued = time.monotonic(), {}, {}
        with suppress(OSError):
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with suppress(OSError):
                    ran[thread.name], queued[thread.name] = _schedule(thread / "schedstat")
        return cls(now, _schedule(Path("/proc/thread-self/schedstat"))[1], ran, queued)

    def blame(self, since: "Moment", main: str) -> float:
        """Seconds of the server's own since then. Of the other threads the one counts that queued the longest."""
        queued = {thread: seconds - since.queued.get(thread, seconds) for thread, seconds in self.queued.items()}
        ran = [seconds - since.ran.get(thread, seconds) for thread, seconds in self.ran.items()]
        others = max((seconds for thread, seconds in queued.items() if thread != main), default=0.0)
        wall = self.now - since.now
        return min(wall, max(wall - (self.own - since.own) - queued.get(main, 0.0) - others, *ran, 0.0))


def _schedule(path: Path) -> tuple[float, float]:
    """Seconds that a thread has run, and that it has queued; nothing where the kernel doesn't say."""
    try:
        ran, queued, _ = path.read_text().split()
    except OSError:
        return 0.0, 0.0
    return int(ran) / 1e9, int(queued) / 1e9


class Neighbour:
    def __init__(self, port: int, pid: str, cookie: str) -> None:
        self._port = port
        self._pid = pid
        head = ("GET / HTTP/1.1", "Host: 127.0.0.1", "Accept: text/html", f"Cookie: session={cookie}", "", "")
        self._request = "\r\n".join(head).encode()
        self._asked: dict[int, Moment] = {}
        self._waits: list[tuple[float, float]] = []
        self._failed = 0
        self._is_over = False
        self._tasks = [asyncio.create_task(self._ask(number)) for number in range(AT_ONCE)]

    async def end(self) -> Waits:
        """How long it waited; for what has not been answered by now, until now."""
        self._is_over = True
        for asked in self._asked.values():
            self._note(asked)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        waits = sorted(wait for blame, _ in self._waits for wait in _all_who_wait(blame)) or [0.0]
        p50, p99, longest = (waits[int((len(waits) - 1) * share)] for share in (0.5, 0.99, 1.0))
        by_the_clock = max((wall for _, wall in self._waits), default=0.0)
        p50, p99, longest, by_the_clock = map(_in_milliseconds, (p50, p99, longest, by_the_clock))
        return Waits(p50, p99, longest, by_the_clock, len(self._waits), self._failed)

    async def _ask(self, number: int) -> None:
        """Asks over one connection, which is opened again when it breaks."""
        await asyncio.sleep(number * PACE)
        while True:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(PACE)
                continue
            with suppress(OSError, EOFError, ValueError):
                while True:
                    await self._ask_once(number, reader, writer)
                    await asyncio.sleep(PAUSE)
            writer.transport.abort()

    async def _ask_once(self, number: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = self._asked[number] = Moment.of(self._pid)
        status = 0
        try:
            writer.write(self._request)
            status = await _status_of(reader)
        finally:
            if not self._is_over:
                self._failed += status != 200
                self._note(self._asked.pop(number, asked))

    def _note(self, asked: Moment) -> None:
        now = Moment.of(self._pid)
        self._waits.append((now.blame(asked, self._pid), now.now - asked.now))


def _in_milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 1)


def _all_who_wait(blame: float) -> Iterator[float]:
    """The wait of one who asked, and of those who would have come behind them."""
    yield blame
    while (blame := blame - PAUSE) > 0:
        yield blame


async def _status_of(reader: asyncio.StreamReader) -> int:
    """The status of a response that has been read to its end."""
    head = await reader.readuntil(b"\r\n\r\n")
    status, _, fields = head.decode("latin-1").partition("\r\n")
    lengths = [int(line[15:]) for line in fields.lower().split("\r\n") if line.startswith("content-length:")]
    await reader.readexactly(lengths[0])
    return int(status.split()[1])


async def main(cookie: str) -> None:
    lines = asyncio.StreamReader(limit=10_000)
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    neighbour: Neighbour | None = None
    while words := (await lines.readline()).decode().split():
        if words[0] == "begin":
            neighbour = Neighbour(int(words[1]), words[2], cookie)
        elif neighbour is not None:
            print(json.dumps(await neighbour.end()), flush=True)  # noqa: T201  # to the one who asked
            neighbour = None


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
