"""Checks: they look at once, fail in words, end in time, and remember."""

import asyncio

from webapp.operations.checks import Check, Finding, Level, Remembered, look_at


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
