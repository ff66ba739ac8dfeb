"""Checks: they look at once, fail in words, end in time, and remember."""

import asyncio

from tests.fakes.eventually import eventually
from webapp.operations.checks import Check, Finding, Level, Recalled, Remembered, look_at


async def rest() -> None:
    """What is under way in the background goes on to its next wait."""
    for _ in range(20):
        await asyncio.sleep(0)


class Fake:
    title = "A thing"
    is_required = True
    needs_database = False

    def __init__(self, name: str = "thing", error: Exception | None = None, gate: asyncio.Event | None = None) -> None:
        self.name = name
        self.looks = 0
        self._error = error
        self._gate = gate

    async def look(self) -> Finding:
        self.looks += 1
        if self._gate:
            await self._gate.wait()
        if self._error:
            raise self._error
        return Finding(Level.GOOD, f"Look {self.looks}.")


async def levels(*checks: Check) -> list[Level]:
    return [one.finding.level for one in await look_at(checks, patience=0.05)]


async def test_findings_come_in_the_order_of_the_checks() -> None:
    found = await look_at([Fake("a"), Fake("b")])
    assert [(one.name, one.finding.says) for one in found] == [("a", "Look 1."), ("b", "Look 1.")]


async def test_a_check_that_raises_is_bad_and_its_words_stay_in_the_log() -> None:
    (found,) = await look_at([Fake(error=OSError("postgres://me:secret@host"))])
    assert found.finding.level is Level.BAD
    assert "secret" not in found.finding.says + found.finding.remedy


async def test_a_check_that_hangs_is_bad_and_holds_up_nobody() -> None:
    assert await levels(Fake(gate=asyncio.Event()), Fake()) == [Level.BAD, Level.GOOD]


async def test_what_was_found_is_remembered_for_a_while() -> None:
    now = 100.0
    check = Fake()
    remembered = Remembered(check, 10, lambda: now)
    assert [(await remembered.look()).says for _ in range(3)] == ["Look 1."] * 3
    now = 110.0
    assert (await remembered.look()).says == "Look 2."


async def test_many_who_ask_at_once_cause_one_look() -> None:
    gate, check = asyncio.Event(), Fake()
    check._gate = gate
    remembered = Remembered(check, 10)
    asking = [asyncio.create_task(remembered.look()) for _ in range(20)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*asking)
    assert check.looks == 1


async def test_a_failure_is_not_remembered() -> None:
    check = Fake(error=OSError())
    remembered = Remembered(check, 10)
    assert await levels(remembered) == [Level.BAD]
    check._error = None
    assert await levels(remembered) == [Level.GOOD]


async def says(check: Recalled) -> str:
    return (await check.look()).says


async def test_what_is_recalled_is_said_at_once_however_long_a_look_takes() -> None:
    gate = asyncio.Event()
    recalled = Recalled(Fake(gate=gate), 10)
    assert await says(recalled) == "Not known yet."
    gate.set()

    async def is_known() -> bool:
        return await says(recalled) == "Look 1."

    await eventually(is_known)


async def test_what_is_recalled_tells_its_age_while_it_is_looked_at_again() -> None:
    now, check = 100.0, Fake()
    recalled = Recalled(check, 10, lambda: now)
    await recalled.look()
    await rest()
    now, check._gate = 130.0, asyncio.Event()
    assert [await says(recalled) for _ in range(3)] == ["Look 1. (30 s ago)"] * 3
    await rest()
    assert check.looks == 2
    await recalled.close()


async def test_a_look_in_the_background_that_fails_is_bad() -> None:
    recalled = Recalled(Fake(error=OSError()), 10)
    await recalled.look()
    await rest()
    assert (await recalled.look()).level is Level.BAD
