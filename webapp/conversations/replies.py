"""The streaming core. An answer is generated once, in the background; any number of readers follow it.

`start` gives an answer to a task that reads from the model and appends to a `Reply`; `follow` lets a reader wait for
more. What a reader does, or whether there is one, changes nothing for the answer. One loop keeps the texts of all
growing answers in the database about twice a second: the database is the truth, memory only makes it fast.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Final
from uuid import UUID

from webapp.background import background
from webapp.bus.bus import EVERYONE, Bus, Changed, NoBus, Piece, Watch
from webapp.bus.bus import Message as BusMessage
from webapp.conversations.endings import Endings
from webapp.conversations.generation import BUDGET, INTERRUPTED, STOPPED, Outcome, Upstream, generate
from webapp.conversations.messages import Beginning, Message, Status
from webapp.conversations.mirrors import SILENT_AFTER, Mirrors
from webapp.conversations.observing import Ended, Nobody, Observer
from webapp.conversations.painter import Painter
from webapp.conversations.renderings import Renderer
from webapp.conversations.replies_store import Ending, ReplyKeeper
from webapp.conversations.reply import Reply, frame_interval
from webapp.conversations.sharing import Sharing
from webapp.conversations.till import Till
from webapp.db.job_log import JobLog
from webapp.db.outages import AwayError
from webapp.rendering.markdown import RENDERER_VERSION, UNRENDERED
from webapp.web.context import bound
from webapp.web.refusals import UnavailableError

logger = logging.getLogger(__name__)

CHECKPOINT_INTERVAL: Final = 0.5  # seconds of an answer that a killed process may lose
KEEP_ALIVE_INTERVAL: Final = 15.0  # a connection without traffic for longer is cut by proxies
SWEEP_EVERY: Final = 10  # checkpoints
PAINTED_WITHIN: Final = 10.0  # seconds; an answer doesn't wait longer for its pictures, which are painted later then
STOP_PATIENCE: Final = 3.0  # seconds that whoever stops an answer waits for what came to be kept


NOBODY: Final = Nobody()
TILL: Final = Till()


class Replies:
    """All answers that grow in this process, and mirrors of those that grow elsewhere and are read here."""

    def __init__(
        self,
        store: ReplyKeeper,
        upstream: Upstream,
        bus: Bus | None = None,
        *,
        painter: Painter,
        renderer: Renderer,
        observer: Observer = NOBODY,
        till: Till = TILL,
        checkpoint_interval: float = CHECKPOINT_INTERVAL,
    ) -> None:
        """Without a `bus` other processes hear of this one through the database alone."""
        self._store = store
        self._upstream = upstream
        self._observer = observer
        self._painter = painter
        self._renderer = renderer
        self._till = till
        self._bus = bus or NoBus()
        self._checkpoint_interval = checkpoint_interval
        self._live: dict[UUID, Reply] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._mirrors = Mirrors(store, self._bus)
        self._sharing = Sharing(self._bus)
        self._endings = Endings(store)
        self._is_asked_to_look = asyncio.Event()
        self._stops: dict[Reply, Outcome] = {}
        self._draining = False
        self._sends_away = False
        self._followers = 0
        self._kept_at = 0.0
        self._keep_log = JobLog(logger, "Checkpoints could not be kept")

    @asynccontextmanager
    async def running(self, *, alone: bool, grace: float) -> AsyncGenerator[None, None]:
        """Keeps checkpoints while the block runs; at its end gives growing answers `grace` seconds.

        `alone`: no other process uses the database, so whatever still counts as growing has nobody writing it.
        """
        with suppress(AwayError):  # what is left then, a later look finds
            await self._reap(timedelta(0) if alone else SILENT_AFTER)
        self._kept_at = asyncio.get_running_loop().time()
        async with self._bus.running(self._hear, self._mirrors.bus_changed):
            keeping = background(self._keep(), name="checkpoints")
            sharing = background(self._sharing.run(), name="sharing")
            async with keeping, sharing, self._mirrors.running():
                try:
                    yield
                finally:
                    self.take_no_more()
                    self.send_away()
                    await self._drain(grace)

    # For handlers

    def check_open(self) -> None:
        """Raises UnavailableError while the process is going down: it would not see a new answer's end.

        And while it can't keep those that it has.
        """
        if self._draining:
            raise UnavailableError("The server is restarting. Send again in a few seconds.", retry_after=3)
        self._endings.check_room()

    def start(self, beginning: Beginning) -> None:
        """Lets an answer grow from what it has. Returns at once."""
        self._cancel(beginning.answer.id, INTERRUPTED)  # one that was taken for dead, and has not noticed yet
        reply = Reply(beginning.answer, self._till.meter(beginning), beginning.terms)
        task = asyncio.create_task(self._run(reply, beginning), name=f"reply {reply.id}")
        # Not in the task's own finally: one that is cancelled before its first step never comes to it.
        task.add_done_callback(lambda _: self._forget(reply))
        self._live[reply.id], self._tasks[reply.id] = reply, task

    def when_ended(self, message_id: UUID, act: Callable[[], None]) -> None:
        """Calls `act` when an answer that grows here has ended, however it did; not at all if it does not grow here."""
        if task := self._tasks.get(message_id):
            task.add_done_callback(lambda _: None if self._draining else act())

    def find(self, owner: UUID, message_id: UUID) -> Message | None:
        """One of the owner's answers, as it was before it grew; None if it does not grow here."""
        reply = self._live.get(message_id)
        return reply.answer if reply is not None and reply.answer.owner_id == owner else None

    def snapshot(self, answer: Message) -> Reply:
        """The growing answer as it stands, for a page to show: of memory if it grows here, else of its checkpoint."""
        return self._live.get(answer.id) or Reply(answer)

    async def follow(self, answer: Message) -> AsyncGenerator[Reply, None]:
        """Yields the growing answer, first as it stands, then whenever it may have grown; ends with it.

        Also yields without news about every KEEP_ALIVE_INTERVAL. Ends early once readers are sent away: the reply
        that it last yielded is then still live, and the reader is to come back.
        """
        self._followers += 1
        try:
            reply = self._live.get(answer.id)
            if reply is not None:
                async for _ in self._versions(reply):
                    yield reply
                return
            async with self._mirrors.reading(answer) as mirror:
                async for _ in self._versions(mirror):
                    yield mirror
        finally:
            self._followers -= 1

    async def stop(self, owner: UUID, message_id: UUID) -> None:
        """Ends a growing answer and its connection to the model; what came is kept. Others' are left alone.

        One that grows here ends at once, also where the database is away; its end may then still wait to be kept.
        """
        if self.find(owner, message_id) is not None and not await self._stop_here(message_id):
            return
        if not await self._store.request_stop(owner, message_id):
            return
        task = self._cancel(message_id, STOPPED)
        if task is not None:
            await asyncio.wait([task])
        else:
            self._bus.send(EVERYONE, Changed(message_id))

    async def _stop_here(self, message_id: UUID) -> bool:
        """Whether the answer goes on elsewhere."""
        reply, task = self._live[message_id], self._cancel(message_id, STOPPED)
        if task is not None:
            await asyncio.wait([task], timeout=STOP_PATIENCE)
        return reply.is_lost

    def abandon(self, message_ids: Sequence[UUID]) -> None:
        """Ends growing answers whose messages are gone."""
        for message_id in message_ids:
            if self._cancel(message_id, STOPPED) is None:
                self._bus.send(EVERYONE, Changed(message_id))

    # From other processes

    def _hear(self, message: BusMessage) -> None:
        """What the bus says is a hint: what was asked for is in the database, and is looked up there."""
        match message:
            case Piece():
                self._mirrors.hear(message)
            case Watch() if (reply := self._live.get(message.id)) is not None:
                self._sharing.watch(reply, message)
            case Changed() if message.id in self._live:
                self._is_asked_to_look.set()
            case Watch() | Changed():
                pass  # of an answer that does not grow here

    # The life of an answer

    async def _run(self, reply: Reply, beginning: Beginning) -> None:
        with bound(conversation_id=str(reply.answer.conversation_id), reply_id=str(reply.id)):
            try:
                outcome = await generate(self._upstream, reply, beginning, self._till.key)
            except asyncio.CancelledError:
                outcome = self._stops.get(reply, INTERRUPTED)
            self._stops.setdefault(reply, outcome)  # from here on there is nothing left to stop
            await self._end(reply, outcome)
        if reply.open_bill is not None:
            self._till.left_open()
        self._observer.reply_ended(_ended(reply, outcome))

    async def _end(self, reply: Reply, outcome: Outcome) -> None:
        """Keeps the whole answer, with patience: what is wrong with the database may pass."""
        reply.end_thinking()
        patience = 0 if self._draining else PAINTED_WITHIN
        pictures = await self._painter.paint(reply.pictures, reply.answer.owner_id, within=patience)
        made = await self._renderer.one(reply.answer.owner_id, reply.id, reply.text, reply.reasoning)
        ending = Ending(
            reply.progress(),
            outcome.status,
            reply.receipt,
            made.rendering,
            RENDERER_VERSION if made.is_final else UNRENDERED,
            pictures,
            outcome.code,
            outcome.sentence,
            reply.answer.receipt,
            reply.open_bill,
            reply.answer.owner_id,
            reply.terms.own_key is not None,
            reply.terms.hold.amount,
        )
        if await self._endings.keep(reply, ending):
            reply.end(outcome.status)

    def _forget(self, reply: Reply) -> None:
        """Lets go of an answer, whatever became of it. If it goes on one day, it does so as another Reply."""
        if self._live.get(reply.id) is reply:
            del self._live[reply.id], self._tasks[reply.id]
        self._stops.pop(reply, None)
        reply.end(Status.INTERRUPTED if reply.is_live else reply.status)

    def _cancel(self, message_id: UUID, outcome: Outcome) -> asyncio.Task[None] | None:
        """Cancels the task that writes the answer, once; returns it, or None if the answer does not grow here."""
        reply, task = self._live.get(message_id), self._tasks.get(message_id)
        if reply is not None and task is not None and reply not in self._stops:
            self._stops[reply] = outcome
            task.cancel()
        return task

    # Following

    async def _versions(self, reply: Reply) -> AsyncGenerator[None, None]:
        """Once now, and after each change; the last time when the reply has ended, however slow the reader is.

        Of one that goes on elsewhere, no more.
        """
        while not reply.is_lost:
            version, was_live = reply.version, reply.is_live
            yield
            if not was_live or self._sends_away:
                return
            await reply.wait(version)

    # Keeping

    async def _keep(self) -> None:
        """Keeps texts and heartbeats for ever; a failure is logged once, and made good by the next round."""
        rounds = 0
        while True:
            await self._pause()
            rounds += 1
            try:
                await self._checkpoint()
                self._kept_at = asyncio.get_running_loop().time()
                if rounds % SWEEP_EVERY == 0:
                    await self._reap(SILENT_AFTER)
                self._keep_log.worked()
            except Exception as error:
                self._keep_log.failed(error)
            self._keep_alive()

    async def _pause(self) -> None:
        """Until the next checkpoint, which comes at once where another process has changed something."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._checkpoint_interval):
                await self._is_asked_to_look.wait()
        self._is_asked_to_look.clear()

    async def _checkpoint(self) -> None:
        live = [(reply, reply.version) for reply in self._live.values()]
        if not live:
            return
        began = time.perf_counter()
        changed = [reply.progress() for reply, version in live if version != reply.kept_version]
        kept = await self._store.checkpoint(changed, {reply.id: reply.answer.run for reply, _ in live})
        for reply, version in live:
            reply.kept_version = version
            if reply.id in kept.lost and self._live.get(reply.id) is reply:
                self._cancel(reply.id, INTERRUPTED)
        for message_id in kept.stopped:
            self._cancel(message_id, STOPPED)
        for reply, sentence in (await self._till.over_the_limit(reply for reply, _ in live)).items():
            self._cancel(reply.id, Outcome(Status.STOPPED, BUDGET, sentence))
        self._observer.checkpoint_kept(time.perf_counter() - began)

    async def _reap(self, silent_for: timedelta) -> None:
        """Interrupts the answers of dead processes. Those of this one have a fresh heartbeat."""
        count = await self._store.reap(silent_for)
        if count:
            logger.warning("%d answers were left by a process that died; marked as interrupted", count)

    def _keep_alive(self) -> None:
        """Wakes readers of silent answers, and paces all by how many there are."""
        replies = [*self._live.values(), *self._mirrors.replies()]
        for reply in replies:
            reply.frame_interval = frame_interval(len(replies))
            if reply.idle_for >= KEEP_ALIVE_INTERVAL:
                reply.wake()

    def count_of(self, owner: UUID) -> int:
        """How many of the owner's answers grow here."""
        return sum(reply.answer.owner_id == owner for reply in self._live.values())

    # For whoever watches

    @property
    def live_count(self) -> int:
        """How many answers grow here."""
        return len(self._live)

    @property
    def follower_count(self) -> int:
        """How many readers wait for more of an answer here."""
        return self._followers

    @property
    def checkpoint_age(self) -> float:
        """Seconds since the growing answers were last kept; 0 while none grows."""
        return asyncio.get_running_loop().time() - self._kept_at if self._live else 0.0

    # Going down

    @property
    def is_draining(self) -> bool:
        """Whether this process is going down, and takes no new answers."""
        return self._draining

    def take_no_more(self) -> None:
        """Takes no new answers. Growing ones go on, and so do those who read them."""
        self._draining = True

    def send_away(self) -> None:
        """Ends what is read here, so that readers come back, elsewhere or after a restart. Growing answers go on."""
        self._sends_away = True
        for reply in (*self._live.values(), *self._mirrors.replies()):
            reply.wake()

    def interrupt(self) -> None:
        """Begins to end all growing answers, with all that they have. Their last words are still kept and read."""
        self._endings.close()
        for message_id in list(self._tasks):
            self._cancel(message_id, INTERRUPTED)

    async def _drain(self, grace: float) -> None:
        """Gives growing answers `grace` seconds, then interrupts those that are left, with all that they have."""
        if self._tasks:
            logger.info("Waiting up to %.0f s for %d answers", grace, len(self._tasks))
            await asyncio.wait(list(self._tasks.values()), timeout=grace)
        self.interrupt()
        if self._tasks:
            await asyncio.wait(list(self._tasks.values()))


def _ended(reply: Reply, outcome: Outcome) -> Ended:
    return Ended(reply.receipt.model, outcome.status, outcome.code, reply.first_token, reply.retries, reply.spent)
