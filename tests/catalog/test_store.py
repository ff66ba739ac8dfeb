"""The list of models in the database."""

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal

import pytest

from tests.fakes.database import open_database
from webapp.catalog.models import Model
from webapp.catalog.store import ModelStore
from webapp.db.address import Address, PostgresServer

FULL = Model(
    id="maker/model",
    name="Maker: Model",
    canonical_slug="maker/model-2026",
    description="Good.",
    context_length=1_000_000,
    prompt_price=Decimal("0.00000015"),
    completion_price=Decimal(0),
    input_modalities=("text", "image"),
    output_modalities=("text",),
    supported_parameters=("tools",),
)


@pytest.fixture
async def store(address: Address) -> AsyncIterator[ModelStore]:
    async with open_database(address) as database:
        yield ModelStore(database)


async def test_there_are_none_at_first(store: ModelStore) -> None:
    assert await store.load() == []


async def test_a_list_is_new_to_other_processes_where_there_are_any(store: ModelStore, address: Address) -> None:
    await store.replace([FULL])
    expected = [FULL] if isinstance(address, PostgresServer) else []
    assert await store.load_new(timedelta(minutes=1)) == expected
    assert await store.load_new(timedelta(0)) == []


async def test_models_come_back_as_they_were_in_their_order(store: ModelStore) -> None:
    models = [Model("z/last", "Z"), FULL, Model("a/first", "A")]
    await store.replace(models)
    assert await store.load() == models


async def test_a_new_list_takes_the_place_of_the_old(store: ModelStore) -> None:
    await store.replace([FULL, Model("a/gone", "Gone")])
    await store.replace([Model("b/new", "New")])
    assert await store.load() == [Model("b/new", "New")]
    await store.replace([])
    assert await store.load() == []


async def test_a_list_that_cannot_be_kept_leaves_the_old_one(store: ModelStore) -> None:
    await store.replace([FULL])
    with pytest.raises(Exception, match=r"(?i)unique"):
        await store.replace([Model("b/twice", "B"), Model("b/twice", "B")])
    assert await store.load() == [FULL]
