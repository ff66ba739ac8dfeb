"""Three processes on a real Postgres, by each way on which they can hear of each other."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.fakes.eventually import eventually
from tests.fakes.postgres import without_rows
from tests.fakes.scene import Process, Scene, open_scene, running_process
from webapp.bus.bus import Bus, NoBus
from webapp.bus.postgres import PostgresBus
from webapp.bus.redis import RedisBus
from webapp.conversations.messages import Status
from webapp.db.address import PostgresServer

CHECKPOINT = 0.1  # seconds


@pytest.fixture(params=["redis", "postgres", "none"])
def make_bus(request: pytest.FixtureRequest, postgres: PostgresServer) -> Callable[[], Bus]:
    if request.param == "redis":
        url: str = request.getfixturevalue("redis_url")
        return lambda: RedisBus(url)
    return (lambda: PostgresBus(postgres)) if request.param == "postgres" else NoBus


@pytest.fixture
async def scene(postgres: PostgresServer, make_bus: Callable[[], Bus]) -> AsyncIterator[Scene]:
    bus = make_bus()
    async with open_scene(without_rows(postgres), bus, checkpoint_interval=CHECKPOINT) as scene:
        await is_up(bus)
        yield scene


@pytest.fixture
async def second(scene: Scene, make_bus: Callable[[], Bus]) -> AsyncIterator[Process]:
    bus = make_bus()
    async with running_process(scene.address, bus, checkpoint_interval=CHECKPOINT) as process:
        await is_up(bus)
        yield process


@pytest.fixture
async def third(scene: Scene, make_bus: Callable[[], Bus]) -> AsyncIterator[Process]:
    bus = make_bus()
    async with running_process(scene.address, bus, checkpoint_interval=CHECKPOINT) as process:
        await is_up(bus)
        yield process


async def is_up(bus: Bus) -> None:
    async def holds() -> bool:
        return bus.is_up or bus.kind == "none"

    await eventually(holds)


async def test_asked_in_one_watched_in_another_stopped_in_a_third(
    scene: Scene, second: Process, third: Process
) -> None:
    answer, call = await scene.here.ask(scene.alice)
    reader = second.follow(answer)
    text = ""
    for word in ("One ", "日本 ", "\x00", "🙂 ", "long " * 3_000):
        await call.says(word)
        text += word
        await reader.sees(text)
    await third.replies.stop(scene.alice, answer.id)
    await call.was_closed()
    assert await reader.ended() is Status.STOPPED
    assert (await scene.message(answer)).content == text


async def test_an_answer_goes_round_all_processes(scene: Scene, second: Process, third: Process) -> None:
    answer, call = await scene.here.ask(scene.alice)
    await call.says("One, ")
    await scene.here.replies.stop(scene.alice, answer.id)
    for process, reading, word in ((second, third, "two, "), (third, scene.here, "three, ")):
        call = await process.resume(scene.alice, answer)
        reader = reading.follow(await scene.message(answer))
        await call.says(word)
        await process.replies.stop(scene.alice, answer.id)
        assert await reader.ended() is Status.STOPPED
    assert (await scene.message(answer)).content == "One, two, three, "
