"""The bus on the operator's page: up, away, or none."""

from tests.fakes.local_bus import Wire
from webapp.bus.bus import NoBus
from webapp.operations.bus_check import checks_of_bus
from webapp.operations.checks import Level


async def test_a_bus_is_up_or_away_and_never_required() -> None:
    wire = Wire()
    (check,) = checks_of_bus(wire.bus())
    assert (await check.look()).level is Level.GOOD
    wire.set_up(False)
    away = await check.look()
    assert (away.level, check.is_required) == (Level.FAIR, False)
    assert away.remedy


def test_where_one_process_is_alone_there_is_nothing_to_say() -> None:
    assert checks_of_bus(NoBus()) == []
