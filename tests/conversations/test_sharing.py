"""Answers that another process writes, where a bus tells of them: at once, and what it loses is found again."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.fakes.database import migrated_file
from tests.fakes.eventually import eventually
from tests.fakes.local_bus import Wire
from tests.fakes.scene import Process, Scene, open_scene, running_process
from webapp.bus.bus import EVERYONE, Changed, Piece
from webapp.bus.bus import Message as BusMessage
from webapp.conversations.messages import Status
from webapp.conversations.replies_store import Progress
from webapp.services.events import Reasoning

NEVER = 3600.0  # seconds between two checkpoints: what is known elsewhere, the bus has told


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
async def scene(tmp_path: Path, wire: Wire) -> AsyncIterator[Scene]:
    """A process that keeps no checkpoint unless it is asked to look."""
    address = migrated_file(tmp_path / "scene.db")
    async with open_scene(address, wire.bus(), checkpoint_interval=NEVER) as scene:
        yield scene


@pytest.fixture
async def there(scene: Scene, wire: Wire) -> AsyncIterator[Process]:
    async with running_process(scene.address, wire.bus(), checkpoint_interval=NEVER) as process:
        yield process


async def test_text_and_reasoning_come_without_a_checkpoint(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.gives(Reasoning("Hm" * 2_000))
    await call.says("One ")
    await reader.sees("One ")
    await call.says("two " * 2_000)
    await reader.sees("One " + "two " * 2_000)
    assert reader.reasoning == "Hm" * 2_000
    await call.ends()
    assert await reader.ended() is Status.COMPLETE


async def test_who_comes_later_gets_what_was_before(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One ")
    early = there.follow(answer)
    await early.sees("One ")
    late = there.follow(answer)
    await late.sees("One ")
    await call.says("two.")
    await late.sees("One two.")
    await early.sees("One two.")


async def test_nothing_is_told_of_an_answer_that_nobody_reads_elsewhere(
    scene: Scene, there: Process, wire: Wire
) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = scene.here.follow(answer)
    await call.says("One ")
    await reader.sees("One ")
    await call.ends()
    await reader.ended()
    assert wire.sent == []


async def test_a_stop_elsewhere_ends_it_at_once(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.says("Half ")
    await reader.sees("Half ")
    await there.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    assert await reader.ended() is Status.STOPPED


async def test_the_bus_stops_nothing_that_its_owner_did_not(scene: Scene, there: Process, wire: Wire) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await there.replies.stop(scene.bob, answer.id)
    there.replies.abandon([answer.id])
    await call.says("All of it.")
    await call.ends()
    assert (await scene.ended(answer)).status is Status.COMPLETE


async def test_a_conversation_deleted_elsewhere_ends_its_answer_at_once(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    there.replies.abandon((await there.conversations.delete(scene.alice, answer.conversation_id)).live)
    await call.was_closed()


async def test_pieces_that_get_lost_are_asked_for_again(scene: Scene, there: Process, wire: Wire) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    await call.says("One ")
    await reader.sees("One ")
    lost: list[BusMessage] = []

    def loses_the_next(message: BusMessage) -> bool:
        if lost or not isinstance(message, Piece) or not message.text:
            return False
        lost.append(message)
        return True

    wire.losing = loses_the_next
    await call.says("two ")
    await eventually(lambda: is_true(lost))
    await call.says("three.")
    await reader.sees("One two three.")


async def test_a_bus_that_carries_nothing_costs_time_and_no_text(scene: Scene, wire: Wire) -> None:
    wire.losing = lambda _: True
    async with running_process(scene.address, wire.bus()) as there:
        answer, call = await there.ask(scene.alice)
        reader = scene.here.follow(answer)
        await call.says("One ")
        await reader.sees("One ")
        await there.replies.stop(scene.alice, answer.id)
        assert await reader.ended() is Status.STOPPED


async def test_a_bus_that_goes_and_comes_back_costs_no_text(scene: Scene, wire: Wire) -> None:
    async with running_process(scene.address, wire.bus()) as there:
        answer, call = await there.ask(scene.alice)
        reader = scene.here.follow(answer)
        await call.says("One ")
        await reader.sees("One ")
        wire.set_up(is_up=False)
        await call.says("two ")
        await reader.sees("One two ")
        wire.set_up(is_up=True)
        await call.says("three.")
        await reader.sees("One two three.")
        await call.ends()
        assert await reader.ended() is Status.COMPLETE


async def test_who_is_told_looks_rarely(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = there.follow(answer)
    text = ""
    for number in range(30):
        await call.says(f"{number} ")
        text += f"{number} "
        await reader.sees(text)
    assert there.store.reads <= 4


async def test_an_end_is_known_at_once(scene: Scene, there: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    readers = [there.follow(answer) for _ in range(3)]
    await call.says("Whole.")
    for reader in readers:
        await reader.sees("Whole.")
    reads = there.store.reads
    await call.ends()
    for reader in readers:
        assert await reader.ended() is Status.COMPLETE
    assert there.store.reads <= reads + 2


async def test_readers_leave_an_answer_that_grows_on_otherwise_and_find_the_other(
    scene: Scene, there: Process, wire: Wire
) -> None:
    """Its writer is taken for dead with words that were told and not kept; another goes on from what was kept."""
    answer, call = await scene.here.ask(scene.alice)
    reader, local = there.follow(answer), scene.here.follow(answer)
    await call.says("Told, not kept. ")
    await reader.sees("Told, not kept. ")
    there.store.failing["read"] = 10**6
    await there.store.checkpoint([Progress(answer.id, "Kept, ", "", ())], {answer.id: answer.run})
    await there.store.silence(answer.id, timedelta(minutes=1))
    await there.store.reap(timedelta(seconds=15))
    async with running_process(scene.address, wire.bus(), checkpoint_interval=NEVER) as third:
        goes_on = await third.resume(scene.alice, answer)
        there.store.failing["read"] = 0
        wire.carry(EVERYONE, Changed(answer.id))
        await call.was_closed()
        assert await local.ended() is Status.STREAMING
        assert await reader.ended() is Status.STREAMING
        again = there.follow(await scene.message(answer))
        await goes_on.says("and on.")
        await again.sees("Kept, and on.")


async def test_readers_come_back_when_text_is_found_to_be_thoughts(scene: Scene, wire: Wire) -> None:
    async with running_process(scene.address, wire.bus()) as there:
        answer, call = await scene.here.ask(scene.alice)
        reader = there.follow(answer)
        await call.says("I think.")
        await reader.sees("I think.")
        await call.says("\n</think>\n\n")
        await call.says("Hello")
        await scene.here.replies._checkpoint()
        assert await reader.ended() is Status.STREAMING
        assert "I think.Hello" not in reader.texts
        again = there.follow(await scene.message(answer))
        await again.sees("Hello")
        assert again.reasoning == "I think."


async def is_true(value: object) -> bool:
    return bool(value)
