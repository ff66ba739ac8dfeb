"""Nobody makes another wait: while a hostile input is taken in, somebody else's pages come as quickly as ever.

A fast selection, with twice the time and one and a half times the memory of the budget, which holds on a machine that
has nothing else to do: ``python -m benchmarks.hostile`` measures that, with hundreds of inputs. What is over it is sent
again, from another account, and only what is always over it has failed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fakes.hostile.arena import Arena, Attack, arena
from tests.fakes.hostile.wire import wire, wire_attacks
from tests.fakes.hostile.worst import WIRE, worst
from tests.fakes.upstream import standin_process

CAP = 6.0  # seconds for one input
TRIES = 3


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    with standin_process(1e6) as address, arena(folder(tmp_path_factory), address, TRIES * len(worst())) as field:
        yield field


@pytest.fixture(scope="module")
def field_at_wire(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    """Whose models are at a server that means ill."""
    with wire() as address, arena(folder(tmp_path_factory), address, TRIES * len(WIRE)) as field:
        yield field


def folder(factory: pytest.TempPathFactory) -> Path:
    return factory.mktemp("arena")


@pytest.mark.parametrize("attack", worst(), ids=str)
async def test_an_input_makes_nobody_wait(field: Arena, attack: Attack) -> None:
    assert await faults(field, attack) == []


@pytest.mark.parametrize("attack", [one for one in wire_attacks() if one.name in WIRE], ids=str)
async def test_a_model_server_makes_nobody_wait(field_at_wire: Arena, attack: Attack) -> None:
    assert await faults(field_at_wire, attack) == []


async def faults(field: Arena, attack: Attack) -> list[str]:
    """What was wrong each time; nothing if it ever was within the budget."""
    found: list[str] = []
    for _ in range(TRIES):
        outcome = await field.measure(attack, CAP)
        if outcome.is_within or outcome.is_nearly_within:
            return []
        found.append(f"{', '.join(outcome.faults)}; answered: {outcome.answer}")
    return found
