"""How a process comes and goes: what it finds left behind, and what becomes of answers that grow when it ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

from tests.fakes.scene import Process, Scene, open_process, open_scene
from webapp.conversations import endings
from webapp.conversations.messages import Message, Status
from webapp.db.address import Address
from webapp.db.outages import LOCKED, AwayError
from webapp.web.refusals import UnavailableError

PATIENCE = 30.0


@pytest.fixture
async def scene(address: Address) -> AsyncIterator[Scene]:
    """On both kinds of database."""
    async with open_scene(address) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene) -> AsyncIterator[Process]:
    """A process on the scene's database that the test itself sets going and ends."""
    async with open_process(scene.address) as process:
        yield process


async def started(process: Process, grace: float = PATIENCE) -> AbstractAsyncContextManager[None]:
    running = process.replies.running(alone=False, grace=grace)
    await running.__aenter__()
    return running


def end(running: AbstractAsyncContextManager[None]) -> asyncio.Task[bool | None]:
    return asyncio.create_task(running.__aexit__(None, None, None))


async def fresh(scene: Scene, silent_for: timedelta) -> Message:
    """A growing answer that nobody writes, with a heartbeat so long ago."""
    exchange = await scene.here.conversations.add_exchange(scene.alice, None, "Go", "some/model", str(silent_for))
    await scene.here.store.silence(exchange.answer.id, silent_for)
    return exchange.answer


async def test_who_starts_alone_interrupts_all_that_was_left_growing(scene: Scene, there: Process) -> None:
    left = await fresh(scene, timedelta(0))
    async with there.replies.running(alone=True, grace=0):
        assert (await scene.message(left)).status is Status.INTERRUPTED


async def test_a_start_waits_for_no_end_of_an_outage(scene: Scene, there: Process) -> None:
    there.store.error, there.store.failing["reap"] = AwayError("locked", LOCKED), 10**6
    async with there.replies.running(alone=True, grace=0):
        there.replies.check_open()


async def test_who_starts_beside_others_interrupts_the_silent_alone(scene: Scene, there: Process) -> None:
    scene.here.store.failing["reap"] = 10**6  # it leaves them to the one that starts
    living, dead = await fresh(scene, timedelta(seconds=5)), await fresh(scene, timedelta(seconds=20))
    async with there.replies.running(alone=False, grace=0):
        assert (await scene.message(living)).status is Status.STREAMING
        assert (await scene.message(dead)).status is Status.INTERRUPTED


async def test_who_goes_down_takes_nothing_new_and_says_when_to_come_back(scene: Scene, there: Process) -> None:
    async with there.replies.running(alone=False, grace=0):
        there.replies.check_open()
        there.replies.take_no_more()
        with pytest.raises(UnavailableError) as refused:
            there.replies.check_open()
        assert refused.value.retry_after


async def test_readers_may_stay_to_the_end_while_nothing_new_is_taken(scene: Scene, there: Process) -> None:
    running = await started(there)
    answer, call = await there.ask(scene.alice)
    early = there.follow(answer)
    await call.says("Half ")
    there.replies.take_no_more()
    late = there.follow(answer)
    await call.says("and ")
    there.replies.interrupt()
    for reader in (early, late):
        assert await reader.ended() is Status.INTERRUPTED
        assert reader.texts[-1] == "Half and "
    await end(running)
    assert (await scene.message(answer)).content == "Half and "


async def test_readers_are_sent_away_without_an_end_and_the_answer_goes_on(scene: Scene, there: Process) -> None:
    running = await started(there)
    answer, call = await there.ask(scene.alice)
    early = there.follow(answer)
    await call.says("Half ")
    await early.sees("Half ")
    there.replies.send_away()
    assert await early.ended() is Status.STREAMING
    late = there.follow(answer)
    assert await late.ended() is Status.STREAMING
    assert late.texts == ["Half "]
    await call.says("and half.")
    await call.ends()
    await end(running)
    assert (await scene.message(answer)).status is Status.COMPLETE


async def test_readers_of_answers_that_grow_elsewhere_are_sent_away_too(scene: Scene, there: Process) -> None:
    running = await started(there)
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.says("Half ")
    await reader.sees("Half ")
    there.replies.send_away()
    assert await reader.ended() is Status.STREAMING
    await end(running)
    assert (await scene.message(answer)).status is Status.STREAMING


async def test_an_answer_that_ends_within_the_grace_is_whole(scene: Scene, there: Process) -> None:
    running = await started(there)
    answer, call = await there.ask(scene.alice)
    await call.says("Half ")
    going = end(running)
    await call.says("and half.")
    assert not going.done()
    await call.ends()
    await going
    ended = await scene.message(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "Half and half.")


async def test_answers_that_do_not_are_kept_to_the_last_token_as_interrupted(scene: Scene, there: Process) -> None:
    running = await started(there, grace=0.05)
    answers = [await there.ask(scene.alice) for _ in range(3)]
    for number, (_, call) in enumerate(answers):
        await call.says(f"Half of {number}")
    await end(running)
    for number, (answer, call) in enumerate(answers):
        await call.was_closed()
        ended = await scene.message(answer)
        assert (ended.status, ended.content) == (Status.INTERRUPTED, f"Half of {number}")
        assert ended.can_continue


async def test_the_grace_is_not_waited_out_when_nothing_grows(there: Process) -> None:
    async with asyncio.timeout(PATIENCE), there.replies.running(alone=False, grace=60):
        pass


async def test_an_end_that_cannot_be_kept_at_once_is_waited_for(scene: Scene, there: Process) -> None:
    running = await started(there, grace=0)
    answer, call = await there.ask(scene.alice)
    await call.says("Every word")
    there.store.failing["end"] = 1
    await end(running)
    ended = await scene.message(answer)
    assert (ended.status, ended.content) == (Status.INTERRUPTED, "Every word")


async def test_what_waits_to_be_kept_is_tried_once_more(
    scene: Scene, there: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(endings, "DELAYS", (600.0,))
    running = await started(there, grace=0)
    answer, call = await there.ask(scene.alice)
    await call.says("Every word.")
    there.store.failing["end"] = 1
    await call.ends()
    await there.store.is_ending()
    async with asyncio.timeout(PATIENCE):
        await end(running)
    ended = await scene.message(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "Every word.")


async def test_what_cannot_be_kept_even_then_does_not_keep_the_process(
    scene: Scene, there: Process, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(endings, "LAST_CHANCE", 0.05)
    running = await started(there, grace=0)
    _, call = await there.ask(scene.alice)
    await call.says("Every word.")
    there.store.failing["end"] = 10**6
    await call.ends()
    await there.store.is_ending()
    async with asyncio.timeout(PATIENCE):
        await end(running)
    assert "is given up" in caplog.text


async def test_nothing_is_left_running(scene: Scene, there: Process) -> None:
    before = asyncio.all_tasks()
    running = await started(there, grace=0)
    _, call = await there.ask(scene.alice)
    await call.says("Half ")
    await end(running)
    assert asyncio.all_tasks() <= before
