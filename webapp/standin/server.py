"""Runs the stand-in: in a thread beside the app (demo mode, tests), or as a process of its own."""

import logging
import socket
import struct
import threading
from typing import Any, Final, Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webapp.standin.app import API, App, Options
from webapp.standin.http import CUT

DEMO_KEY: Final = "sk-or-v1-demo"
"""A key that the stand-in takes; it takes every key of this form."""

_STOP_SECONDS: Final = 5


class StandIn:
    """A stand-in that runs in a thread; it answers as soon as this exists. Ends with ``stop`` or its ``with`` block."""

    def __init__(self, listener: socket.socket, options: Options) -> None:
        host, port = listener.getsockname()[:2]
        self.base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}{API}"
        self._app = App(options)
        self._server = _server(self._app)
        self._thread = threading.Thread(target=self._run, args=(listener,), name="standin", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Cuts off what is going on, and returns when the thread has ended. May be called twice."""
        self._server.should_exit = True
        self._thread.join(_STOP_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _run(self, listener: socket.socket) -> None:
        with _Silence():
            self._server.run(sockets=[listener])


def start_in_thread(host: str = "127.0.0.1", port: int = 0, tokens_per_second: float = 60.0, **options: Any) -> StandIn:
    """Starts a stand-in on that address (port 0: a free one), without signal handlers and log lines.

    ``options`` are the other fields of ``Options``. Raises OSError where the address cannot be had.
    """
    return StandIn(listen(host, port), Options(tokens_per_second=tokens_per_second, **options))


def serve(host: str = "127.0.0.1", port: int = 0, tokens_per_second: float = 60.0, **options: Any) -> None:
    """Serves until SIGINT or SIGTERM, in the main thread. Raises OSError where the address cannot be had."""
    serve_on(listen(host, port), Options(tokens_per_second=tokens_per_second, **options))


def serve_on(listener: socket.socket, options: Options) -> None:
    """Like ``serve``, on a socket that listens already."""
    with _Silence():
        _server(App(options)).run(sockets=[listener])


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; connections wait in it until a server takes it over."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=512)


def _server(app: App) -> uvicorn.Server:
    config = uvicorn.Config(
        app,
        http=_CuttableProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    return _Server(config, app)


class _Server(uvicorn.Server):
    """Ends the answers that are going on when it shuts down, in place of waiting for them."""

    def __init__(self, config: uvicorn.Config, app: App) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._app.stop()
        await super().shutdown(sockets)


class _CuttableProtocol(HttpToolsProtocol):
    """uvicorn's protocol, with a way for the app to cut the connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {CUT: self._cut}  # type: ignore[dict-item]  # an extension of our own

    def _cut(self, reset: bool) -> None:
        if reset and (sock := self.transport.get_extra_info("socket")):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()


class _Silence(logging.Filter):
    """Drops uvicorn's log lines of this thread, except errors: the app's server uses the same loggers in another."""

    _LOGGERS: Final = ("uvicorn.error", "uvicorn.access")

    def __enter__(self) -> None:
        self._thread = threading.get_ident()
        for name in self._LOGGERS:
            logging.getLogger(name).addFilter(self)

    def __exit__(self, *_: object) -> None:
        for name in self._LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        return record.thread != self._thread or record.levelno >= logging.ERROR
