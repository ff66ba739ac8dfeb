"""Several processes on one database: one writes an answer, all show it, and the dead are found out."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import timedelta

import pytest

from tests.fakes.reader import Reader
from tests.fakes.scene import Process, Scene, open_process, open_scene, running_process
from webapp.bus.bus import NoBus
from webapp.conversations.messages import Message, Status
from webapp.conversations.mirrors import Mirrors
from webapp.conversations.replies_store import Progress
from webapp.conversations.reply import Reply
from webapp.db.address import Address

NEVER = 10**6  # a failure for every call of a test


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    """On both kinds of database."""
    async with open_scene(address) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene) -> AsyncIterator[Process]:
    """Another process on the same database."""
    async with running_process(scene.address) as process:
        yield process


async def left_behind(scene: Scene, text: str) -> Message:
    """A growing answer whose process died a minute ago."""
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", "some/model", text)
    progress = Progress(exchange.answer.id, text, "", ())
    await scene.here.store.checkpoint([progress], {progress.id: 0})
    await scene.here.store.silence(progress.id, timedelta(minutes=1))
    return exchange.answer


async def test_an_answer_is_seen_whole_in_another_process(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.says("One ")
    await reader.sees("One ")
    await call.says("two.")
    await reader.sees("One two.")
    await call.ends()
    assert await reader.ended() is Status.COMPLETE
    assert reader.texts[-1] == "One two."
    assert there.model.calls == []


async def test_an_answer_is_stopped_through_another_process(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.says("Half ")
    await reader.sees("Half ")
    await there.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    assert await reader.ended() is Status.STOPPED
    assert (await scene.message(answer)).content == "Half "


async def test_an_answer_goes_on_in_another_process(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await scene.here.replies.stop(scene.alice, answer.id)
    call = await there.resume(scene.alice, answer)
    reader = scene.here.follow(await scene.message(answer))
    await call.says("two.")
    await call.ends()
    assert await reader.ended() is Status.COMPLETE
    assert (await scene.message(answer)).content == "One, two."


async def test_a_reader_of_a_dead_process_is_told_and_keeps_the_text(scene: Scene) -> None:
    answer = await left_behind(scene, "So far")
    scene.here.store.failing["reap"] = NEVER
    async with open_process(scene.address) as there:  # which sweeps nothing by itself
        reader = there.follow(answer)
        assert await reader.ended() is Status.INTERRUPTED
    assert reader.texts[-1] == "So far"


async def test_a_sweep_finds_dead_answers_that_nobody_reads(scene: Scene) -> None:
    living, call = await scene.here.ask(scene.alice)
    dead = await left_behind(scene, "So far")
    for _ in range(20):
        await scene.here.store.checkpointed()
        if (await scene.message(dead)).status is not Status.STREAMING:
            break
    assert (await scene.message(dead)).status is Status.INTERRUPTED
    assert (await scene.message(living)).status is Status.STREAMING
    await call.ends()


async def test_a_deleted_answer_ends_for_its_readers_elsewhere(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await reader.hears(1)
    scene.here.replies.abandon((await scene.here.conversations.delete(scene.alice, answer.conversation_id)).live)
    await call.was_closed()
    assert await reader.ended() is Status.STOPPED


async def test_a_database_that_is_away_for_a_moment_stops_no_reader(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    there.store.failing["read"] = 1
    reader = there.follow(answer)
    await call.says("All the same.")
    await reader.sees("All the same.")
    await call.ends()
    assert await reader.ended() is Status.COMPLETE


async def test_the_end_of_a_process_is_the_end_of_its_looks_at_answers(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    async with running_process(scene.address) as there:
        there.store.may_read.clear()
        reader = there.follow(answer)
        await reader.hears(1)
    assert await reader.ended() is Status.STREAMING
    assert "mirrors" not in {task.get_name() for task in asyncio.all_tasks()}
    await call.ends()


class TestOneCopy:
    """The copies themselves, without a process around them."""

    async def test_all_readers_share_it_and_the_last_one_ends_it(self, scene: Scene) -> None:
        answer, call = await scene.here.ask(scene.alice)
        mirrors = Mirrors(scene.here.store, NoBus())
        async with mirrors.reading(answer) as first:
            async with mirrors.reading(answer) as second:
                assert first is second
                assert list(mirrors.replies()) == [first]
            assert list(mirrors.replies()) == [first]
        assert list(mirrors.replies()) == []
        await call.ends()

    async def test_a_finished_answer_is_read_once_and_ends(self, scene: Scene) -> None:
        answer, call = await scene.here.ask(scene.alice)
        await call.says("Whole.")
        await call.ends()
        await scene.ended(answer)
        before = scene.here.store.reads
        reader = Reader(read(Mirrors(scene.here.store, NoBus()), answer))
        assert await reader.ended() is Status.COMPLETE
        assert reader.texts[-1] == "Whole."
        assert scene.here.store.reads == before + 1


async def read(mirrors: Mirrors, answer: Message) -> AsyncGenerator[Reply, None]:
    async with mirrors.reading(answer) as reply:
        while reply.is_live:
            seen = reply.version
            yield reply
            await reply.wait(seen)
        yield reply


async def test_text_that_is_found_to_be_thoughts_sends_readers_elsewhere_back(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.says("I think.")
    await reader.sees("I think.")
    await call.says("\n</think>\n\nHello")
    assert await reader.ended() is Status.STREAMING
    reader = there.follow(await scene.message(answer))
    await reader.sees("Hello")
    await call.ends()
    assert await reader.ended() is Status.COMPLETE
    kept = await scene.message(answer)
    assert (kept.content, kept.reasoning) == ("Hello", "I think.")
