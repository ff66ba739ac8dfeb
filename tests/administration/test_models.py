"""Looking for models to allow."""

from decimal import Decimal

from webapp.administration.models import found_models
from webapp.catalog.allowed import AllowedModels
from webapp.catalog.models import Model

MODELS = (
    Model("deep/two", "Deep: Two", prompt_price=Decimal("0.000003"), completion_price=Decimal("0.000015")),
    Model("deep/one", "Deep: One"),
    Model("other/deep-thought", "Other: Deep Thought"),
    Model("single", "Single"),
)


def entries(find: str, allowed: str = "") -> list[tuple[str, bool]]:
    return [(one.entry, one.is_chosen) for one in found_models(MODELS, find, AllowedModels.parse(allowed))]


def test_models_are_found_by_all_words_and_makers_stand_first() -> None:
    assert [entry for entry, _ in entries("DEEP")] == ["deep/*", "deep/one", "deep/two", "other/deep-thought"]
    assert [entry for entry, _ in entries("deep two")] == ["deep/two"]
    assert entries("none") == []
    assert [entry for entry, _ in entries("single")] == ["single"]


def test_what_is_allowed_already_is_told() -> None:
    assert entries("two") == [("deep/two", False)]
    assert entries("two", "deep/two") == [("deep/two", True)]
    assert entries("deep two", "deep/*") == [("deep/two", True)]
    assert entries("deep", "deep/*")[0] == ("deep/*", True)


def test_the_price_is_there_to_choose_by() -> None:
    assert [one.price for one in found_models(MODELS, "two", AllowedModels())] == ["$3 / $15"]
