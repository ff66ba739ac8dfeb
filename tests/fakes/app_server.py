"""The real server as a process of its own, for tests that see what people see and do what fate does."""

import os
import re
import signal
from collections.abc import Mapping
from pathlib import Path

from tests.fakes.fork_server import Child, fork_server

ROOT = Path(__file__).parent.parent.parent


class AppServer:
    """`python -m webapp serve` on a free port, with its database in `folder`. Can be killed and started again."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self._folder = folder
        self._environ = environ
        self._host, self._port = "127.0.0.1", 0
        self._process: Child | None = None
        self._forgotten = 0  # characters of the log
        self.printed = ""
        self.root = ""

    def beside(self, folder: Path) -> "AppServer":
        """Another process with the same settings, a port of its own, and its log in `folder`."""
        return AppServer(folder, self._environ)

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def database(self) -> Path:
        return self._folder / "open-chat.db"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Starts, on the port of the last time if there was one, and returns when it serves."""
        assert self._process is None
        reads, writes = os.pipe()
        self._output = os.fdopen(reads)
        with (self._folder / "server.log").open("a") as log, os.fdopen(writes, "w") as output:
            started = fork_server().start(["serve"], self._whole_environ(), output.fileno(), log.fileno())
        self._process = started
        self.printed = self._output.readline()
        address = re.search(r" is at https?://(127\.0\.0\.1|localhost):(\d+)(/\S*)?$", self.printed)
        assert address is not None, f"The server did not start:\n{self.log()}"
        # With a port of its own, what it prints may be the address of a proxy in front.
        self._host, self._port, self.root = address[1], int(self._environ.get("PORT", address[2])), address[3] or ""

    @property
    def is_running(self) -> bool:
        return self._process is not None

    def kill(self) -> None:
        """What a power cut does."""
        self._end(signal.SIGKILL)

    def terminate(self) -> int:
        """What a platform does at a deploy; returns the exit code."""
        return self._end(signal.SIGTERM)

    def stop(self) -> None:
        if self._process is not None:
            self._end(signal.SIGKILL)

    def log(self) -> str:
        return (self._folder / "server.log").read_text()[self._forgotten :]

    def forget_log(self) -> None:
        """From here on `log` is what comes after this."""
        self._forgotten += len(self.log())

    def _end(self, sent: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(sent)
        code = self._process.wait(timeout=30)
        self._output.close()
        self._process = None
        return code

    def _whole_environ(self) -> dict[str, str]:
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "SYSTEMROOT") if name in os.environ}
        own = {"HOST": "127.0.0.1", "PORT": str(self._port), "DATA_DIR": str(self._folder), "PYTHONWARNINGS": "error"}
        return {**inherited, **own, **self._environ}
