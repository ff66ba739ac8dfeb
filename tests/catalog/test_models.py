"""Entries of OpenRouter's list as models, and how they are shown."""

from decimal import Decimal
from typing import Any

import pytest

from tests.fakes.model_source import entry
from webapp.catalog.models import Model, read_model


def read(**fields: Any) -> Model:
    model = read_model(entry("maker/model", "Maker: Model", **fields))
    assert model is not None
    return model


def test_an_entry_is_read_with_all_that_we_use() -> None:
    model = read(
        description="Good at words.",
        context_length=200_000,
        architecture={"input_modalities": ["text", "image"], "output_modalities": ["text"], "tokenizer": "Other"},
        supported_parameters=["temperature", "tools"],
    )
    assert model == Model(
        id="maker/model",
        name="Maker: Model",
        canonical_slug="maker/model-2026-01-01",
        description="Good at words.",
        context_length=200_000,
        prompt_price=Decimal("0.000003"),
        completion_price=Decimal("0.000015"),
        input_modalities=("text", "image"),
        output_modalities=("text",),
        supported_parameters=("temperature", "tools"),
    )


@pytest.mark.parametrize("nothing", [{}, dict.fromkeys(("name", "description", "pricing", "architecture"))])
def test_an_id_is_enough(nothing: dict[str, Any]) -> None:
    model = read_model({"id": "maker/model", **nothing})
    assert model == Model(id="maker/model", name="maker/model")


@pytest.mark.parametrize("odd", [{}, {"id": None}, {"id": 7}, {"id": "a", "context_length": "long"}, {"name": "No id"}])
def test_an_entry_of_another_shape_is_no_model(odd: dict[str, Any]) -> None:
    assert read_model(odd) is None


@pytest.mark.parametrize(
    ("prompt", "completion", "shown"),
    [
        ("0.000003", "0.000015", "$3 / $15"),
        ("0.0000025", "0.00001", "$2.50 / $10"),
        ("0.0001", "0.0002", "$100 / $200"),
        ("0.00000015", "0.0000006", "$0.15 / $0.60"),
        ("0.000000005", "0.00000002", "$0.005 / $0.02"),
        ("0.000000000001", "0.00000001", "$0.000001 / $0.01"),
        ("0.000000999999", "0.0000025449", "$1 / $2.54"),
        ("0", "0", "free"),
        ("0", "0.000001", "$0 / $1"),
        ("-1", "-1", ""),
        ("-1", "0.000001", ""),
        ("", "", ""),
        (None, None, ""),
        ("NaN", "0", ""),
        ("Infinity", "0", ""),
        ("cheap", "0", ""),
        ("1e30", "0", ""),
    ],
)
def test_a_price_is_for_a_million_tokens_in_and_out(prompt: str | None, completion: str | None, shown: str) -> None:
    assert read(pricing={"prompt": prompt, "completion": completion}).price == shown


def test_prices_that_come_as_numbers_are_read_too() -> None:
    assert read(pricing={"prompt": 0.000003, "completion": 0}).price == "$3 / $0"


@pytest.mark.parametrize(
    ("name", "maker", "short_name"),
    [
        ("Anthropic: Claude", "Anthropic", "Claude"),
        ("Maker: Model: Large", "Maker", "Model: Large"),
        ("Auto Router", "maker", "Auto Router"),
        ("Odd:name", "maker", "Odd:name"),
        ("Empty: ", "Empty", "Empty: "),
    ],
)
def test_the_maker_stands_before_the_colon_or_in_the_id(name: str, maker: str, short_name: str) -> None:
    model = Model("maker/model", name)
    assert (model.maker, model.short_name) == (maker, short_name)
