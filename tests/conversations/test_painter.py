"""Pictures are painted in the sandbox: what breaks or takes too much there costs nobody else anything."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from typing import Any, Never
from uuid import uuid4

import pytest
from msgspec.structs import replace

from tests.fakes.eventually import eventually
from tests.fakes.paintings import HARMLESS, HOSTILE, picture_of, scans
from webapp.conversations import painter as module
from webapp.conversations.painter import LIMITS, PAINT, Painter
from webapp.conversations.pictures import UNSHOWN, Picture
from webapp.sandbox.job import Limits
from webapp.sandbox.process import Reason, SandboxError
from webapp.sandbox.sandbox import Sandbox


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    one = Sandbox()
    async with one.running():
        yield one


async def painted(sandbox: Sandbox, data: bytes) -> Picture:
    [one] = await Painter(sandbox).paint([Picture("image/png", data)], uuid4())
    return one


def limit(monkeypatch: pytest.MonkeyPatch, limits: Limits) -> None:
    monkeypatch.setattr(module, "LIMITS", limits)
    monkeypatch.setattr(module, "PAINT", replace(PAINT, limits=limits))


@pytest.mark.parametrize("name", HARMLESS)
async def test_whatever_is_a_picture_is_painted_within_the_limits(sandbox: Sandbox, name: str) -> None:
    assert (await painted(sandbox, HARMLESS[name]())).name in ("picture.png", "picture.jpeg", "picture.webp")


@pytest.mark.parametrize("name", HOSTILE)
async def test_whatever_takes_too_much_is_kept_and_not_shown(sandbox: Sandbox, name: str) -> None:
    data = HOSTILE[name]()
    assert await painted(sandbox, data) == Picture(UNSHOWN, data, "picture.bin")


async def test_what_takes_too_long_is_ended_by_its_processor_time_and_not_tried_again(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A few kilobytes that would take minutes."""
    limit(monkeypatch, replace(LIMITS, processor=1))
    data = scans(2_000)
    assert await painted(sandbox, data) == Picture(UNSHOWN, data, "picture.bin")
    assert (await painted(sandbox, picture_of("PNG").data)).name == "picture.png"


async def test_what_takes_too_much_memory_is_not_shown(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    limit(monkeypatch, replace(LIMITS, memory=150_000_000))
    assert (await painted(sandbox, HARMLESS["a large PNG of one colour"]())).media_type == UNSHOWN


async def test_a_process_that_is_killed_while_it_paints_is_replaced(sandbox: Sandbox) -> None:
    """Whoever killed it, it says nothing of the picture."""
    work = asyncio.create_task(painted(sandbox, HARMLESS["a large WebP of one colour"]()))
    await eventually(lambda: _has(sandbox))
    os.kill(sandbox.pids[0], signal.SIGKILL)
    assert (await work).name == "picture.webp"


class Refusing(Sandbox):
    """Has no result, for one reason."""

    def __init__(self, reason: Reason) -> None:
        super().__init__()
        self._reason: Reason = reason

    async def run(self, *_: object, **__: object) -> Never:
        raise SandboxError(self._reason, "not now")


@pytest.mark.parametrize("reason", ["busy", "away", "time"])
async def test_what_cannot_be_painted_just_now_stays_as_it_came(reason: Reason) -> None:
    """Without a name, so it goes to nobody, and is tried again."""
    came = picture_of("PNG")
    assert await Painter(Refusing(reason)).paint([came], uuid4()) == (came,)


@pytest.mark.parametrize("reason", ["died", "failed", "output"])
async def test_what_the_sandbox_cannot_take_is_remembered_as_such(reason: Reason) -> None:
    came = picture_of("PNG")
    assert await Painter(Refusing(reason)).paint([came], uuid4()) == (Picture(UNSHOWN, came.data, "picture.bin"),)


class Stuck(Sandbox):
    """Answers once, and then no more."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    async def run(self, *_: Any, **__: Any) -> Any:
        self.asked += 1
        if self.asked > 1:
            await asyncio.Event().wait()
        return Picture("image/png", b"painted", "picture.png")


@pytest.mark.parametrize(("within", "names"), [(0.1, ["picture.png", "", ""]), (0, ["", "", ""])])
async def test_an_answer_waits_so_long_for_its_pictures_and_the_rest_stays_as_it_came(
    within: float, names: list[str]
) -> None:
    sandbox = Stuck()
    sandbox.asked = int(within == 0)
    came = [picture_of("PNG")] * 3
    assert [one.name for one in await Painter(sandbox).paint(came, uuid4(), within=within)] == names


async def test_what_is_painted_already_stays_as_it_is(sandbox: Sandbox) -> None:
    one = Picture("image/png", b"whatever", "picture.png")
    assert await Painter(sandbox).paint([one], uuid4()) == (one,)
    assert sandbox.pids == []


async def test_a_small_picture_does_not_wait_for_the_large_ones_of_others(sandbox: Sandbox) -> None:
    painter, other = Painter(sandbox), uuid4()
    large = [Picture("image/webp", HARMLESS["a large WebP of one colour"]())] * 12
    work = asyncio.create_task(painter.paint(large, other))
    await eventually(lambda: _has(sandbox))
    assert (await painted(sandbox, picture_of("PNG").data)).name == "picture.png"
    assert not work.done()
    work.cancel()
    await asyncio.wait([work])


async def _has(sandbox: Sandbox) -> bool:
    return bool(sandbox.pids)
