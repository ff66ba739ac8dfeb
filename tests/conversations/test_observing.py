"""What the streaming core tells of itself: how answers end, what they cost, who reads."""

import asyncio
from decimal import Decimal

from tests.fakes.model import PATIENCE
from tests.fakes.scene import Scene
from webapp.accounts.spending import Spent
from webapp.conversations.messages import Receipt, Status
from webapp.conversations.observing import spent_between
from webapp.services.errors import OpenRouterError
from webapp.services.events import Reasoning, Retrying, Usage


async def test_an_answer_s_end_is_told_with_what_it_took(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.gives(Retrying(1, 0.0, "Busy."), Reasoning("Hm."))
    await call.says("Hello.")
    await call.gives(Usage(7, 5, 2, 1, Decimal("0.0042")))
    await call.ends()
    ended = await scene.here.observed.ending()
    assert (ended.model, ended.status, ended.error_code, ended.retries) == ("some/model", Status.COMPLETE, "", 1)
    assert ended.spent == Spent(7, 5, 2, 1, Decimal("0.0042"))
    assert ended.first_token is not None
    assert 0 <= ended.first_token < PATIENCE
    assert (await scene.ended(answer)).status is Status.COMPLETE


async def test_a_failure_is_told_with_its_code(scene: Scene) -> None:
    _, call = await scene.here.ask(scene.alice)
    await call.fails(OpenRouterError("no_credit"))
    ended = await scene.here.observed.ending()
    assert (ended.status, ended.error_code, ended.first_token) == (Status.FAILED, "no_credit", None)


async def test_a_stopped_answer_is_told(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Hel")
    await scene.here.replies.stop(scene.alice, answer.id)
    assert (await scene.here.observed.ending()).status is Status.STOPPED


async def test_a_continued_answer_tells_what_came_in_addition(scene: Scene) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("Half")
    await call.gives(Usage(7, 5, 0, 0, Decimal("0.1")))
    await call.fails(OpenRouterError("cut"))
    cut = await scene.ended(answer)
    call = await scene.here.resume(scene.alice, cut)
    await call.gives(Usage(12, 3, 0, 0, Decimal("0.2")))
    await call.says(" and half.")
    await call.ends()
    assert (await scene.here.observed.ending(2)).spent == Spent(12, 3, 0, 0, Decimal("0.2"))


def test_nothing_known_is_nothing_spent() -> None:
    assert spent_between(Receipt(), Receipt()) == Spent()


async def test_readers_and_growing_answers_are_counted(scene: Scene) -> None:
    replies = scene.here.replies
    answer, call = await scene.here.ask(scene.alice)
    here, there = scene.here.follow(answer), scene.here.follow(answer)
    await call.says("Hello.")
    await here.sees("Hello.")
    await there.sees("Hello.")
    assert (replies.live_count, replies.follower_count) == (1, 2)
    await call.ends()
    await here.ended()
    await there.ended()
    assert replies.follower_count == 0
    await scene.here.observed.ending()
    assert replies.checkpoint_age == 0.0 or replies.live_count


async def test_checkpoints_are_told_and_grow_old_while_they_fail(scene: Scene) -> None:
    _, call = await scene.here.ask(scene.alice)
    await scene.here.store.checkpointed()
    assert scene.here.observed.checkpoints
    scene.here.store.failing["checkpoint"] = 10**6
    ages = []
    for _ in range(5):
        await asyncio.sleep(0.01)
        ages.append(scene.here.replies.checkpoint_age)
    assert ages == sorted(ages)
    assert ages[-1] >= ages[0] + 0.03
    scene.here.store.failing["checkpoint"] = 0
    await scene.here.store.checkpointed()
    await call.ends()
