"""Starts `python -m webapp` as forks of a process that has the app's code loaded already.

The tests start a hundred servers, and to load modules is most of a start. A fork has the environment, files and signals
of a new process, and runs what that runs. Tests of the command line and of platforms start new processes all the same.
"""

import atexit
import gc
import importlib
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final, NoReturn

import msgspec

ROOT: Final = Path(__file__).parent.parent.parent
HEAD: Final = 4  # bytes: how long a request is

# The app, and what it loads while it starts: for migrations, for OpenRouter, and because the tests' packages are there.
LOADED: Final = ("webapp.server", "alembic.command", "webapp.services.aiohttp_transport", "litestar.plugins.pydantic")


class Child:
    """A forked process: as much of `subprocess.Popen` as tests of servers use."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._said = channel.makefile("r")
        self.pid = int(self._said.readline())
        self.code: int | None = None

    def send_signal(self, number: signal.Signals) -> None:
        os.kill(self.pid, number)

    def wait(self, timeout: float) -> int:
        """Its exit code, or the number of the signal that ended it, below zero. Raises TimeoutError."""
        if self.code is None:
            if not select.select([self._channel], [], [], timeout)[0]:
                raise TimeoutError
            self.code = int(self._said.readline())
            self._said.close()
            self._channel.close()
        return self.code


class ForkServer:
    """The process with the code. It ends with the one that started it."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._control, theirs = socket.socketpair()
        self._turn = threading.Lock()
        with theirs:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.fakes.fork_server", str(theirs.fileno())],
                cwd=ROOT,
                env=dict(environ),
                pass_fds=[theirs.fileno()],
            )
        atexit.register(self._end)

    def start(self, arguments: Sequence[str], environ: Mapping[str, str], output: int, errors: int) -> Child:
        """Runs `python -m webapp` with these arguments, this environment, and these open files."""
        ours, theirs = socket.socketpair()
        request = msgspec.json.encode((list(arguments), dict(environ)))
        with theirs, self._turn:
            socket.send_fds(self._control, [len(request).to_bytes(HEAD)], [output, errors, theirs.fileno()])
            self._control.sendall(request)
        return Child(ours)

    def _end(self) -> None:
        self._control.close()
        self._process.wait(10)


@cache
def fork_server() -> ForkServer:
    """The one of this process, which treats warnings as errors."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return ForkServer({**kept, "PYTHONWARNINGS": "error"})


# In the process with the code


def _serve(control: socket.socket) -> None:
    for name in LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()  # the forks' collectors leave alone what they share
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the tests, which end what they started
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody asks how the watchers ended
    while True:
        head, files, *_ = socket.recv_fds(control, HEAD, 3)
        if not head:
            return
        request = control.recv(int.from_bytes(head), socket.MSG_WAITALL)
        if os.fork() == 0:
            control.close()
            _watch(request, *files)
        for file in files:
            os.close(file)


def _watch(request: bytes, output: int, errors: int, channel: int) -> NoReturn:
    """Starts the app, says its number, waits for its end and says its code: only a parent learns that."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    pid = os.fork()
    if pid == 0:
        os.close(channel)
        _run(request, output, errors)
    os.close(output)
    os.close(errors)
    with socket.socket(fileno=channel) as says:
        says.sendall(b"%d\n" % pid)
        _, status = os.waitpid(pid, 0)
        says.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def _run(request: bytes, output: int, errors: int) -> NoReturn:
    from webapp.cli import main

    arguments, environ = msgspec.json.decode(request, type=tuple[list[str], dict[str, str]])
    signal.signal(signal.SIGINT, signal.default_int_handler)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    for file, number in ((output, 1), (errors, 2)):
        os.dup2(file, number)
        os.close(file)
    sys.argv = ["webapp", *arguments]
    sys.exit(main(arguments))


if __name__ == "__main__":
    with socket.socket(fileno=int(sys.argv[1])) as control:
        _serve(control)
