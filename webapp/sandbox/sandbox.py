"""The sandbox: the one place where work on what strangers wrote may take long, take much, or break.

A job runs in another process: limited in time, memory and output, without environment and database, behind the
server where both want the same processor. When it comes to nothing its caller gets a SandboxError, and no other user
notices. Without a job there is no process; after one it stays for some seconds, for the next.
"""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from typing import Final, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import msgspec

from webapp.background import in_any_case
from webapp.sandbox.job import Job
from webapp.sandbox.process import SandboxedProcess, SandboxError

Question = TypeVar("Question")
Answer = TypeVar("Answer")

SHORT_JOBS: Final = 2  # at once: what people wait for
LONG_JOBS: Final = 2  # at once, beside those
IDLE_SECONDS: Final = 10.0  # a process lives so long after the last job
MAX_PEAK: Final = 150_000_000  # bytes of memory; a process that has had more ends with its job


class Sandbox:
    """Runs jobs: a few at once, and each owner's one after the other, so that nobody's jobs fill it."""

    def __init__(self) -> None:
        self._short, self._long = _Lane(SHORT_JOBS), _Lane(LONG_JOBS)

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """At its end no process is left; jobs that are under way fail."""
        try:
            yield
        finally:
            await in_any_case(self._close())

    async def run(self, job: Job[Question, Answer], question: Question, *, owner: UUID | None = None) -> Answer:
        """The answer of a job that has one. Raises SandboxError."""
        answers = [answer async for answer in self.stream(job, question, owner=owner)]
        if len(answers) != 1:
            raise SandboxError("failed", f"it gave {len(answers)} answers")
        return answers[0]

    async def stream(
        self, job: Job[Question, Answer], question: Question, *, owner: UUID | None = None
    ) -> AsyncGenerator[Answer, None]:
        """The answers of a job as they come; it waits while its caller doesn't take them. Raises SandboxError.

        To be closed by a caller who leaves early (`aclosing`): that ends the job.
        """
        lane = self._long if job.is_long else self._short
        async with (
            lane.process(owner, job.limits.patience, is_kept=not job.is_long) as process,
            aclosing(process.answers(job, msgspec.msgpack.encode(question))) as answers,
        ):
            async for answer in answers:
                yield answer

    @property
    def pids(self) -> list[int]:
        """Of the processes that there are now."""
        return [process.pid for lane in (self._short, self._long) for process in lane.processes]

    async def _close(self) -> None:
        for lane in (self._short, self._long):
            await lane.close()


class _Lane:
    """Processes for one kind of job, and the queue for them."""

    def __init__(self, size: int) -> None:
        self._places = asyncio.Semaphore(size)
        self._turns = WeakValueDictionary[UUID, asyncio.Lock]()
        self._idle = list[SandboxedProcess]()
        self._quiet: asyncio.TimerHandle | None = None
        self._endings = set[asyncio.Task[None]]()
        self.processes = set[SandboxedProcess]()

    @asynccontextmanager
    async def process(
        self, owner: UUID | None, patience: float, *, is_kept: bool
    ) -> AsyncGenerator[SandboxedProcess, None]:
        """A process for one job, when it's the owner's turn and there is a place."""
        async with AsyncExitStack() as stack:
            try:
                async with asyncio.timeout(patience):
                    if owner is not None:
                        await stack.enter_async_context(self._turns.setdefault(owner, asyncio.Lock()))
                    await stack.enter_async_context(self._places)
            except TimeoutError:
                raise SandboxError("busy", f"no process was free in {patience:g} s") from None
            process = await self._one()
            try:
                yield process
            finally:
                await in_any_case(self._put_back(process, is_kept=is_kept))

    async def close(self) -> None:
        if self._quiet is not None:
            self._quiet.cancel()
        for process in list(self.processes):
            await self._end(process)
        if self._endings:
            await asyncio.wait(self._endings)

    async def _one(self) -> SandboxedProcess:
        while self._idle:
            process = self._idle.pop()
            if process.is_ready:
                return process
            await self._end(process)
        process = await SandboxedProcess.start()
        self.processes.add(process)
        return process

    async def _put_back(self, process: SandboxedProcess, *, is_kept: bool) -> None:
        if not (is_kept and process.is_ready and process.peak <= MAX_PEAK and process in self.processes):
            await self._end(process)
            return
        self._idle.append(process)
        if self._quiet is not None:
            self._quiet.cancel()
        self._quiet = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._end_idle)

    def _end_idle(self) -> None:
        for process in self._idle:
            task = asyncio.create_task(self._end(process))
            self._endings.add(task)
            task.add_done_callback(self._endings.discard)
        self._idle.clear()

    async def _end(self, process: SandboxedProcess) -> None:
        await process.end()
        self.processes.discard(process)
