"""The cast of the store's tests, and the streaming core's scene: Alice owns, Bob is another user."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.fakes.scene import Scene, open_scene
from webapp.conversations.messages import Receipt, Status
from webapp.conversations.replies_store import Ending, Progress, ReplyStore
from webapp.conversations.store import Conversations
from webapp.db.engine import Database
from webapp.db.migrate import upgrade
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Cast(NamedTuple):
    database: Database
    conversations: Conversations
    replies: ReplyStore
    alice: UUID
    bob: UUID

    async def end(self, answer_id: UUID, text: str = "An answer.", status: Status = Status.COMPLETE) -> None:
        progress = Progress(answer_id, text, "", ())
        await self.replies.end(Ending(progress, status, Receipt(), f"<p>{text}</p>", 1), NOW)


@pytest.fixture
async def cast(tmp_path: Path) -> AsyncIterator[Cast]:
    upgrade(tmp_path / "test.db")
    database = Database(tmp_path / "test.db")
    alice, bob = new_id(), new_id()
    async with database.write() as session:
        session.add_all([UserRow(id=alice, name="alice", created_at=NOW), UserRow(id=bob, name="bob", created_at=NOW)])
    yield Cast(database, Conversations(database, max_live=3, renderer_version=1), ReplyStore(database), alice, bob)
    await database.close()


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(tmp_path / "scene.db") as scene:
        yield scene
