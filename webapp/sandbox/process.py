"""One sandboxed process, as the server sees it: started, given jobs one at a time, ended."""

import asyncio
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from subprocess import DEVNULL, Popen, TimeoutExpired
from typing import Any, Final, Literal, Self

import msgspec

from webapp.config import library_path
from webapp.sandbox.frames import ANSWER, END, FAILED, HEAD, ORDER, QUESTION, Ending, Failure, Order
from webapp.sandbox.job import Job, Limits

ROOT: Final = Path(__file__).parent.parent.parent
PROGRAM: Final = Path(__file__).parent / "program.py"
SECONDS_TO_DIE: Final = 5.0  # from the end of what it says to the end of the process itself
BUFFER: Final = 1 << 18  # bytes on their way to the process, and of answers that wait here until they're read

# - "processor", "memory", "output": the job took more than it may. "died": its process broke. "failed": an error of the
#   work itself.
# - "time": by the clock, so a busy machine may be why. "killed": by the system, as where memory runs out, which may be
#   others' doing. "busy", "away": no process was to be had.
Reason = Literal["processor", "memory", "output", "died", "failed", "time", "killed", "busy", "away"]


class SandboxError(Exception):
    """A job has no result. `reason` says why; the text is for the log, and holds nothing that people wrote."""

    def __init__(self, reason: Reason, text: str) -> None:
        super().__init__(text)
        self.reason: Final = reason

    @property
    def is_of_the_input(self) -> bool:
        """Whether the same question would fare no better another time."""
        return self.reason not in ("time", "killed", "busy", "away")


class SandboxedProcess:
    """A process that runs `program.py`. It takes one job at a time."""

    def __init__(self, process: Popen[bytes], answers: asyncio.StreamReader, orders: asyncio.StreamWriter) -> None:
        self._process, self._answers, self._orders = process, answers, orders
        self._is_between_jobs = True
        self.peak = 0  # bytes of memory that it has had at most

    @classmethod
    async def start(cls) -> Self:
        """Raises SandboxError where the system has no process to give."""
        ours, theirs = socket.socketpair()
        try:
            with theirs:
                process = _start(theirs)
            return cls(process, *await _streams(ours))
        except OSError as error:
            ours.close()
            raise SandboxError("away", f"no process could be started: {error.strerror}") from None

    @property
    def is_ready(self) -> bool:
        """Whether it can take a job."""
        return self._is_between_jobs and not self._answers.at_eof()

    @property
    def pid(self) -> int:
        return self._process.pid

    async def answers(self, job: Job[Any, Any], question: bytes) -> AsyncGenerator[Any, None]:
        """What the job yields, one after the other. A caller who leaves early must end the process.

        Raises SandboxError.
        """
        self._is_between_jobs = False
        left = job.limits.output
        try:
            async with _in_time(job.limits.wait):
                await self._send(ORDER, msgspec.msgpack.encode(Order(job.address, job.limits)))
                await self._send(QUESTION, question)
            del question  # it may be large, and the job takes its time
            while True:
                kind, body = await self._next(job.limits, left)
                left -= len(body)
                if kind == ANSWER:
                    answer = msgspec.msgpack.decode(body, type=job.answer)
                    del body  # it may be large, and the caller takes its time
                    yield answer
                    del answer
                elif kind == END:
                    self.peak = msgspec.msgpack.decode(body, type=Ending).peak
                    break
                elif kind == FAILED:
                    failure = msgspec.msgpack.decode(body, type=Failure)
                    self._is_between_jobs = True
                    reason: Reason = "memory" if failure.error == "MemoryError" else "failed"
                    raise SandboxError(reason, f"{failure.error} in {failure.place}")
                else:
                    raise SandboxError("died", "it doesn't speak our language")
        except (asyncio.IncompleteReadError, ConnectionError):
            raise await self._death() from None
        except msgspec.MsgspecError:
            raise SandboxError("died", "its answer can't be read") from None
        self._is_between_jobs = True

    async def end(self) -> None:
        """Ends it at once, whatever it does."""
        self._process.kill()
        await asyncio.to_thread(self._process.wait)
        self._orders.transport.abort()

    async def _death(self) -> SandboxError:
        """Why the process has ended, as far as the system says it."""
        with suppress(TimeoutExpired):
            await asyncio.to_thread(self._process.wait, SECONDS_TO_DIE)
        if self._process.returncode == -signal.SIGPROF:
            return SandboxError("processor", "it took more processor time than it may")
        if self._process.returncode == -signal.SIGKILL:
            return SandboxError("killed", "the system killed it, as it does where memory runs out")
        return SandboxError("died", f"its process ended with {self._process.returncode}")

    async def _send(self, kind: bytes, body: bytes) -> None:
        """Sends a frame, of which no more than BUFFER is copied at a time."""
        self._orders.write(HEAD.pack(kind, len(body)))
        for at in range(0, len(body), BUFFER):
            self._orders.write(memoryview(body)[at : at + BUFFER])
            await self._orders.drain()

    async def _next(self, limits: Limits, left: int) -> tuple[bytes, bytes]:
        async with _in_time(limits.wait):
            kind, length = HEAD.unpack(await self._answers.readexactly(HEAD.size))
            if kind == ANSWER and length > left:
                raise SandboxError("output", f"its answers are longer than {limits.output:,} bytes")
            return kind, await self._answers.readexactly(min(length, limits.output + 1_000))


def _start(connection: socket.socket) -> Popen[bytes]:
    command = [sys.executable, "-I", "-X", "utf8", *(["-B"] if sys.dont_write_bytecode else [])]
    return Popen(  # noqa: S603 -- our own program
        [*command, str(PROGRAM), str(ROOT), tempfile.gettempdir()],
        stdin=connection.fileno(),
        stdout=connection.fileno(),
        stderr=DEVNULL,
        env=library_path(),
        start_new_session=True,  # a Ctrl+C at a terminal is for the server, which ends this one
    )


@asynccontextmanager
async def _in_time(seconds: float) -> AsyncGenerator[None, None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise SandboxError("time", f"it took more than {seconds:g} s") from None


async def _streams(connection: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=BUFFER)
    transport, protocol = await loop.connect_accepted_socket(lambda: asyncio.StreamReaderProtocol(reader), connection)
    return reader, asyncio.StreamWriter(transport, protocol, reader, loop)
