"""What nobody has used for long goes; what is pinned, growing, or used again stays."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

import pytest
from sqlalchemy import select, update

from tests.fakes.database import open_database
from tests.fakes.model import PATIENCE
from webapp.conversations.listing_store import FOR_GOOD
from webapp.conversations.store import Conversations
from webapp.conversations.tree_store import Branches
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.operations.retention import BATCH, KEPT_FOR, Retention
from webapp.operations.retention_store import PURGED_AFTER, RetentionStore

NOW = datetime.now(UTC)
OLD = NOW - timedelta(days=40)


class House(NamedTuple):
    """Conversations by their titles."""

    database: Database
    alice: UUID

    async def add(self, title: str, used_at: datetime = OLD, *, answer: dict[str, Any] | None = None) -> UUID:
        """A conversation that was last asked in at that time; `answer` has what its answer has."""
        conversations = Conversations(self.database, max_live=1_000, renderer_version=1)
        exchange = await conversations.add_exchange(self.alice, None, "Hi", "a/model", str(new_id()))
        ended = {"status": "complete", "finished_at": used_at, **(answer or {})}
        async with self.database.write() as session:
            await session.execute(update(MessageRow).where(MessageRow.id == exchange.answer.id).values(**ended))
            mine = ConversationRow.id == exchange.conversation.id
            await session.execute(update(ConversationRow).where(mine).values(title=title, updated_at=used_at))
        return exchange.conversation.id

    async def change(self, conversation: UUID, **values: Any) -> None:
        async with self.database.write() as session:
            await session.execute(update(ConversationRow).where(ConversationRow.id == conversation).values(**values))

    async def sweep(self, days: int = 30) -> int:
        return await Retention(RetentionStore(self.database), days, lambda _: None, pause=0).sweep()

    async def titles(self) -> set[str]:
        async with self.database.read() as session:
            return set(await session.scalars(select(ConversationRow.title)))


@pytest.fixture
async def house(address: Address) -> AsyncIterator[House]:
    async with open_database(address) as database:
        alice, bob = new_id(), new_id()
        async with database.write() as session:
            session.add_all(
                UserRow(id=key, name=name, created_at=NOW) for key, name in ((alice, "alice"), (bob, "bob"))
            )
        yield House(database, alice)


async def test_what_was_not_used_for_so_long_goes_with_all_that_belongs_to_it(house: House) -> None:
    await house.add("old")
    await house.add("new", NOW)
    async with house.database.write() as session:
        message = (await session.scalars(select(MessageRow.id).where(MessageRow.role == "user"))).first()
        assert message is not None
        session.add(AttachmentRow(message_id=message, media_type="image/png", size=1, data=b"x", created_at=NOW))
    assert await house.sweep() == 1
    assert await house.titles() == {"new"}
    async with house.database.read() as session:
        assert len((await session.scalars(select(MessageRow.id))).all()) == 2
        assert len((await session.scalars(select(AttachmentRow.id))).all()) == 0
    assert await house.sweep() == 0


async def test_pinned_ones_stay_and_archived_ones_go(house: House) -> None:
    await house.change(await house.add("pinned"), pinned=True)
    await house.change(await house.add("archived"), archived=True)
    assert await house.sweep() == 1
    assert await house.titles() == {"pinned"}


async def test_a_growing_answer_keeps_its_conversation(house: House) -> None:
    await house.add("growing", answer={"status": "streaming", "finished_at": None})
    assert await house.sweep() == 0


async def test_an_old_conversation_whose_answer_was_continued_lately_stays(house: House) -> None:
    await house.add("continued", answer={"finished_at": NOW})
    assert await house.sweep() == 0


async def test_just_inside_and_just_outside(house: House) -> None:
    limit = datetime.now(UTC) - timedelta(days=30)  # by the clock of now: the tests may have begun long ago
    await house.add("inside", limit + timedelta(minutes=5))
    await house.add("outside", limit - timedelta(minutes=5))
    assert await house.sweep() == 1
    assert await house.titles() == {"inside"}


async def test_many_go_in_batches(house: House) -> None:
    async with house.database.write() as session:
        session.add_all(
            ConversationRow(owner_id=house.alice, title=str(number), model="m", created_at=OLD, updated_at=OLD)
            for number in range(2 * BATCH + 5)
        )
    counted: list[int] = []
    assert await Retention(RetentionStore(house.database), 30, counted.append, pause=0).sweep() == 2 * BATCH + 5
    assert counted == [BATCH, BATCH, 5]


async def test_deleted_messages_go_for_good_when_it_is_too_late_to_have_them_back(house: House) -> None:
    conversation = await house.add("kept", NOW)
    branches = Branches(house.database, renderer_version=1)
    store = Conversations(house.database, max_live=1_000, renderer_version=1)
    question, answer = (await store.window(house.alice, conversation)).messages
    other = await store.add_exchange(house.alice, conversation, "And?", "a/model", "")
    await branches.delete(house.alice, question.id, with_branch=False)
    await branches.delete(house.alice, answer.id, with_branch=False)
    assert await house.sweep(0) == 0
    assert await branches.deleted_with(house.alice, conversation, question.id) == 1
    async with house.database.write() as session:
        gone = update(MessageRow).where(MessageRow.deleted_at.is_not(None))
        await session.execute(gone.values(deleted_at=NOW - PURGED_AFTER - timedelta(minutes=5)))
    await house.sweep(0)
    async with house.database.read() as session:
        left = {row.id: row.parent_id for row in await session.execute(select(MessageRow.id, MessageRow.parent_id))}
    assert left == {other.question.id: None, other.answer.id: other.question.id}
    assert [one.id for one in (await store.window(house.alice, conversation)).messages] == sorted(left)


class Troubled:
    """A store that fails at first; it tells when it was swept."""

    def __init__(self) -> None:
        self.failures = 1
        self.asked: list[timedelta] = []
        self.purged: list[UUID] = []
        self.swept = asyncio.Event()
        self.cleared = asyncio.Event()

    async def owners(self) -> list[UUID]:
        if self.failures:
            self.failures -= 1
            raise OSError("The disk is away")
        return [UUID(int=1)]

    async def clear_deleted(self, owner: UUID, kept_for: timedelta, limit: int) -> int:
        self.cleared.set()
        return 0

    async def delete_unused(self, owner: UUID, unused_for: timedelta, limit: int) -> int:
        self.asked.append(unused_for)
        self.swept.set()
        return 0

    async def purge(self, owner: UUID, limit: int) -> int:
        self.purged.append(owner)
        return 0


async def test_a_sweep_that_fails_is_made_good_by_the_next(caplog: pytest.LogCaptureFixture) -> None:
    store = Troubled()
    async with Retention(store, 7, lambda _: None, first_delay=0, interval=0.001).running():
        async with asyncio.timeout(PATIENCE):
            await store.swept.wait()
    assert store.asked[0] == timedelta(days=7)
    assert "Old conversations could not be deleted" in caplog.text


async def test_without_a_number_of_days_only_what_was_deleted_goes() -> None:
    store = Troubled()
    store.failures = 0
    assert await Retention(store, 0, lambda _: None, pause=0).sweep() == 0
    assert store.cleared.is_set()
    assert (store.asked, store.purged) == ([], [UUID(int=1)])


async def test_what_was_deleted_stays_for_a_while_and_then_goes(house: House) -> None:
    now = datetime.now(UTC)
    await house.change(await house.add("deleted long ago"), deleted_at=now - KEPT_FOR - timedelta(minutes=5))
    await house.change(await house.add("deleted lately"), deleted_at=now - KEPT_FOR + timedelta(minutes=5))
    await house.change(await house.add("deleted for good"), deleted_at=FOR_GOOD)
    await house.add("there")
    assert await house.sweep(days=0) == 0
    assert await house.titles() == {"deleted lately", "there"}
