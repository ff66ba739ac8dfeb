"""Who may write an answer when several processes could: one at the end of a conversation, and nobody after its time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.conversations.conftest import Cast
from tests.fakes.database import open_database
from tests.fakes.eventually import eventually
from tests.fakes.scene import Process, Scene, open_scene, running_process
from webapp.conversations.messages import Exchange, Message, Receipt, Rendering, Status
from webapp.conversations.mirrors import SILENT_AFTER
from webapp.conversations.replies_store import Ending, Kept, Progress
from webapp.conversations.store import Conversations
from webapp.db.address import Address
from webapp.db.tables import Message as MessageRow
from webapp.web.refusals import ConflictError, TooManyError

MINUTE = timedelta(minutes=1)


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    async with open_scene(address) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene) -> AsyncIterator[Process]:
    """Another process on the same database."""
    async with running_process(scene.address) as process:
        yield process


def whole(progress: Progress, status: Status = Status.COMPLETE) -> Ending:
    return Ending(progress, status, Receipt(), Rendering("", ""), 1)


async def taken_for_dead(scene: Scene, there: Process, answer: Message) -> None:
    """By the other process; its own sweep may come first, and leaves the row alone for as long as it is at it."""
    await scene.here.store.silence(answer.id, MINUTE)

    async def is_taken() -> bool:
        await there.store.reap(SILENT_AFTER)
        return (await scene.message(answer)).status is Status.INTERRUPTED

    await eventually(is_taken)


async def outcomes(*attempts: object) -> list[type]:
    """What became of calls made at the same time: the types of what they returned or raised."""
    return [type(one) for one in await asyncio.gather(*attempts, return_exceptions=True)]  # type: ignore[call-overload]  # of any calls


async def test_of_questions_that_come_at_once_by_several_processes_one_is_taken(scene: Scene) -> None:
    conversation = (await scene.here.conversations.add(scene.alice, "m")).id
    async with open_database(scene.address) as database:
        there = Conversations(database, max_live=8, renderer_version=1)
        sends = [
            store.add_exchange(scene.alice, conversation, "Go", "m", f"c{number}")
            for number, store in enumerate([scene.here.conversations, there] * 4)
        ]
        found = await outcomes(*sends)
    assert sorted(one.__name__ for one in found) == ["ConflictError"] * 7 + ["Exchange"]


async def test_the_limit_of_growing_answers_holds_over_all_processes(scene: Scene) -> None:
    async with open_database(scene.address) as database:
        stores = [Conversations(database, max_live=3, renderer_version=1) for _ in range(2)]
        sends = [store.add_exchange(scene.alice, None, "Go", "m", "") for store in stores * 4]
        found = await outcomes(*sends)
    assert (found.count(Exchange), found.count(TooManyError)) == (3, 5)


async def test_a_send_that_is_repeated_at_another_process_counts_once(scene: Scene, there: Process) -> None:
    stores = [scene.here.conversations, there.conversations] * 4
    sends = (store.add_exchange(scene.alice, None, "Go", "m", "c1") for store in stores)
    exchanges = await asyncio.gather(*sends)
    assert len({exchange.answer.id for exchange in exchanges}) == 1
    assert [exchange.is_new for exchange in exchanges].count(True) == 1


async def test_an_answer_is_continued_once_whoever_else_wants_to(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half")
    await scene.here.replies.stop(scene.alice, answer.id)
    stores = [scene.here.conversations, there.conversations] * 3
    found = await outcomes(*(store.resume(scene.alice, answer.id) for store in stores))
    assert found.count(ConflictError) == 5


async def test_who_was_taken_for_dead_stops_and_keeps_all_that_it_had(scene: Scene, there: Process) -> None:
    scene.here.store.failing["checkpoint"] = 10**6
    answer, call = await scene.here.ask(scene.alice)
    await taken_for_dead(scene, there, answer)
    await call.says("More than anybody knows")
    scene.here.store.failing["checkpoint"] = 0
    await call.was_closed()
    ended = await scene.ended(answer)
    assert (ended.status, ended.content) == (Status.INTERRUPTED, "More than anybody knows")


async def test_who_comes_back_when_another_has_gone_on_writes_nothing(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await scene.here.store.checkpointed()
    scene.here.store.failing["checkpoint"] = 10**6
    await taken_for_dead(scene, there, answer)
    further = await there.resume(scene.alice, answer)
    await call.says("what nobody asked for")
    scene.here.store.failing["checkpoint"] = 0
    await call.was_closed()
    await further.says("two.")
    await further.ends()
    assert await there.follow(answer).ended() is Status.COMPLETE
    assert (await scene.message(answer)).content == "One, two."


async def test_who_goes_on_in_the_process_that_was_taken_for_dead_takes_its_place(scene: Scene, there: Process) -> None:
    scene.here.store.failing["checkpoint"] = 10**6
    answer, call = await scene.here.ask(scene.alice)
    exchange = Progress(answer.id, "One, ", "", ())
    assert await there.store.checkpoint([exchange], {}) == Kept(frozenset(), frozenset())
    await taken_for_dead(scene, there, answer)
    further = await scene.here.resume(scene.alice, answer)
    await call.was_closed()
    await further.says("two.")
    await scene.here.replies.stop(scene.alice, answer.id)
    await further.was_closed()
    assert ((await scene.message(answer)).status, (await scene.message(answer)).content) == (
        Status.STOPPED,
        "One, two.",
    )


async def test_an_answer_that_another_process_deleted_stops(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await there.conversations.delete(scene.alice, answer.conversation_id)
    await call.was_closed()


@pytest.mark.parametrize("address", ["postgres"], indirect=True)
async def test_a_checkpoint_does_not_wait_for_whoever_has_the_question(cast: Cast) -> None:
    """As when the conversation is deleted, row by row: that waits for the checkpoint, and would wait for ever."""
    exchange = await cast.conversations.add_exchange(cast.alice, None, "Go", "m", "")
    progress = Progress(exchange.answer.id, "Half", "", ())
    question = select(MessageRow.id).where(MessageRow.id == exchange.question.id)
    async with cast.database.write() as deleting, asyncio.timeout(30):
        await deleting.execute(question.with_for_update())
        await cast.replies.checkpoint([progress], {progress.id: 0})
    assert (await cast.conversations.find_message(cast.alice, progress.id)).content == "Half"


async def test_what_is_of_another_run_is_left_alone(scene: Scene) -> None:
    store = scene.here.store
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", "m", "c1")
    key = exchange.answer.id
    assert await store.end(whole(Progress(key, "Half", "", ()), Status.STOPPED), exchange.answer.created_at)
    resumed = await scene.here.conversations.resume(scene.alice, key)
    old, new = Progress(key, "Old", "", (), 0), Progress(key, "Half and half", "", (), resumed.answer.run)
    assert await store.checkpoint([old], {key: 0}) == Kept(frozenset(), frozenset({key}))
    assert not await store.end(whole(old), exchange.answer.created_at)
    assert await store.checkpoint([new], {key: new.run}) == Kept(frozenset(), frozenset())
    assert (await scene.message(exchange.answer)).content == "Half and half"


async def test_an_answer_at_which_somebody_writes_is_not_taken_for_dead(cast: Cast) -> None:
    """By the stores alone: a process would sweep by itself."""
    exchange = await cast.conversations.add_exchange(cast.alice, None, "Go", "m", "c1")
    await cast.replies.silence(exchange.answer.id, MINUTE)
    await asyncio.gather(cast.replies.checkpoint([], {exchange.answer.id: 0}), cast.replies.reap(MINUTE * 2))
    assert await cast.replies.reap(SILENT_AFTER) == 0
    answer = await cast.conversations.find_message(cast.alice, exchange.answer.id)
    assert answer.status is Status.STREAMING
