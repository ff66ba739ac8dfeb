"""The set-up of all measurements: the upstream, the app and the reference, and rounds of readers."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.load import Plan, Result, Target
from benchmarks.processes import Process, app_python


class Server(NamedTuple):
    """A server under measurement."""

    target: Target
    process: Process
    port: int


class Round(NamedTuple):
    """One run of readers against one server: its processor time in seconds, its memory in bytes if it was weighed."""

    result: Result
    cpu: float
    pss: int


class Bench:
    """Starts what a measurement needs. ``quick`` asks for one short round in place of three."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        self.rounds = 1 if quick else 3
        self._app_python = app_python()

    @contextmanager
    def upstream(self) -> Iterator[int]:
        """A running upstream's port."""
        with self._process("benchmarks.upstream", name="upstream") as process:
            yield process.hear_port()

    @contextmanager
    def app(self, upstream: int, data: str = "app", **settings: str) -> Iterator[Server]:
        """The real server, with a database of its own in the folder ``data``; it may exist from another time.

        ``settings`` are further variables, such as another database.
        """
        folder = self.folder / data
        folder.mkdir(exist_ok=True)
        environ = {
            "HOST": "127.0.0.1",
            "PORT": "0",
            "DATA_DIR": str(folder),
            "OPENROUTER_API_KEY": "sk-or-v1-benchmark",
            "OPENROUTER_BASE_URL": f"http://127.0.0.1:{upstream}/api/v1",
            "MAX_LIVE_REPLIES": "1000",
            "MAX_OPEN_STREAMS": "1000",  # all readers are one user
            **settings,
        }
        with self._process("webapp", "serve", name=data, environ=environ, python=self._app_python) as process:
            yield Server("app", process, process.hear_port())

    @contextmanager
    def reference(self, upstream: int, transport: str = "httpx") -> Iterator[Server]:
        """The bare proxy, with httpx's default ``transport`` or over "aiohttp"."""
        url = f"http://127.0.0.1:{upstream}/api/v1/chat/completions"
        with self._process(
            "benchmarks.reference", url, transport, name="reference", python=self._app_python
        ) as process:
            yield Server("reference", process, process.hear_port())

    def read(self, server: Server, plan: Plan, *, weigh: bool = False, at: Server | None = None) -> Round:
        """Lets the plan's readers read from ``server``. Its memory, for which it has to pause, is taken half way.

        ``at`` is where answers are read that ``server`` was asked for, if not there.
        """
        ports = (str(server.port), str((at or server).port))
        with self._process("benchmarks.load", server.target, *ports, name="load") as load:
            load.say(msgspec.json.encode(plan).decode())
            load.hear(timeout=60)
            before = server.process.cpu_seconds()
            load.say("go")
            pss = 0
            if weigh:
                time.sleep(plan.seconds - plan.tokens / plan.rate / 2)
                pss = server.process.pss_bytes()
            result = msgspec.json.decode(load.hear(timeout=plan.seconds + plan.patience + 10), type=Result)
            return Round(result, server.process.cpu_seconds() - before, pss)

    def _process(
        self, *arguments: str, name: str, environ: dict[str, str] | None = None, python: str = sys.executable
    ) -> Process:
        return Process(*arguments, log=self.folder / f"{name}.log", environ=environ, python=python)
