"""The process that serves: sets up, runs until a signal, goes down without losing an answer."""

import logging
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

import uvicorn
from msgspec.structs import replace
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from webapp.app import create_app
from webapp.config import Settings
from webapp.db.lock import sole_process
from webapp.db.migrate import upgrade
from webapp.logs import set_up_logging

logger = logging.getLogger(__name__)

MAX_HEAD_BYTES: Final = 64_000


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Without a key for OpenRouter the stand-in is started and answers instead.

    Raises MigrationError, DatabaseInUseError, MissingAssetError, or OSError for an address that cannot be had, before
    anything is served.
    """
    set_up_logging(settings)
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them anew when it has gone down
        signal.signal(number, lambda *_: sys.exit(0))
    if not settings.hosts:
        logger.warning("APP_URL is not set: every request is refused until it names the address that people use")
    with sole_process(settings.database_path):
        if upgrade(settings.database_path):
            logger.info("The database %s is up to date", settings.database_path)
        with _upstream(settings) as (effective, is_demo):
            app = create_app(effective, is_demo=is_demo)
            with _listen(effective) as listener:
                Server(app, effective).run(sockets=[listener])


@contextmanager
def _upstream(settings: Settings) -> Iterator[tuple[Settings, bool]]:
    """The settings to run with, and whether they lead to the stand-in."""
    if settings.openrouter_api_key:
        yield settings, False
        return
    from webapp.standin.server import DEMO_KEY, start_in_thread  # not loaded where there is a key

    standin = start_in_thread(tokens_per_second=settings.demo_tokens_per_second)
    logger.info("OPENROUTER_API_KEY is not set: demo mode, a stand-in answers at %s", standin.base_url)
    try:
        yield replace(settings, openrouter_api_key=DEMO_KEY, openrouter_base_url=standin.base_url), True
    finally:
        standin.stop()


def _listen(settings: Settings) -> socket.socket:
    """Takes the address before anything else is done with it. Raises OSError where it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    return socket.create_server((settings.host, settings.port), family=family, backlog=2048)


class BoundedProtocol(HttpToolsProtocol):
    """uvicorn's protocol, which takes a request's head of any size; this one hangs up above MAX_HEAD_BYTES."""

    _is_in_head = True
    _head_bytes = 0

    def on_message_begin(self) -> None:
        self._is_in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self._is_in_head:
            self._head_bytes += len(data)
            if self._head_bytes > MAX_HEAD_BYTES and not self.transport.is_closing():
                self.transport.close()


class Server(uvicorn.Server):
    """uvicorn, which tells the app of a signal at once: open event streams would hold up its shutdown otherwise."""

    def __init__(self, app: Any, settings: Settings) -> None:
        config = uvicorn.Config(
            app,
            http=BoundedProtocol,
            ws="none",
            log_config=None,
            access_log=False,
            server_header=False,
            date_header=True,
            lifespan="on",
            timeout_keep_alive=30,
            timeout_graceful_shutdown=5,
            forwarded_allow_ips="",
            proxy_headers=False,
        )
        super().__init__(config)
        self._app = app
        self._settings = settings

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        self._app.state.begin_drain()
        super().handle_exit(sig, frame)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started and sockets:
            port = sockets[0].getsockname()[1]
            address = replace(self._settings, port=port, app_url="").public_url
            print(f"{self._settings.app_title} is at {self._settings.app_url or address}", flush=True)  # noqa: T201
