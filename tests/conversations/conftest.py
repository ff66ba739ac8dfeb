"""The cast of the store's tests, and the streaming core's scene: Alice owns, Bob is another user."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

import pytest

from tests.fakes.database import migrated_file, open_database
from tests.fakes.reply_store import TroubledReplyStore
from tests.fakes.scene import Scene, open_scene
from webapp.conversations.messages import Receipt, Rendering, Status
from webapp.conversations.replies_store import Ending, Progress
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Cast(NamedTuple):
    database: Database
    conversations: Conversations
    branches: Branches
    replies: TroubledReplyStore
    alice: UUID
    bob: UUID

    async def end(self, answer_id: UUID, text: str = "An answer.", status: Status = Status.COMPLETE) -> None:
        run = (await self.conversations.find_message(self.alice, answer_id)).run
        progress = Progress(answer_id, text, "", (), run)
        await self.replies.end(Ending(progress, status, Receipt(), Rendering(f"<p>{text}</p>", ""), 1), NOW)


@pytest.fixture
async def cast(address: Address) -> AsyncIterator[Cast]:
    alice, bob = new_id(), new_id()
    async with open_database(address) as database:
        async with database.write() as session:
            session.add_all(
                UserRow(id=key, name=name, created_at=NOW) for key, name in ((alice, "alice"), (bob, "bob"))
            )
        conversations = Conversations(database, max_live=3, renderer_version=1)
        branches = Branches(database, renderer_version=1)
        yield Cast(database, conversations, branches, TroubledReplyStore(database), alice, bob)


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    async with open_scene(migrated_file(tmp_path / "scene.db")) as scene:
        yield scene
