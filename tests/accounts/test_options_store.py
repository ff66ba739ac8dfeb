"""What was chosen for the installation: at hand at once, soon elsewhere, and no change lost."""

import asyncio

import pytest

from tests.fakes.database import open_database
from tests.fakes.eventually import eventually
from tests.fakes.postgres import without_rows
from webapp.accounts.options_store import Options
from webapp.catalog.allowed import AllowedModels
from webapp.db.address import Address, PostgresServer
from webapp.db.engine import Database


async def test_what_was_chosen_is_there_at_once_and_after_a_start(database: Database) -> None:
    options = Options(database)
    assert options.get("number", int, 7) == 7
    await options.change("number", int, 7, lambda number: number + 1)
    assert options.get("number", int, 7) == 8
    later = Options(database)
    async with later.running():
        assert later.get("number", int, 7) == 8


async def test_a_struct_is_kept_as_json(database: Database) -> None:
    options, chosen = Options(database), AllowedModels(frozenset({"a/one", "b/*"}))
    await options.change("models", AllowedModels, AllowedModels(), lambda _: chosen)
    assert options.get("models", AllowedModels, AllowedModels()) == chosen


async def test_the_default_is_not_kept(database: Database) -> None:
    options = Options(database)
    await options.change("number", int, 7, lambda _: 8)
    await options.change("number", int, 7, lambda _: 7)
    assert options.get("number", int, 9) == 9


async def test_what_does_not_fit_counts_as_not_chosen(database: Database) -> None:
    options = Options(database)
    await options.change("number", str, "", lambda _: "many")
    assert options.get("number", int, 7) == 7
    await options.change("number", int, 7, lambda number: number + 1)
    assert options.get("number", int, 7) == 8


async def test_a_change_that_is_refused_changes_nothing(database: Database) -> None:
    def refuse(_: int) -> int:
        raise ValueError("no")

    options = Options(database)
    await options.change("number", int, 7, lambda _: 8)
    with pytest.raises(ValueError, match="no"):
        await options.change("number", int, 7, refuse)
    assert options.get("number", int, 7) == 8


async def test_of_many_changes_at_once_none_is_lost(address: Address) -> None:
    async with open_database(address) as here, open_database(address) as there:
        processes = [Options(here), Options(there if here.is_shared else here)]  # a file has one process
        await asyncio.gather(
            *(processes[number % 2].change("number", int, 0, lambda value: value + 1) for number in range(10))
        )
        assert max(options.get("number", int, 0) for options in processes) == 10


async def test_another_process_hears_of_it_soon(postgres: PostgresServer) -> None:
    server = without_rows(postgres)
    async with open_database(server) as here, open_database(server) as there:
        other = Options(there, interval=0.01)

        async def has_heard() -> bool:
            return other.get("number", int, 7) == 8

        async with other.running():
            await Options(here).change("number", int, 7, lambda _: 8)
            await eventually(has_heard)
