"""How an answer has ended is kept, however long the database is away: until then it's in memory, for its readers."""

import asyncio
import logging
from datetime import timedelta

import pytest

from tests.fakes.eventually import eventually
from tests.fakes.model import Call
from tests.fakes.scene import Scene
from webapp.conversations import endings as module
from webapp.conversations import replies
from webapp.conversations.messages import Message, Status
from webapp.db.outages import DAMAGED, FULL, AwayError
from webapp.web.refusals import UnavailableError

FOR_EVER = 10**6


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "DELAYS", (0.001, 0.002, 0.005))
    monkeypatch.setattr(module, "LAST_CHANCE", 0.05)
    monkeypatch.setattr(replies, "STOP_PATIENCE", 0.01)


async def waits(scene: Scene) -> tuple[Message, Call]:
    """An answer that has ended, and that the database does not take."""
    scene.here.store.error = AwayError("no room", FULL)
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Every word.")
    scene.here.store.failing["end"] = FOR_EVER
    await call.ends()

    async def is_noticed() -> bool:
        return bool(scene.here.replies.snapshot(answer).notice)

    await eventually(is_noticed)
    return answer, call


async def test_it_is_tried_for_as_long_as_it_takes(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    answer, _ = await waits(scene)
    reader = scene.here.follow(answer)

    async def was_tried(times: int = 30) -> bool:
        return FOR_EVER - scene.here.store.failing["end"] >= times

    await eventually(was_tried)
    await reader.sees("Every word.")
    scene.here.store.failing["end"] = 0
    assert await reader.ended() is Status.COMPLETE
    ended = await scene.message(answer)
    assert (ended.status, ended.content) == (Status.COMPLETE, "Every word.")
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []  # the database says it


async def test_its_readers_have_it_all_and_learn_why_it_does_not_end(scene: Scene) -> None:
    answer, _ = await waits(scene)
    reply = scene.here.replies.snapshot(await scene.message(answer))
    assert (reply.text, reply.is_live) == ("Every word.", True)
    assert reply.notice == "The disk is full, so this answer isn't saved yet. The server goes on trying."


async def test_it_is_not_taken_for_dead_meanwhile(scene: Scene) -> None:
    answer, _ = await waits(scene)
    await scene.here.store.silence(answer.id, timedelta(minutes=1))
    await scene.here.store.checkpointed()
    assert await scene.here.store.reap(timedelta(seconds=15)) == 0
    assert (await scene.message(answer)).content == "Every word."


async def test_a_stop_holds_up_nobody(scene: Scene) -> None:
    answer, _ = await waits(scene)
    async with asyncio.timeout(30):
        await scene.here.replies.stop(scene.alice, answer.id)
    scene.here.store.failing["end"] = 0
    assert (await scene.ended(answer)).status is Status.COMPLETE


async def test_an_answer_that_grows_is_stopped_though_nothing_can_be_written(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half ")
    scene.here.store.failing["end"] = FOR_EVER
    await scene.here.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    scene.here.store.failing["end"] = 0
    assert (await scene.ended(answer)).status is Status.STOPPED


async def test_an_error_that_does_not_pass_is_not_tried_for_ever(scene: Scene) -> None:
    for error in (ValueError("a bug"), AwayError("malformed", DAMAGED)):
        scene.here.store.error = error
        answer, call = await scene.here.ask(scene.alice)
        await call.says("Every word.")
        await scene.here.store.checkpointed()
        scene.here.store.failing["end"] = FOR_EVER
        await call.ends()
        assert await scene.here.follow(answer).ended() is Status.INTERRUPTED
        assert FOR_EVER - scene.here.store.failing["end"] == 4


async def test_nothing_new_begins_while_too_much_waits(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_WAITING", 10)
    scene.here.replies.check_open()
    answer, _ = await waits(scene)
    with pytest.raises(UnavailableError) as refused:
        scene.here.replies.check_open()
    assert refused.value.retry_after
    scene.here.store.failing["end"] = 0
    await scene.ended(answer)
    scene.here.replies.check_open()
