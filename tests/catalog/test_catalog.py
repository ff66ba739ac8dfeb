"""The models on offer: kept, refreshed in the background, and waited for by nobody."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.fakes.database import migrated_file, open_database
from tests.fakes.model_source import FakeModelSource, entry
from webapp.catalog import catalog as module
from webapp.catalog.allowed import AllowedModels, NotAllowedError
from webapp.catalog.catalog import FALLBACK_MODEL, Catalog, EmptyListError
from webapp.catalog.models import Model
from webapp.catalog.store import ModelStore
from webapp.db.engine import Database
from webapp.services.errors import OpenRouterError
from webapp.web.refusals import InvalidError, UnavailableError

ONE, TWO = entry("maker/one", "Maker: One"), entry("maker/two", "Maker: Two")


class Store(ModelStore):
    """The real store, which tells when it has kept a list."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._kept = asyncio.Event()

    async def replace(self, models: Sequence[Model]) -> None:
        await super().replace(models)
        self._kept.set()

    async def keeps_another(self) -> None:
        self._kept.clear()
        async with asyncio.timeout(30):
            await self._kept.wait()


class Shop(NamedTuple):
    catalog: Catalog
    source: FakeModelSource
    store: Store

    def ids(self) -> list[str]:
        return [model.id for model in self.catalog.models]


@pytest.fixture
async def shop(tmp_path: Path) -> AsyncIterator[Shop]:
    """A catalogue with two models, both already known."""
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        source, store = FakeModelSource(ONE, TWO), Store(database)
        catalog = Catalog(store, source)
        await catalog.refresh()
        yield Shop(catalog, source, store)


# Refreshing


async def test_a_refresh_takes_the_place_of_the_old_list_in_memory_and_in_the_database(shop: Shop) -> None:
    shop.source.listed = [TWO, entry("maker/three")]
    await shop.catalog.refresh()
    assert shop.ids() == ["maker/two", "maker/three"]
    assert [model.id for model in await shop.store.load()] == ["maker/two", "maker/three"]


async def test_a_refresh_that_fails_keeps_the_old_list(shop: Shop) -> None:
    shop.source.is_away = True
    with pytest.raises(OpenRouterError):
        await shop.catalog.refresh()
    assert shop.ids() == ["maker/one", "maker/two"]
    assert len(await shop.store.load()) == 2


@pytest.mark.parametrize("listed", [[], [{"name": "no id"}]])
async def test_an_empty_list_keeps_the_old_one(shop: Shop, listed: list[dict[str, object]]) -> None:
    shop.source.listed = listed
    with pytest.raises(EmptyListError):
        await shop.catalog.refresh()
    assert shop.ids() == ["maker/one", "maker/two"]
    assert len(await shop.store.load()) == 2


async def test_entries_that_cannot_be_read_and_doubles_are_left_out(shop: Shop) -> None:
    shop.source.listed = [{"id": None}, TWO, {"name": "no id"}, TWO]
    await shop.catalog.refresh()
    assert shop.ids() == ["maker/two"]


async def test_a_price_out_of_all_bounds_spoils_no_list(shop: Shop) -> None:
    shop.source.listed = [entry("maker/odd", pricing={"prompt": "1e30", "completion": "1e30"}), TWO]
    await shop.catalog.refresh()
    assert shop.ids() == ["maker/odd", "maker/two"]


# Running


async def test_a_start_without_openrouter_has_the_list_of_the_last_time(shop: Shop) -> None:
    shop.source.is_away = True
    later = Catalog(shop.store, shop.source)
    async with later.running():
        assert [model.id for model in later.models] == ["maker/one", "maker/two"]


async def test_what_one_database_cannot_keep_costs_that_entry_alone(shop: Shop) -> None:
    shop.source.listed = [
        entry("maker/long", context_length=10**12),
        entry("a\x00b"),
        entry("maker/nul", "N\x00L"),
        TWO,
    ]
    await shop.catalog.refresh()
    assert shop.ids() == ["maker/long", "maker/nul", "maker/two"]


async def test_what_stays_wrong_is_logged_once(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_INTERVAL", 0.01)
    shop.source.is_away = True
    async with Catalog(shop.store, shop.source).running():
        await shop.source.was_asked_for_a_list(times=4)
    assert caplog.text.count("could not be refreshed") == 1


async def test_a_start_waits_for_no_list(shop: Shop) -> None:
    shop.source.may_answer.clear()
    later = Catalog(shop.store, shop.source)
    async with asyncio.timeout(30), later.running():
        await shop.source.was_asked_for_a_list(times=2)
        assert len(later.models) == 2


async def test_a_list_that_cannot_be_had_is_asked_for_again(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "RETRY_INTERVAL", 0.01)
    shop.source.is_away = True
    later = Catalog(shop.store, shop.source)
    with caplog.at_level(logging.WARNING):
        async with later.running():
            await shop.source.was_asked_for_a_list(times=3)  # the first one made the shop
            shop.source.is_away, shop.source.listed = False, [TWO]
            await shop.store.keeps_another()
    assert [model.id for model in later.models] == ["maker/two"]
    assert "could not be refreshed" in caplog.text
    assert "Traceback" not in caplog.text


# Finding


async def test_a_model_is_found_by_its_id_and_by_its_dated_name(shop: Shop) -> None:
    assert shop.catalog.find("maker/one") == shop.catalog.find("maker/one-2026-01-01")
    assert shop.catalog.find("maker/none") is None


async def test_nothing_is_found_by_no_name(shop: Shop) -> None:
    shop.source.listed = [entry("maker/undated", canonical_slug=None)]
    await shop.catalog.refresh()
    assert shop.catalog.find("") is None


async def test_a_dated_name_means_the_paid_model_and_not_its_free_variant(shop: Shop) -> None:
    shop.source.listed = [ONE, entry("maker/one:free", canonical_slug="maker/one-2026-01-01")]
    await shop.catalog.refresh()
    found = shop.catalog.find("maker/one-2026-01-01")
    assert found is not None
    assert found.id == "maker/one"


# Choosing


async def test_the_default_is_what_is_set_else_what_was_used_last_else_the_first(shop: Shop) -> None:
    assert shop.catalog.default() == "maker/one"
    assert shop.catalog.default("maker/two") == "maker/two"
    assert Catalog(shop.store, shop.source, default_model="maker/set").default("maker/two") == "maker/set"
    assert Catalog(shop.store, shop.source).default() == FALLBACK_MODEL


async def test_a_listed_model_and_its_variants_are_taken_without_asking(shop: Shop) -> None:
    for model_id in ("maker/one", "maker/one:online"):
        assert await shop.catalog.require(model_id) == model_id
    assert shop.source.asked == []


async def test_a_model_that_is_not_listed_is_asked_for_once(shop: Shop) -> None:
    shop.source.unlisted["maker/new"] = entry("maker/new", "Maker: New")
    for _ in range(2):
        assert await shop.catalog.require("maker/new") == "maker/new"
    assert shop.source.asked == ["maker/new"]
    found = shop.catalog.find("maker/new")
    assert found is not None
    assert found.name == "Maker: New"


async def test_another_name_of_a_listed_model_is_listed_once(shop: Shop) -> None:
    shop.source.unlisted["maker/one-latest"] = ONE
    assert await shop.catalog.require("maker/one-latest") == "maker/one-latest"
    assert await shop.catalog.require("maker/one-2026-01-01") == "maker/one-2026-01-01"
    assert shop.ids() == ["maker/one", "maker/two"]


async def test_a_model_that_does_not_exist_is_refused_with_its_name(shop: Shop) -> None:
    with pytest.raises(InvalidError, match="There is no model 'maker/none'"):
        await shop.catalog.require("maker/none")
    with pytest.raises(InvalidError) as refused:
        await shop.catalog.require("x" * 10_000)
    assert len(refused.value.sentence) < 200


async def test_a_model_that_cannot_be_asked_for_is_let_through(shop: Shop) -> None:
    shop.source.is_away = True
    assert await shop.catalog.require("maker/unknown") == "maker/unknown"
    assert shop.ids() == ["maker/one", "maker/two"]


async def test_a_look_up_that_takes_too_long_is_let_through(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LOOK_UP_TIMEOUT", 0.01)
    shop.source.may_answer.clear()
    async with asyncio.timeout(30):
        assert await shop.catalog.require("maker/unknown") == "maker/unknown"


async def test_a_model_of_odd_shape_is_let_through(shop: Shop) -> None:
    shop.source.unlisted["maker/odd"] = {"id": 7}
    assert await shop.catalog.require("maker/odd") == "maker/odd"


async def test_models_are_values(shop: Shop) -> None:
    assert all(isinstance(model, Model) for model in shop.catalog.models)
    assert isinstance(shop.catalog.models, tuple)


# Without a list


@pytest.fixture
async def bare(tmp_path: Path) -> AsyncIterator[Shop]:
    """A catalogue that has never had a list."""
    async with open_database(migrated_file(tmp_path / "bare.db")) as database:
        source, store = FakeModelSource(ONE, TWO), Store(database)
        yield Shop(Catalog(store, source, fallback_model=""), source, store)


async def test_without_a_list_any_model_is_taken_at_its_word(bare: Shop) -> None:
    assert await bare.catalog.require("gpt-4o") == "gpt-4o"
    assert bare.source.asked == []
    with pytest.raises(InvalidError, match="There is no model"):
        await bare.catalog.require("../key")


async def test_without_a_list_there_are_those_that_the_settings_name(bare: Shop) -> None:
    catalog = Catalog(bare.store, bare.source, default_model="set", allowed=lambda: AllowedModels.parse("b, set, c/*"))
    assert [model.id for model in catalog.models] == ["set", "b"]
    assert catalog.default() == "set"


async def test_without_any_model_nothing_is_chosen(bare: Shop) -> None:
    assert bare.catalog.default() == ""
    with pytest.raises(UnavailableError, match="DEFAULT_MODEL"):
        await bare.catalog.choose()


@pytest.mark.parametrize(("is_away", "why"), [(True, "cannot be reached"), (False, "list is empty")])
async def test_where_no_list_can_be_had_it_is_said_why(bare: Shop, is_away: bool, why: str) -> None:
    bare.source.is_away, bare.source.listed = is_away, []
    catalog = Catalog(bare.store, bare.source, fallback_model="")
    async with catalog.running():
        with pytest.raises(UnavailableError, match=f"{why}.* So there is no list of models, and no model is set"):
            await catalog.choose()


async def test_the_first_list_is_waited_for(bare: Shop) -> None:
    bare.source.may_answer.clear()
    async with bare.catalog.running():
        choosing = asyncio.ensure_future(bare.catalog.choose())
        requiring = asyncio.ensure_future(bare.catalog.require("maker/two"))
        await bare.source.was_asked_for_a_list()
        bare.source.may_answer.set()
        assert (await choosing, await requiring) == ("maker/one", "maker/two")


async def test_a_first_list_that_hangs_is_waited_for_a_moment(bare: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "FIRST_LIST_PATIENCE", 0.01)
    bare.source.may_answer.clear()
    async with bare.catalog.running():
        assert await bare.catalog.require("maker/unknown") == "maker/unknown"


async def test_a_model_that_the_settings_name_is_taken_though_the_list_has_it_not(shop: Shop) -> None:
    catalog = Catalog(shop.store, shop.source, default_model="by/alias")
    catalog._take(shop.catalog.models)
    assert await catalog.choose() == "by/alias"


# What may be used


def only(shop: Shop, *entries: str, **settings: str) -> Catalog:
    """A catalogue of the same models, of which these alone may be used."""
    catalog = Catalog(shop.store, shop.source, allowed=lambda: AllowedModels(frozenset(entries)), **settings)
    catalog._take(shop.catalog.models)
    return catalog


async def test_what_may_not_be_used_is_neither_listed_nor_taken_and_is_still_known(shop: Shop) -> None:
    catalog = only(shop, "maker/two")
    assert [model.id for model in catalog.models] == ["maker/two"]
    assert [model.id for model in catalog.all_models] == ["maker/one", "maker/two"]
    assert await catalog.require("maker/two") == "maker/two"
    with pytest.raises(NotAllowedError, match="The model 'maker/one' is not allowed here"):
        await catalog.require("maker/one")
    assert catalog.find("maker/one") is not None


@pytest.mark.parametrize("name", ["maker/one", "maker/one:online", "maker/one-2026-01-01", "maker/one-latest"])
async def test_a_model_goes_by_all_its_names(shop: Shop, name: str) -> None:
    shop.source.unlisted["maker/one-latest"] = ONE
    assert await only(shop, "maker/one").require(name) == name
    with pytest.raises(NotAllowedError):
        await only(shop, "maker/two").require(name)


async def test_what_cannot_be_asked_for_is_not_let_through_where_not_all_is_allowed(shop: Shop) -> None:
    shop.source.is_away = True
    with pytest.raises(NotAllowedError):
        await only(shop, "maker/one").require("maker/unknown")
    assert await only(shop, "maker/unknown").require("maker/unknown") == "maker/unknown"


async def test_the_default_is_one_that_may_be_used(shop: Shop) -> None:
    assert only(shop, "maker/two").default("maker/one") == "maker/two"
    assert only(shop, "maker/two", default_model="maker/one").default() == "maker/two"
    assert only(shop, "maker/*", default_model="maker/one").default() == "maker/one"
