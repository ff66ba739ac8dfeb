"""The process that serves: sets up, runs until a signal, goes down without losing an answer."""

import asyncio
import ctypes
import gc
import logging
import os
import resource
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Any, Final

import uvicorn
from msgspec.structs import replace

from webapp.accounts.setting_up import prepare_accounts
from webapp.app import ROOT, create_app
from webapp.config import Settings
from webapp.connection import KEEP_ALIVE_SECONDS, BoundedProtocol
from webapp.db.address import address_of
from webapp.db.lock import hold
from webapp.db.migrate import upgrade
from webapp.demo import upstream
from webapp.listening import listen
from webapp.logs import set_up_logging
from webapp.packages import fetch_missing
from webapp.supervisor import KILL_AFTER, Orders

logger = logging.getLogger(__name__)

MAX_FILES: Final = 65_536
M_MMAP_THRESHOLD: Final = -3  # of malloc.h
LARGE_BLOCK: Final = 1_000_000  # bytes; asyncio reads into a new block of 262,144 each time


def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Without a key for OpenRouter the stand-in is started and answers instead.

    Raises SettingError, MigrationError, DatabaseInUseError, MissingAssetError, or OSError for an address that cannot
    be had, before anything is served.
    """
    _begin(settings)
    with hold(address_of(settings)):
        _prepare(settings)
        with upstream(settings) as (effective, is_demo):
            app = create_app(effective, is_demo=is_demo)
            with listen(effective) as listener:
                Server(app, effective).run(sockets=[listener])


def work(orders: Orders) -> None:
    """What one of several processes does: prepares, or serves until SIGTERM or the end of the supervisor.

    Raises as `serve` does.
    """
    _begin(orders.settings, os._exit)  # before it serves, as after that, it holds nothing that others have to wait for
    if orders.listener is None:
        _prepare(orders.settings)
        return
    app = create_app(orders.settings, is_demo=orders.is_demo)
    threading.Thread(target=_end_with_supervisor, args=[orders.settings], daemon=True).start()
    with socket.socket(fileno=orders.listener) as listener:
        Server(app, orders.settings).run(sockets=[listener])


def _end_with_supervisor(settings: Settings) -> None:
    """Its end of our input is closed when it is gone, however that came about."""
    while os.read(sys.stdin.fileno(), 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(settings.drain_seconds + KILL_AFTER)  # nobody else is there to see whether it has come to its end
    os._exit(1)


def _begin(settings: Settings, leave: Callable[[int], object] = sys.exit) -> None:
    set_up_logging(settings)
    _take_more_files()
    return_large_blocks()
    for number in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises them anew when it has gone down
        signal.signal(number, lambda *_: leave(0))


def _take_more_files() -> None:
    """A connection is one: many systems give a process a thousand, and let it ask for more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MAX_FILES if hard == resource.RLIM_INFINITY else min(hard, MAX_FILES)
    if soft != resource.RLIM_INFINITY and soft < most:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def return_large_blocks() -> None:
    """Has memory go back to the system as soon as a large block of it is free.

    By itself glibc learns from the first one, as a picture of 12 MB, to keep all that are no larger, in each thread.
    """
    with suppress(OSError, AttributeError):  # a system with another C library
        ctypes.CDLL(None).mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK)


def _prepare(settings: Settings) -> None:
    """What is done once, however many processes serve."""
    if not settings.hosts:
        logger.warning("APP_URL is not set: every request is refused until it names the address that people use")
    fetch_missing(ROOT)
    address = address_of(settings)
    if upgrade(address):
        logger.info("The database %s is up to date", address)
    if settings.has_accounts:
        asyncio.run(prepare_accounts(settings, address))


class Server(uvicorn.Server):
    """uvicorn, which drains the app before it goes down: open event streams would hold up its shutdown otherwise."""

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
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=5,
            forwarded_allow_ips="",
            proxy_headers=False,
        )
        super().__init__(config)
        self._app = app
        self._settings = settings
        self._signal: int | None = None  # the first one

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Begins the drain. Another Ctrl+C ends its grace, and another one after that everything."""
        drain = self._app.state.drain
        if self._signal is None:
            self._signal = sig
            drain.begin()
        elif sig == signal.SIGINT:
            drain.hurry()
        if self.should_exit or drain.is_over():
            super().handle_exit(sig, frame)

    async def on_tick(self, counter: int) -> bool:
        if self._signal is not None and not self.should_exit and self._app.state.drain.is_over():
            super().handle_exit(self._signal, None)
        return await super().on_tick(counter)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        gc.freeze()  # a full collection would go through the code and the app each time: 100 ms without an answer
        if self.started and sockets:
            port = sockets[0].getsockname()[1]
            is_told = bool(self._settings.app_url)
            address = (self._settings if is_told else replace(self._settings, port=port)).public_url
            with suppress(BrokenPipeError):  # whoever started this process may be gone; then it is told to drain
                print(f"{self._settings.app_title} is at {address}", flush=True)  # noqa: T201  # for who started it
