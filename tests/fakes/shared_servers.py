"""Servers that modules of tests share: starting one takes longer than most tests that need it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tests.fakes.app_server import AppServer


class SharedServers:
    """One server for each combination of settings, started when it's first asked for."""

    def __init__(self, make_folder: Callable[[], Path]) -> None:
        self._make_folder = make_folder
        self._servers: dict[frozenset[tuple[str, str]], AppServer] = {}

    def find(self, environ: Mapping[str, str]) -> AppServer:
        key = frozenset(environ.items())
        if key not in self._servers:
            server = AppServer(self._make_folder(), environ)
            server.start()
            self._servers[key] = server
        return self._servers[key]

    def stop(self) -> None:
        for server in self._servers.values():
            server.stop()

    @contextmanager
    def lent(self, environ: Mapping[str, str]) -> Iterator[AppServer]:
        """The server with these settings, its log empty. Fails at the end if that has a traceback."""
        server = self.find(environ)
        server.forget_log()
        yield server
        assert server.is_running, "A story that stops its server starts it again."
        assert "Traceback" not in server.log(), server.log()


@contextmanager
def started(folder: Path, environ: Mapping[str, str]) -> Iterator[AppServer]:
    """A server that isn't shared. Fails at the end if its log has a traceback."""
    server = AppServer(folder, environ)
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log(), server.log()
