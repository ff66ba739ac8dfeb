"""Which messages a page shows: bounded by number and weight, whole exchanges, above, below and around a message."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncSession

from tests.conversations.conftest import NOW, Cast
from tests.fakes.plans import steps
from webapp.conversations.messages import Window
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.web.refusals import NotFoundError

MUCH = 1_000_000


class Thread:
    """A conversation of Alice's with texts as given: questions and answers in turn."""

    def __init__(self, cast: Cast, conversation: UUID, ids: list[UUID]) -> None:
        self.cast, self.conversation, self.ids = cast, conversation, ids

    async def newest(self, limit: int = 60, weight: int = MUCH) -> Window:
        return await self.cast.conversations.window(self.cast.alice, self.conversation, None, limit, weight)

    async def before(self, place: int, limit: int = 60, weight: int = MUCH) -> Window:
        return await self.cast.conversations.window(self.cast.alice, self.conversation, self.ids[place], limit, weight)

    async def after(self, place: int, limit: int = 60, weight: int = MUCH) -> Window:
        return await self.cast.conversations.window_after(
            self.cast.alice, self.conversation, self.ids[place], limit, weight
        )

    async def around(self, at: UUID, limit: int = 60, weight: int = MUCH) -> Window:
        return await self.cast.conversations.window_around(self.cast.alice, self.conversation, at, limit, weight)

    def places(self, window: Window) -> list[int]:
        return [self.ids.index(message.id) for message in window.messages]


async def thread(cast: Cast, texts: Sequence[str], owner: UUID | None = None) -> Thread:
    owner = owner or cast.alice
    conversation = (await cast.conversations.add(owner, "m")).id
    ids: list[UUID] = []
    async with cast.database.write() as session:
        for place, text in enumerate(texts):
            ids.append(await add(session, owner, conversation, ids[-1] if ids else None, place, text))
        change = update(ConversationRow).where(ConversationRow.id == conversation)
        await session.execute(change.values(active_leaf_id=ids[-1]))
    return Thread(cast, conversation, ids)


async def add(
    session: AsyncSession, owner: UUID, conversation: UUID, parent: UUID | None, place: int, text: str
) -> UUID:
    row = MessageRow(
        id=new_id(),
        conversation_id=conversation,
        owner_id=owner,
        parent_id=parent,
        role="assistant" if place % 2 else "user",
        content=text,
        status="complete",
        created_at=NOW,
    )
    session.add(row)
    await session.flush()
    return row.id


async def test_a_light_conversation_is_shown_whole(cast: Cast) -> None:
    short = await thread(cast, "qaqa")
    window = await short.newest()
    assert short.places(window) == [0, 1, 2, 3]
    assert (window.has_earlier, window.has_later, window.is_newest) == (False, False, True)


async def test_a_window_ends_where_the_page_would_get_heavy(cast: Cast) -> None:
    heavy = await thread(cast, ["q", "a" * 400] * 5)
    window = await heavy.newest(weight=1_000)
    assert heavy.places(window) == [6, 7, 8, 9]
    assert window.has_earlier
    assert heavy.places(await heavy.before(6, weight=1_000)) == [2, 3, 4, 5]


async def test_the_last_exchange_is_shown_however_heavy(cast: Cast) -> None:
    heavy = await thread(cast, ["q", "a", "q" * 5_000, "a" * 5_000])
    assert heavy.places(await heavy.newest(weight=1_000)) == [2, 3]
    assert heavy.places(await heavy.after(1, weight=1_000)) == [2, 3]


async def test_thoughts_and_html_weigh_too(cast: Cast) -> None:
    heavy = await thread(cast, "qaqa")
    async with cast.database.write() as session:
        change = update(MessageRow).where(MessageRow.id == heavy.ids[3])
        await session.execute(change.values(html="h" * 600, reasoning="r" * 500))
    assert heavy.places(await heavy.newest(weight=1_000)) == [2, 3]


async def test_what_stands_below_a_message_comes_in_windows_too(cast: Cast) -> None:
    long = await thread(cast, "qa" * 10)
    window = await long.after(3, limit=6)
    assert long.places(window) == [4, 5, 6, 7, 8, 9]
    assert (window.has_later, window.is_newest) == (True, False)
    last = await long.after(15, limit=6)
    assert long.places(last) == [16, 17, 18, 19]
    assert (last.has_later, last.is_newest) == (False, True)
    assert long.places(await long.after(19)) == []


async def test_a_message_far_above_is_shown_with_what_is_around_it(cast: Cast) -> None:
    long = await thread(cast, "qa" * 30)
    window = await long.around(long.ids[21], limit=8)
    assert long.places(window) == [18, 19, 20, 21, 22, 23, 24, 25]
    assert (window.has_earlier, window.has_later, window.is_newest) == (True, True, False)


async def test_a_message_among_the_last_is_shown_with_them(cast: Cast) -> None:
    long = await thread(cast, "qa" * 10)
    window = await long.around(long.ids[16], limit=6)
    assert long.places(window) == [14, 15, 16, 17, 18, 19]
    assert window.is_newest


async def test_an_answer_that_another_has_replaced_is_shown_at_its_place(cast: Cast) -> None:
    long = await thread(cast, "qa" * 4)
    async with cast.database.write() as session:
        other = await add(session, cast.alice, long.conversation, long.ids[2], 3, "Another answer")
    window = await long.around(other)
    assert [message.id for message in window.messages] == [*long.ids[:3], other]
    assert (window.has_later, window.is_newest) == (False, False)
    with pytest.raises(NotFoundError, match="taken the place"):
        await cast.conversations.window_after(cast.alice, long.conversation, other, 60, MUCH)


async def test_windows_are_their_owners_and_their_conversations(cast: Cast) -> None:
    hers, other, his = await thread(cast, "qa"), await thread(cast, "qa"), await thread(cast, "qa", cast.bob)
    store = cast.conversations
    for owner, conversation, message in (
        (cast.bob, hers.conversation, hers.ids[0]),
        (cast.alice, hers.conversation, other.ids[0]),
        (cast.alice, hers.conversation, his.ids[0]),
        (cast.bob, his.conversation, hers.ids[0]),
        (cast.alice, hers.conversation, new_id()),
    ):
        for attempt in (
            store.window(owner, conversation, message),
            store.window_after(owner, conversation, message, 60, MUCH),
            store.window_around(owner, conversation, message, 60, MUCH),
        ):
            with pytest.raises(NotFoundError):
                await attempt


async def test_no_look_up_of_a_window_walks_through_the_table(cast: Cast) -> None:
    long = await thread(cast, "qa" * 30)
    explained: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            explained.append((statement, parameters))

    plans: list[str] = []
    engine = cast.database._engine.sync_engine  # to see what is asked of it
    event.listen(engine, "before_cursor_execute", note)
    await long.newest(weight=100)
    await long.before(30, weight=100)
    await long.after(30, weight=100)
    await long.around(long.ids[5], limit=6)
    event.remove(engine, "before_cursor_execute", note)
    async with cast.database.read() as session:
        for statement, parameters in explained:
            plans += await steps(session, statement, parameters)
    assert any("SEARCH messages" in step or "Index Scan using pk_messages on messages" in step for step in plans)
    walks = ("SCAN messages", "SCAN attachments", "Seq Scan on messages", "Seq Scan on attachments")
    assert [step for step in plans if any(walk in step for walk in walks)] == []
