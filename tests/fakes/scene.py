"""The streaming core with the real stores on a database of its own, and a model in the test's hands."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from tests.fakes.database import open_database
from tests.fakes.model import Call, FakeModel
from tests.fakes.reader import Reader
from tests.fakes.reply_store import TroubledReplyStore
from webapp.conversations.messages import Beginning, Message
from webapp.conversations.replies import Replies
from webapp.conversations.store import Conversations
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.rendering.markdown import RENDERER_VERSION

QUICK = 0.01  # seconds between two checkpoints


class Process(NamedTuple):
    """What one process of the app has. Two on the same file know of each other through it alone."""

    database: Database
    conversations: Conversations
    store: TroubledReplyStore
    model: FakeModel
    replies: Replies

    async def ask(self, owner: UUID, text: str = "Go", conversation: UUID | None = None) -> tuple[Message, Call]:
        """Sets an answer growing; returns it, and the call to the model."""
        exchange = await self.conversations.add_exchange(owner, conversation, text, "some/model", str(new_id()))
        return exchange.answer, await self.start(Beginning(exchange.answer, "some/model", exchange.prompt))

    async def resume(self, owner: UUID, answer: Message) -> Call:
        return await self.start(await self.conversations.resume(owner, answer.id))

    async def start(self, beginning: Beginning) -> Call:
        self.replies.start(beginning)
        return await self.model.call(len(self.model.calls) + 1)

    def follow(self, answer: Message) -> Reader:
        return Reader(self.replies.follow(answer))


class Scene(NamedTuple):
    """Alice owns, Bob is another user. `here` is a running process of the app."""

    path: Path
    here: Process
    alice: UUID
    bob: UUID

    async def message(self, answer: Message) -> Message:
        """The answer as the database has it."""
        return await self.here.conversations.find_message(self.alice, answer.id)

    async def ended(self, answer: Message) -> Message:
        """The answer as the database has it when it has ended."""
        await self.here.follow(answer).ended()
        return await self.message(answer)


@asynccontextmanager
async def open_process(path: Path) -> AsyncIterator[Process]:
    """A process on the database `path` that does not run yet: its checkpoints are kept while `replies.running`."""
    async with open_database(path) as database:
        store, model = TroubledReplyStore(database), FakeModel()
        conversations = Conversations(database, max_live=8, renderer_version=RENDERER_VERSION)
        yield Process(database, conversations, store, model, Replies(store, model, checkpoint_interval=QUICK))


@asynccontextmanager
async def running_process(path: Path) -> AsyncIterator[Process]:
    """One of several processes on the database `path`. At its end answers that still grow are interrupted."""
    async with open_process(path) as process, process.replies.running(alone=False, grace=0):
        yield process


@asynccontextmanager
async def open_scene(path: Path) -> AsyncIterator[Scene]:
    alice, bob, now = new_id(), new_id(), datetime.now(UTC)
    async with running_process(path) as here:
        async with here.database.write() as session:
            session.add_all(
                [UserRow(id=alice, name="alice", created_at=now), UserRow(id=bob, name="bob", created_at=now)]
            )
        yield Scene(path, here, alice, bob)
