"""The streaming core. An answer is generated once, in the background; any number of readers follow it.

`start` gives an answer to a task that reads from the model and appends to a `Reply`; `follow` lets a reader wait for
more. What a reader does, or whether there is one, changes nothing for the answer. One loop keeps the texts of all
growing answers in the database about twice a second: the database is the truth, memory only makes it fast.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from msgspec.structs import replace

from webapp.conversations.messages import Beginning, Message, Status, anchor
from webapp.conversations.mirrors import SILENT_AFTER, Mirrors
from webapp.conversations.replies_store import Ending, ReplyStore
from webapp.conversations.reply import FRAME_INTERVAL, FRAME_INTERVAL_PER_REPLY, Reply, TooLongError
from webapp.rendering.markdown import RENDERER_VERSION, render
from webapp.services.errors import OpenRouterError
from webapp.services.events import StreamEvent
from webapp.web.refusals import UnavailableError

logger = logging.getLogger(__name__)

CHECKPOINT_INTERVAL: Final = 0.5  # seconds of an answer that a killed process may lose
KEEP_ALIVE_INTERVAL: Final = 15.0  # a connection without traffic for longer is cut by proxies
LONGEST_ANSWER: Final = 3600.0  # seconds; an upstream that sends comments alone would never end
SWEEP_EVERY: Final = 10  # checkpoints


class Upstream(Protocol):
    """Whoever generates answers."""

    def stream_events(self, messages: list[dict[str, str]], model: str) -> AsyncGenerator[StreamEvent, None]: ...


class Outcome(NamedTuple):
    """How a call to the model ended, and what to tell the reader if it did not end well."""

    status: Status
    code: str = ""
    sentence: str = ""


_EMPTY: Final = Outcome(Status.FAILED, "empty", "The model answered with nothing. Try again, or choose another model.")


class Replies:
    """All answers that grow in this process, and mirrors of those that grow elsewhere and are read here."""

    def __init__(
        self, store: ReplyStore, upstream: Upstream, *, checkpoint_interval: float = CHECKPOINT_INTERVAL
    ) -> None:
        self._store = store
        self._upstream = upstream
        self._checkpoint_interval = checkpoint_interval
        self._live: dict[UUID, Reply] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._mirrors = Mirrors(store)
        self._stops: dict[UUID, Status] = {}
        self._draining = False

    @asynccontextmanager
    async def running(self, *, alone: bool, grace: float) -> AsyncGenerator[None, None]:
        """Keeps checkpoints while the block runs; at its end gives growing answers `grace` seconds.

        `alone`: no other process uses the database, so whatever still counts as growing has nobody writing it.
        """
        await self._reap(timedelta(0) if alone else SILENT_AFTER)
        keeper = asyncio.create_task(self._keep(), name="checkpoints")
        try:
            yield
        finally:
            self.begin_drain()
            await self._drain(grace)
            keeper.cancel()
            with suppress(asyncio.CancelledError):
                await keeper

    # For handlers

    def check_open(self) -> None:
        """Raises UnavailableError while the process is going down: it would not see a new answer's end."""
        if self._draining:
            raise UnavailableError("The server is restarting. Send again in a few seconds.", retry_after=3)

    def start(self, beginning: Beginning) -> None:
        """Lets an answer grow from what it has. Returns at once."""
        reply = Reply(beginning.answer)
        task = asyncio.create_task(self._run(reply, beginning), name=f"reply {reply.id}")
        # Not in the task's own finally: one that is cancelled before its first step never comes to it.
        task.add_done_callback(lambda _: self._forget(reply))
        self._live[reply.id], self._tasks[reply.id] = reply, task

    def snapshot(self, answer: Message) -> Reply:
        """The growing answer as it stands, for a page to show: of memory if it grows here, else of its checkpoint."""
        return self._live.get(answer.id) or Reply(answer)

    async def follow(self, answer: Message) -> AsyncGenerator[Reply, None]:
        """Yields the growing answer, first as it stands, then whenever it may have grown; ends with it.

        Also yields without news about every KEEP_ALIVE_INTERVAL. Ends early while the process goes down: the reply
        that it last yielded is then still live, and the reader is to come back.
        """
        reply = self._live.get(answer.id)
        if reply is not None:
            async for _ in self._versions(reply):
                yield reply
            return
        async with self._mirrors.reading(answer) as mirror:
            async for _ in self._versions(mirror):
                yield mirror

    async def stop(self, owner: UUID, message_id: UUID) -> None:
        """Ends a growing answer and its connection to the model; what came is kept. Others' are left alone."""
        if not await self._store.request_stop(owner, message_id):
            return
        task = self._cancel(message_id, Status.STOPPED)
        if task is not None:
            await asyncio.wait([task])

    def abandon(self, message_ids: Sequence[UUID]) -> None:
        """Ends growing answers whose messages are gone."""
        for message_id in message_ids:
            self._cancel(message_id, Status.STOPPED)

    # The life of an answer

    async def _run(self, reply: Reply, beginning: Beginning) -> None:
        outcome = await self._generate(reply, beginning)
        self._stops.setdefault(reply.id, outcome.status)  # from here on there is nothing left to stop
        await self._end(reply, outcome)

    async def _generate(self, reply: Reply, beginning: Beginning) -> Outcome:
        messages = [{"role": one.role, "content": one.content} for one in beginning.prompt]
        try:
            async with aclosing(self._upstream.stream_events(messages, beginning.model)) as events:
                async with asyncio.timeout(LONGEST_ANSWER):
                    async for event in events:
                        reply.take(event)
        except asyncio.CancelledError:
            return Outcome(self._stops.get(reply.id, Status.INTERRUPTED))
        except TooLongError:
            reply.receipt = replace(reply.receipt, finish_reason="length")
        except TimeoutError:
            return Outcome(Status.INTERRUPTED, "timeout", "The answer took more than an hour, and was ended.")
        except OpenRouterError as error:
            status = Status.INTERRUPTED if reply.text else Status.FAILED
            return Outcome(status, error.code, error.sentence)
        except Exception:
            logger.exception("Reply %s failed", reply.id)
            status = Status.INTERRUPTED if reply.text else Status.FAILED
            return Outcome(status, "internal", "Something went wrong here, not at the model. Try again.")
        return Outcome(Status.COMPLETE) if reply.text or reply.pictures else _EMPTY

    async def _end(self, reply: Reply, outcome: Outcome) -> None:
        """Keeps the whole answer, with patience: a full disk or a locked file may pass."""
        ending = Ending(
            reply.progress(),
            outcome.status,
            reply.receipt,
            render(reply.text, anchor=anchor(reply.id)),
            RENDERER_VERSION,
            reply.pictures,
            outcome.code,
            outcome.sentence,
        )
        for delay in (0.2, 1.0, 3.0, 10.0, None):
            try:
                await self._store.end(ending, datetime.now(UTC))
                break
            except Exception:
                logger.exception("Reply %s could not be kept", reply.id)
                if delay is None:
                    return
                await asyncio.sleep(delay)
        reply.status = outcome.status

    def _forget(self, reply: Reply) -> None:
        """Lets go of an answer, whatever became of it. If it goes on one day, it does so as another Reply."""
        if self._live.get(reply.id) is reply:
            for register in (self._live, self._tasks, self._stops):
                register.pop(reply.id, None)
        reply.end(Status.INTERRUPTED if reply.is_live else reply.status)

    def _cancel(self, message_id: UUID, status: Status) -> asyncio.Task[None] | None:
        """Cancels the task that writes the answer, once; returns it, or None if the answer does not grow here."""
        task = self._tasks.get(message_id)
        if task is not None and message_id not in self._stops:
            self._stops[message_id] = status
            task.cancel()
        return task

    # Following

    async def _versions(self, reply: Reply) -> AsyncGenerator[None, None]:
        """Once now, and after each change; the last time when the reply has ended, however slow the reader is."""
        while True:
            version, was_live = reply.version, reply.is_live
            yield
            if not was_live or self._draining:
                return
            await reply.wait(version)

    # Keeping

    async def _keep(self) -> None:
        """Keeps texts and heartbeats for ever; a failure is logged, and made good by the next round."""
        rounds = 0
        while True:
            await asyncio.sleep(self._checkpoint_interval)
            rounds += 1
            try:
                await self._checkpoint()
                if rounds % SWEEP_EVERY == 0:
                    await self._reap(SILENT_AFTER)
            except Exception:
                logger.exception("Checkpoints could not be kept")
            self._keep_alive()

    async def _checkpoint(self) -> None:
        live = [(reply, reply.version) for reply in self._live.values()]
        if not live:
            return
        changed = [reply.progress() for reply, version in live if version != reply.kept_version]
        asked = await self._store.checkpoint(changed, [reply.id for reply, _ in live], datetime.now(UTC))
        for reply, version in live:
            reply.kept_version = version
            reply.frame_interval = FRAME_INTERVAL + FRAME_INTERVAL_PER_REPLY * (len(live) - 1)
        for message_id in asked:
            self._cancel(message_id, Status.STOPPED)

    async def _reap(self, silent_for: timedelta) -> None:
        """Interrupts the answers of dead processes. Those of this one have a fresh heartbeat."""
        now = datetime.now(UTC)
        count = await self._store.reap(now - silent_for, now)
        if count:
            logger.warning("%d answers were left by a process that died; marked as interrupted", count)

    def _keep_alive(self) -> None:
        for reply in (*self._live.values(), *self._mirrors.replies()):
            if reply.idle_for >= KEEP_ALIVE_INTERVAL:
                reply.wake()

    # Going down

    def begin_drain(self) -> None:
        """Takes no new answers, and sends readers away to come back elsewhere. Growing answers go on."""
        self._draining = True
        for reply in (*self._live.values(), *self._mirrors.replies()):
            reply.wake()

    async def _drain(self, grace: float) -> None:
        """Gives growing answers `grace` seconds, then interrupts those that are left, with all that they have."""
        if self._tasks:
            logger.info("Waiting up to %.0f s for %d answers", grace, len(self._tasks))
            await asyncio.wait(list(self._tasks.values()), timeout=grace)
        left = [self._cancel(message_id, Status.INTERRUPTED) for message_id in list(self._tasks)]
        if left:
            await asyncio.gather(*(asyncio.wait([task]) for task in left if task is not None))
