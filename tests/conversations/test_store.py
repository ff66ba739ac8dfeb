"""Conversations and messages in the database. Alice owns, Bob is another user."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import func, insert, select

from tests.conversations.conftest import NOW, Cast
from tests.fakes.plans import steps
from webapp.conversations.listing_store import Listing
from webapp.conversations.messages import Receipt, Rendering, Source, Status, title_from
from webapp.conversations.replies_store import Checkpoint, Ending, Kept, NewRendering, Progress
from webapp.conversations.store import Conversations
from webapp.db.clock import moment
from webapp.db.tables import IS_LIVE
from webapp.db.tables import Message as MessageRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError, TooManyError

SILENT = timedelta(seconds=15)


async def test_an_exchange_starts_a_conversation(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "What is Python?", "openai/gpt", "c1")
    assert exchange.is_new
    assert exchange.conversation.title == "What is Python?"
    assert exchange.answer.status is Status.STREAMING
    assert exchange.answer.parent_id == exchange.question.id
    window = await cast.conversations.window(cast.alice, exchange.conversation.id)
    assert [message.content for message in window.messages] == ["What is Python?", ""]
    assert not window.has_earlier


async def test_a_second_exchange_goes_below_the_first(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    await cast.end(first.answer.id)
    second = await cast.conversations.add_exchange(cast.alice, first.conversation.id, "Two", "m", "c2")
    assert second.question.parent_id == first.answer.id
    assert [(one.role, one.content) for one in second.prompt] == [
        ("user", "One"),
        ("assistant", "An answer."),
        ("user", "Two"),
    ]


async def test_a_repeated_send_finds_the_first(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    again = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    assert not again.is_new
    assert (again.conversation.id, again.answer.id) == (first.conversation.id, first.answer.id)


async def test_many_equal_sends_at_once_make_one_exchange(cast: Cast) -> None:
    sends = [cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1") for _ in range(10)]
    exchanges = await asyncio.gather(*sends)
    assert len({exchange.answer.id for exchange in exchanges}) == 1
    assert sum(exchange.is_new for exchange in exchanges) == 1


async def test_another_text_with_a_used_client_id_is_kept_too(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    other = await cast.conversations.add_exchange(cast.alice, None, "Two", "m", "c1")
    assert other.is_new
    assert other.question.id != first.question.id


async def test_without_a_client_id_every_send_counts(cast: Cast) -> None:
    for _ in range(2):
        assert (await cast.conversations.add_exchange(cast.alice, None, "One", "m", "")).is_new


async def test_a_client_id_is_its_owners(cast: Cast) -> None:
    await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    assert (await cast.conversations.add_exchange(cast.bob, None, "One", "m", "c1")).is_new


async def test_nothing_can_be_asked_below_a_growing_answer(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    with pytest.raises(ConflictError, match="still growing"):
        await cast.conversations.add_exchange(cast.alice, first.conversation.id, "Two", "m", "c2")
    assert len((await cast.conversations.window(cast.alice, first.conversation.id)).messages) == 2


async def test_growing_answers_are_limited_by_owner(cast: Cast) -> None:
    for number in range(3):
        await cast.conversations.add_exchange(cast.alice, None, "One", "m", f"c{number}")
    with pytest.raises(TooManyError, match="3 answers are growing"):
        await cast.conversations.add_exchange(cast.alice, None, "One more", "m", "c9")
    await cast.conversations.add_exchange(cast.bob, None, "Mine", "m", "c1")
    assert len(await cast.conversations.page(cast.alice)) == 3


async def test_somebody_elses_is_not_found(cast: Cast) -> None:
    hers = await cast.conversations.add_exchange(cast.alice, None, "Secret", "m", "c1")
    await cast.end(hers.answer.id, status=Status.STOPPED)
    store, bob, conversation_id, answer_id = cast.conversations, cast.bob, hers.conversation.id, hers.answer.id
    for attempt in (
        store.find(bob, conversation_id),
        store.window(bob, conversation_id),
        store.rename(bob, conversation_id, "Mine"),
        store.delete(bob, conversation_id),
        store.find_message(bob, answer_id),
        store.latest_answer(bob, conversation_id),
        store.add_exchange(bob, conversation_id, "Hello", "m", "c2"),
        store.add_retry(bob, answer_id, "m"),
        store.resume(bob, answer_id),
    ):
        with pytest.raises(NotFoundError):
            await attempt
    assert not await cast.replies.request_stop(bob, answer_id)
    assert await store.page(bob) == []
    assert (await store.find(cast.alice, conversation_id)).title == "Secret"


async def test_a_message_of_another_conversation_opens_no_window(cast: Cast) -> None:
    one = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    two = await cast.conversations.add_exchange(cast.alice, None, "Two", "m", "c2")
    with pytest.raises(NotFoundError):
        await cast.conversations.window(cast.alice, one.conversation.id, before=two.answer.id)


async def test_a_long_conversation_comes_in_windows(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "0", "m", "c0")
    await cast.end(exchange.answer.id, "0")
    for number in range(1, 6):
        exchange = await cast.conversations.add_exchange(
            cast.alice, exchange.conversation.id, f"{number}", "m", f"c{number}"
        )
        await cast.end(exchange.answer.id, f"{number}")
    last = await cast.conversations.window(cast.alice, exchange.conversation.id, limit=4)
    assert [message.content for message in last.messages] == ["4", "4", "5", "5"]
    assert last.has_earlier
    first = await cast.conversations.window(cast.alice, exchange.conversation.id, last.messages[0].id, limit=20)
    assert [message.content for message in first.messages] == ["0", "0", "1", "1", "2", "2", "3", "3"]
    assert not first.has_earlier


async def test_a_retry_keeps_the_old_answer_and_shows_the_new_one(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    await cast.end(first.answer.id, "Old")
    retry = await cast.conversations.add_retry(cast.alice, first.answer.id, "other")
    assert (retry.answer.parent_id, retry.model) == (first.question.id, "other")
    assert [one.content for one in retry.prompt] == ["One"]
    window = await cast.conversations.window(cast.alice, first.conversation.id)
    assert [message.id for message in window.messages] == [first.question.id, retry.answer.id]
    assert (await cast.conversations.find_message(cast.alice, first.answer.id)).content == "Old"


async def test_a_cut_answer_can_be_resumed_and_a_whole_one_cannot(cast: Cast) -> None:
    first = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    with pytest.raises(ConflictError):
        await cast.conversations.resume(cast.alice, first.answer.id)
    await cast.end(first.answer.id, "Half", Status.INTERRUPTED)
    resumed = await cast.conversations.resume(cast.alice, first.answer.id)
    assert (resumed.answer.status, resumed.answer.content) == (Status.STREAMING, "Half")
    assert [one.content for one in resumed.prompt] == ["One", "Half"]
    await cast.end(first.answer.id, "Half and whole")
    with pytest.raises(ConflictError):
        await cast.conversations.resume(cast.alice, first.answer.id)


async def test_a_conversation_goes_with_all_its_messages_however_many(cast: Cast) -> None:
    kept = await cast.conversations.add_exchange(cast.alice, None, "Kept", "m", "k")
    conversation = await cast.conversations.add(cast.alice, "m")
    ids = [new_id() for _ in range(1_200)]
    same = {"conversation_id": conversation.id, "owner_id": cast.alice, "role": "user", "status": "complete"}
    rows = [
        {"id": key, "parent_id": parent, "content": "", "citations": [], "created_at": NOW, **same}
        for parent, key in zip([None, *ids], ids, strict=False)
    ]
    async with cast.database.write() as session:
        await session.execute(insert(MessageRow), rows)
    assert (await cast.conversations.delete(cast.alice, conversation.id)).live == []
    assert await Listing(cast.database).clear(cast.alice, datetime.now(UTC) + timedelta(days=1), 20) == 1
    async with cast.database.read() as session:
        assert await session.scalar(select(func.count()).select_from(MessageRow)) == 2
    assert [one.id for one in await cast.conversations.page(cast.alice)] == [kept.conversation.id]


async def test_deleting_names_the_answers_that_were_growing(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    assert (await cast.conversations.delete(cast.alice, exchange.conversation.id)).live == [exchange.answer.id]


async def test_conversations_are_listed_by_last_use_in_pages(cast: Cast) -> None:
    made = [await cast.conversations.add(cast.alice, "m", f"{number}") for number in range(5)]
    first = await cast.conversations.page(cast.alice, limit=3)
    second = await cast.conversations.page(cast.alice, before=(first[-1].updated_at, first[-1].id), limit=3)
    assert [one.id for one in first + second] == [one.id for one in reversed(made)]


async def test_checkpoints_keep_text_and_heartbeats_of_growing_answers_alone(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    progress = Progress(exchange.answer.id, "So far", "Hm", (Source("https://example.org", "Example"),))
    await cast.replies.silence(progress.id, timedelta(minutes=1))
    assert await cast.replies.checkpoint([progress], {progress.id: 0}) == Kept(frozenset(), frozenset())
    assert await kept(cast, progress) == Checkpoint(progress, Status.STREAMING, is_silent=False)
    await cast.replies.silence(progress.id, timedelta(minutes=1))
    assert await kept(cast, progress) == Checkpoint(progress, Status.STREAMING, is_silent=True)
    assert await cast.replies.checkpoint([], {progress.id: 0}) == Kept(frozenset(), frozenset())
    assert await kept(cast, progress) == Checkpoint(progress, Status.STREAMING, is_silent=False)
    await cast.end(progress.id, "Whole")
    await cast.replies.checkpoint([progress], {progress.id: 0})
    assert (await cast.conversations.find_message(cast.alice, progress.id)).content == "Whole"


async def test_a_stop_is_left_for_the_process_that_writes(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    assert await cast.replies.request_stop(cast.alice, exchange.answer.id)
    assert (await cast.replies.checkpoint([], {exchange.answer.id: 0})).stopped == {exchange.answer.id}
    await cast.end(exchange.answer.id)
    assert not await cast.replies.request_stop(cast.alice, exchange.answer.id)


async def test_an_answer_ends_once(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    receipt = Receipt(model="served/model", cost=Decimal("0.000000000123"), completion_tokens=7)
    progress, rendering = Progress(exchange.answer.id, "Text", "", ()), Rendering("<p>Text</p>", "")
    ending = Ending(progress, Status.INTERRUPTED, receipt, rendering, 1)
    assert await cast.replies.end(ending, NOW)
    assert not await cast.replies.end(ending, NOW)
    message = await cast.conversations.find_message(cast.alice, exchange.answer.id)
    assert (message.status, message.html, message.receipt) == (Status.INTERRUPTED, "<p>Text</p>", receipt)


async def test_html_of_an_older_renderer_is_not_handed_out(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    await cast.end(exchange.answer.id)
    newer = Conversations(cast.database, max_live=3, renderer_version=2)
    assert (await newer.find_message(cast.alice, exchange.answer.id)).html is None
    run = (await newer.find_message(cast.alice, exchange.answer.id)).run
    await cast.replies.save_renderings([NewRendering(exchange.answer.id, run, Rendering("<p>New</p>", ""))], 2)
    assert (await newer.find_message(cast.alice, exchange.answer.id)).html == "<p>New</p>"


async def test_the_silent_are_reaped_and_the_living_are_not(cast: Cast) -> None:
    dead = await cast.conversations.add_exchange(cast.alice, None, "One", "m", "c1")
    alive = await cast.conversations.add_exchange(cast.alice, None, "Two", "m", "c2")
    await cast.replies.silence(dead.answer.id, timedelta(seconds=20))
    await cast.replies.silence(alive.answer.id, timedelta(seconds=10))
    assert await cast.replies.reap(SILENT) == 1
    assert (await cast.conversations.find_message(cast.alice, dead.answer.id)).status is Status.INTERRUPTED
    assert (await cast.conversations.find_message(cast.alice, alive.answer.id)).status is Status.STREAMING


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("Hello", "Hello"),
        ("\n\n  ## Plan  a   trip\nto Rome", "Plan a trip"),
        ("word " * 40, ("word " * 12).strip() + " …"),
        ("   \n", "New conversation"),
        ("###", "New conversation"),
    ],
)
def test_a_title_is_made_of_the_first_words(text: str, title: str) -> None:
    assert title_from(text) == title


async def test_growing_answers_are_found_by_their_index_and_not_among_all_messages(cast: Cast) -> None:
    query = select(MessageRow.id).where(IS_LIVE, MessageRow.heartbeat_at < moment(timedelta(seconds=15)))
    async with cast.database.read() as session:
        dialect = (await session.connection()).dialect
        plan = await steps(session, str(query.compile(dialect=dialect)), (15.0,))
    assert "ix_messages_live" in str(plan)


async def kept(cast: Cast, progress: Progress) -> Checkpoint:
    """The answer's checkpoint, as one who has heard nothing for SILENT sees it."""
    return (await cast.replies.read([progress.id], SILENT))[progress.id]
