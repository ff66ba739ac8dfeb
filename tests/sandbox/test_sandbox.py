"""The sandbox: what goes wrong in it is one caller's, and one job's."""

import asyncio
import os
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest

from tests.fakes.eventually import eventually
from tests.sandbox import work
from tests.sandbox.work import Surroundings, Wish
from webapp.sandbox import sandbox as module
from webapp.sandbox.job import Job, Limits
from webapp.sandbox.process import SandboxError
from webapp.sandbox.sandbox import MAX_PEAK, Sandbox

MEGABYTE = 1_000_000
LIMITS = Limits(processor=20, wait=30, patience=30, memory=256 * MEGABYTE, output=MEGABYTE)


@pytest.fixture
async def sandbox() -> AsyncIterator[Sandbox]:
    one = Sandbox()
    async with one.running():
        yield one
    assert one.pids == []


def job(function: Callable[[Wish], Iterator[Any]], answer: Any = int, **options: Any) -> Job[Wish, Any]:
    is_long = options.pop("is_long", False)
    limits = Limits(**{name: options.get(name, getattr(LIMITS, name)) for name in Limits.__struct_fields__})
    return Job(function, Wish, answer, limits, is_long)


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


async def has_processes(sandbox: Sandbox, number: int) -> None:
    async def holds() -> bool:
        return len(sandbox.pids) == number

    await eventually(holds)


async def refused(sandbox: Sandbox, one: Job[Wish, Any], wish: Wish | None = None) -> SandboxError:
    with pytest.raises(SandboxError) as caught:
        await sandbox.run(one, wish or Wish())
    return caught.value


async def test_a_question_is_answered(sandbox: Sandbox) -> None:
    assert await sandbox.run(job(work.echo, Wish), Wish("hello", 7)) == Wish("hello", 7)


async def test_a_large_answer_comes_whole(sandbox: Sandbox) -> None:
    answer = await sandbox.run(job(work.bytes_of, bytes, output=20 * MEGABYTE), Wish(number=10 * MEGABYTE))
    assert len(answer) == 10 * MEGABYTE


async def test_a_large_question_is_copied_once(sandbox: Sandbox) -> None:
    data, large = bytes(10 * MEGABYTE), Job(work.length_of, bytes, int, LIMITS)
    await sandbox.run(large, b"")
    tracemalloc.start()
    try:
        assert await sandbox.run(large, data) == len(data)
        assert tracemalloc.get_traced_memory()[1] < 1.6 * len(data)  # half of it is room that the encoder makes
    finally:
        tracemalloc.stop()


async def test_answers_come_one_by_one(sandbox: Sandbox) -> None:
    assert [one async for one in sandbox.stream(job(work.count), Wish(number=3))] == [0, 1, 2]


async def test_there_is_no_process_until_there_is_a_job_and_one_for_several(sandbox: Sandbox) -> None:
    assert sandbox.pids == []
    await sandbox.run(job(work.echo, Wish), Wish())
    first = sandbox.pids
    await sandbox.run(job(work.echo, Wish), Wish())
    assert len(first) == 1
    assert sandbox.pids == first


async def test_what_the_server_has_in_memory_is_not_counted_as_the_process_s(sandbox: Sandbox) -> None:
    held = b"x" * (MAX_PEAK + MEGABYTE)
    await sandbox.run(job(work.echo, Wish), Wish())
    assert len(sandbox.pids) == 1
    assert len(held) > MAX_PEAK


async def test_an_idle_process_ends(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "IDLE_SECONDS", 0.05)
    await sandbox.run(job(work.echo, Wish), Wish())
    [pid] = sandbox.pids
    await has_processes(sandbox, 0)
    assert not is_alive(pid)


async def test_a_long_job_has_a_process_of_its_own_that_ends_with_it(sandbox: Sandbox) -> None:
    await sandbox.run(job(work.echo, Wish, is_long=True), Wish())
    assert sandbox.pids == []


async def test_nothing_of_the_server_is_in_it(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-or-v1-secret")
    monkeypatch.delenv("LD_LIBRARY_PATH", raising=False)
    seen = await sandbox.run(job(work.look_around, Surroundings), Wish())
    assert seen.is_isolated
    assert "OPENROUTER_API_KEY" not in seen.environment
    assert set(seen.environment) <= {"LC_CTYPE"}  # which Python itself sets
    assert [one for one in seen.files if not one.startswith(("socket:", "/dev/null", "/proc/"))] == []
    assert seen.niceness >= 10
    assert seen.cores == 0


async def test_work_that_never_ends_is_ended_by_the_clock(sandbox: Sandbox) -> None:
    error = await refused(sandbox, job(work.spin, wait=0.5))
    assert (error.reason, error.is_of_the_input) == ("time", False)
    assert sandbox.pids == []


async def test_work_that_never_ends_is_ended_by_its_processor_time(sandbox: Sandbox) -> None:
    assert (await refused(sandbox, job(work.spin, processor=1))).reason == "processor"


async def test_processor_time_counts_for_each_job_anew(sandbox: Sandbox) -> None:
    for _ in range(4):
        assert await sandbox.run(job(work.burn, processor=2), Wish(number=800)) == 1
    assert len(sandbox.pids) == 1


async def test_work_that_takes_too_much_memory_fails(sandbox: Sandbox) -> None:
    error = await refused(sandbox, job(work.take_memory), Wish(number=300 * MEGABYTE))
    assert (error.reason, str(error).split(" in ")[0]) == ("memory", "MemoryError")
    assert await sandbox.run(job(work.take_memory), Wish(number=100 * MEGABYTE)) == 100 * MEGABYTE


async def test_a_process_that_has_had_much_memory_ends_with_its_job(sandbox: Sandbox) -> None:
    await sandbox.run(job(work.take_memory), Wish(number=170 * MEGABYTE))
    assert sandbox.pids == []


async def test_answers_that_are_too_long_are_not_taken(sandbox: Sandbox) -> None:
    error = await refused(sandbox, job(work.bytes_of, bytes), Wish(number=2 * MEGABYTE))
    assert error.reason == "output"
    assert (await refused(sandbox, job(work.count, output=1_000), Wish(number=2_000))).reason == "output"


async def test_files_that_are_too_long_cannot_be_written(sandbox: Sandbox) -> None:
    assert await sandbox.run(job(work.write, files=MEGABYTE), Wish(number=MEGABYTE)) == MEGABYTE
    assert (await refused(sandbox, job(work.write), Wish(number=1))).reason in ("failed", "died")


async def test_a_process_that_dies_is_one_jobs_affair(sandbox: Sandbox) -> None:
    others = [asyncio.create_task(sandbox.run(job(work.echo, Wish), Wish(number=n))) for n in range(5)]
    assert (await refused(sandbox, job(work.die))).reason == "died"
    assert [one.number for one in await asyncio.gather(*others)] == [0, 1, 2, 3, 4]


async def test_a_process_that_the_system_kills_says_nothing_of_its_job(sandbox: Sandbox) -> None:
    error = await refused(sandbox, job(work.be_killed))
    assert (error.reason, error.is_of_the_input) == ("killed", False)


async def test_an_error_of_the_work_says_where_and_not_what(sandbox: Sandbox) -> None:
    error = await refused(sandbox, job(work.fail), Wish("somebody"))
    assert error.reason == "failed"
    assert str(error).startswith("ValueError in work.py:")
    assert len(sandbox.pids) == 1  # it is as good as before


async def test_what_is_printed_is_no_answer(sandbox: Sandbox) -> None:
    assert await sandbox.run(job(work.babble), Wish()) == 1


async def test_an_answer_of_another_type_is_refused(sandbox: Sandbox) -> None:
    assert (await refused(sandbox, job(work.echo, int))).reason == "died"
    assert sandbox.pids == []


@pytest.mark.parametrize("function", [work.connect, work.run_program])
async def test_it_connects_to_nothing_and_starts_nothing(
    sandbox: Sandbox, function: Callable[[Wish], Iterator[int]]
) -> None:
    assert str(await refused(sandbox, job(function), Wish(number=1))).startswith("PermissionError")


async def test_of_one_owner_one_job_runs_at_a_time(sandbox: Sandbox) -> None:
    greedy, other = uuid4(), uuid4()
    many = [asyncio.create_task(sandbox.run(job(work.sleep), Wish(number=30), owner=greedy)) for _ in range(8)]
    await has_processes(sandbox, 1)
    assert await sandbox.run(job(work.echo, Wish), Wish("me"), owner=other) == Wish("me")
    for task in many:
        task.cancel()
    await asyncio.wait(many)


async def test_a_job_for_which_no_process_is_free_is_given_up(sandbox: Sandbox) -> None:
    owner = uuid4()
    first = asyncio.create_task(sandbox.run(job(work.sleep), Wish(number=30), owner=owner))
    await has_processes(sandbox, 1)
    with pytest.raises(SandboxError) as caught:
        await sandbox.run(job(work.echo, Wish, patience=0.05), Wish(), owner=owner)
    assert (caught.value.reason, caught.value.is_of_the_input) == ("busy", False)
    first.cancel()
    await asyncio.wait([first])


async def test_a_caller_who_leaves_ends_the_work(sandbox: Sandbox) -> None:
    async with aclosing(sandbox.stream(job(work.spin), Wish())) as answers:
        pid = await anext(answers)
        assert is_alive(pid)
    assert not is_alive(pid)
    waiting = asyncio.create_task(sandbox.run(job(work.sleep), Wish(number=30)))
    await has_processes(sandbox, 1)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert sandbox.pids == []


async def test_work_waits_while_its_answers_are_not_taken(sandbox: Sandbox) -> None:
    """What isn't read yet waits there, and not in the server's memory."""
    big = job(work.pieces, bytes, output=100 * MEGABYTE)
    async with aclosing(sandbox.stream(big, Wish(number=100_000))) as answers:
        await anext(answers)
        await asyncio.sleep(0.2)  # time is what this is about: nothing more comes
        made = await anext(answers)
        assert int.from_bytes(made[:4], "big") <= 30


async def test_processes_end_with_the_server() -> None:
    sandbox = Sandbox()
    async with sandbox.running():
        task = asyncio.create_task(sandbox.run(job(work.spin), Wish()))
        await sandbox.run(job(work.echo, Wish), Wish())
        await has_processes(sandbox, 2)
        pids = sandbox.pids
    assert not any(map(is_alive, pids))
    assert isinstance((await asyncio.gather(task, return_exceptions=True))[0], SandboxError)
