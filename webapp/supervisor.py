"""Several processes that serve one address: started, watched, started anew, and ended together.

Each worker has a socket of its own on the same address, and the system deals connections out to them: of one that all
share, an idle worker takes whatever comes in one go. The supervisor holds the sockets too. So whoever connects while a
worker is started anew waits for it, and is not refused. It loads nothing of the app, and stays small.
"""

import asyncio
import logging
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from contextlib import suppress
from typing import IO, Final

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from webapp.config import SettingError, Settings
from webapp.db.address import PostgresServer, address_of
from webapp.demo import upstream
from webapp.listening import listen, listen_beside
from webapp.logs import set_up_logging

logger = logging.getLogger(__name__)

FIRST_PAUSE: Final = 0.1  # seconds before a worker that died is started anew, twice as long after each
LONGEST_PAUSE: Final = 10.0
STEADY_AFTER: Final = 60.0  # seconds after which a worker that dies was well, and the pause is the first again
LONGEST_WAIT: Final = 1.0  # seconds that connections may wait for a worker; for a longer one they go to others
KILL_AFTER: Final = 30.0  # seconds beyond the grace of DRAIN_SECONDS, for ends that the database is slow to take


class Orders(Struct, frozen=True):
    """What a worker is told on its standard input, which ends when the supervisor does."""

    settings: Settings
    is_demo: bool = False
    listener: int | None = None  # the number of its socket's file; None: it prepares what all need, and ends


def take_orders(given: IO[str]) -> Orders:
    """The orders of the supervisor that has started this process. Raises SettingError where there is none."""
    try:
        return msgspec.json.decode("" if given.isatty() else given.readline(), type=Orders)
    except msgspec.DecodeError:
        raise SettingError("`worker` is for the processes that `serve` starts; set WEB_CONCURRENCY.") from None


def supervise(settings: Settings) -> int:
    """Serves by as many processes as the settings say, until SIGTERM or SIGINT. Returns the exit code.

    Raises SettingError, or OSError for an address that cannot be had, before anything is started.
    """
    set_up_logging(settings)
    _check_database(settings)
    with listen(settings) as taken:  # by this installation alone: sockets beside it would share with any other
        effective = replace(settings, port=taken.getsockname()[1])
    with upstream(effective) as (effective, is_demo):
        return asyncio.run(_Supervisor(effective, is_demo).run())


def _check_database(settings: Settings) -> None:
    if not isinstance(address_of(settings), PostgresServer):
        raise SettingError(
            f"WEB_CONCURRENCY is {settings.web_concurrency}, and an SQLite file takes one process; set DATABASE_URL to "
            "a Postgres database, or WEB_CONCURRENCY to 1."
        )


class _Place:
    """Where one worker is, or is to come."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self.listener: socket.socket | None = listen_beside(settings)
        self.worker: Process | None = None

    def open(self) -> socket.socket:
        self.listener = self.listener or listen_beside(self._settings)
        return self.listener

    def close(self) -> None:
        """From now on the others get its connections; those that wait here are hung up on."""
        if self.listener is not None:
            self.listener.close()
            self.listener = None


class _Supervisor:
    def __init__(self, settings: Settings, is_demo: bool) -> None:
        self._settings = settings
        self._is_demo = is_demo
        self._places = [_Place(settings) for _ in range(settings.web_concurrency)]
        self._is_stopping = asyncio.Event()
        self._exit_code = 0

    async def run(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._stop)
        try:
            return await self._run(self._places[0])
        finally:
            for place in self._places:
                place.close()

    async def _run(self, first: _Place) -> int:
        code = await (await self._start(first, prepares=True)).wait()
        if code or self._is_stopping.is_set():
            return max(code, 0)  # it has said why
        async with asyncio.TaskGroup() as tasks:
            for place in self._places:
                tasks.create_task(self._keep(place, is_first=place is first))
        return self._exit_code

    async def _keep(self, place: _Place, *, is_first: bool) -> None:
        """Has a worker in this place until the end. If the very first cannot serve, that is the end."""
        loop, pause, has_served = asyncio.get_running_loop(), FIRST_PAUSE, not is_first
        while not self._is_stopping.is_set():
            began = loop.time()
            worker = await self._start(place)
            if not has_served:
                has_served = await _tells(worker)
            code = await worker.wait()
            if self._is_stopping.is_set():
                return
            if not has_served:
                self._exit_code = max(code, 1)  # it has said why
                self._stop()
                return
            pause = FIRST_PAUSE if loop.time() - began > STEADY_AFTER else pause
            logger.error("Process %d ended by itself (%s); another comes in %.1f s", worker.pid, _why(code), pause)
            await self._rest(place, pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _rest(self, place: _Place, pause: float) -> None:
        if pause > LONGEST_WAIT:
            place.close()
        with suppress(TimeoutError):
            await asyncio.wait_for(self._is_stopping.wait(), pause)

    async def _start(self, place: _Place, *, prepares: bool = False) -> Process:
        """In a session of its own: what a terminal sends to all goes to the supervisor alone."""
        listener = place.open().fileno()
        place.worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "webapp", "worker"),
            stdin=PIPE,
            stdout=PIPE,
            pass_fds=[] if prepares else [listener],
            start_new_session=True,
        )
        orders = Orders(self._settings, self._is_demo, None if prepares else listener)
        if place.worker.stdin is not None:
            place.worker.stdin.write(msgspec.json.encode(orders) + b"\n")
        if self._is_stopping.is_set():
            _send(place.worker, signal.SIGTERM)
        return place.worker

    def _stop(self) -> None:
        """Lets all drain. Whoever has not ended long after the grace is killed; a second signal changes nothing."""
        if self._is_stopping.is_set():
            return
        self._is_stopping.set()
        for place in self._places:
            place.close()  # or whoever connects now would wait for nobody
            if place.worker is not None:
                _send(place.worker, signal.SIGTERM)
        asyncio.get_running_loop().call_later(self._settings.drain_seconds + KILL_AFTER, self._kill)

    def _kill(self) -> None:
        for place in self._places:
            if place.worker is not None and place.worker.returncode is None:
                logger.error("Process %d did not end, and is killed", place.worker.pid)
                _send(place.worker, signal.SIGKILL)
                self._exit_code = 1


async def _tells(worker: Process) -> bool:
    """Passes on what the worker says when it serves; False if it ends before."""
    line = await worker.stdout.readline() if worker.stdout is not None else b""
    print(line.decode(), end="", flush=True)  # noqa: T201  # what its processes say is passed on
    return bool(line)


def _send(worker: Process, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        worker.send_signal(number)


def _why(code: int) -> str:
    return f"exit code {code}" if code >= 0 else signal.Signals(-code).name
