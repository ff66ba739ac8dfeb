"""What a call may cost at most, and what is held back for it out of what is left of a month's money."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.database import migrated_file, open_database
from tests.fakes.model_source import FakeModelSource, entry
from webapp.accounts.budgets import COMFORTABLE, LEAST, LEAST_THOUGHT, USUAL, BudgetError, Limits, Quote, Standing
from webapp.catalog.catalog import Catalog
from webapp.catalog.models import read_model
from webapp.catalog.store import ModelStore
from webapp.conversations.messages import PromptMessage
from webapp.conversations.quotes import SEARCH, Tariff, quoted, tariffs_of

NOW = datetime(2026, 11, 29, tzinfo=UTC)
CENT = Decimal("0.01")
TARIFF = Tariff(Decimal("0.001"), Decimal("0.002"))


def standing(hard: str, spent: str = "0", held: str = "0") -> Standing:
    return Standing(Decimal(spent), limits=Limits(hard=Decimal(hard)), held=Decimal(held))


def quote(**values: object) -> Quote:
    usual: dict[str, Any] = {"model": "m", "prompt": CENT, "token": Decimal("0.001"), "longest": 100_000}
    return Quote(**{**usual, **values})


# Quotes


def test_a_prompt_is_taken_to_have_more_tokens_than_english_has() -> None:
    prompt = [PromptMessage("system", "1234"), PromptMessage("user", "日本")]
    found = quoted(TARIFF, "m", prompt, {})
    assert found == Quote("m", Decimal("0.001") * (2 + 4 + 2 + 4), Decimal("0.002"))
    assert found.wanted == USUAL


def test_what_each_call_costs_comes_on_top() -> None:
    found = quoted(Tariff(Decimal(0), Decimal(1), CENT), "m", [PromptMessage("user", "Go")], {"max_tokens": 7})
    assert found is not None
    assert (found.prompt, found.asked, found.price(7)) == (CENT, 7, 7 + CENT)


@pytest.mark.parametrize(
    ("context", "longest", "expected"),
    [
        (0, 0, USUAL),
        (0, 9_000, 9_000),
        (20_000, 9_000, 9_000),
        (9_005, 0, 9_000),
        (9_005, 64_000, 9_000),
        (6, 0, COMFORTABLE),
    ],
)
def test_no_answer_is_longer_than_its_model_can_write(context: int, longest: int, expected: int) -> None:
    tariff = Tariff(Decimal(1), Decimal(1), context=context, longest=longest)
    found = quoted(tariff, "m", [PromptMessage("user", "Go")], {})
    assert found is not None
    assert found.longest == expected


def test_one_that_is_to_think_first_needs_more_to_be_worth_its_prompt() -> None:
    found = quoted(TARIFF, "m", [PromptMessage("user", "Go")], {"reasoning": {"effort": "low"}})
    assert found is not None
    assert (found.least, standing("5").hold(found, NOW).max_tokens) == (LEAST_THOUGHT, 2_497)
    with pytest.raises(BudgetError, match=r"This would cost \$4\.10 or more"):
        standing("4").hold(found, NOW)


def test_without_prices_there_is_nothing_to_hold() -> None:
    assert quoted(None, "m", [], {}) is None
    assert quoted(Tariff(), "m", [], {}) == Quote("m", is_priced=False)


async def test_the_catalogue_s_highest_prices_are_taken(tmp_path: Path) -> None:
    dear = {
        **entry("some/model"),
        "pricing": {"prompt": "1", "completion": "2", "request": "0.5", "image_output": "3"},
        "context_length": 900,
        "top_provider": {"max_completion_tokens": 90},
    }
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        catalog = Catalog(ModelStore(database), FakeModelSource(dear, {"id": "auto", "pricing": {"prompt": "-1"}}))
        tariff_of = tariffs_of(catalog)
        assert tariff_of("some/model") is None
        await catalog.refresh()
        known = Tariff(Decimal(1), Decimal(3), Decimal("0.5"), 900, 90)
        assert tariff_of("some/model") == tariff_of("some/model:nitro") == known
        online = tariff_of("some/model:online")
        assert online is not None
        assert online.request == Decimal("0.5") + SEARCH
        assert tariff_of("auto") == tariff_of("no/such") == Tariff()
    async with open_database(migrated_file(tmp_path / "test.db")) as database:
        catalog = Catalog(ModelStore(database), FakeModelSource({"id": "local/model"}))
        await catalog.refresh()
        assert tariffs_of(catalog)("local/model") is None


@pytest.mark.parametrize(
    ("pricing", "highest"),
    [
        ({"prompt": "1", "completion": "2"}, (None, None)),
        ({"prompt": "1", "completion": "2", "overrides": [{"prompt": "3", "completion": "4"}]}, (3, 4)),
        ({"prompt": "1", "completion": "2", "internal_reasoning": "5"}, (None, 5)),
        ({"prompt": "-1", "completion": "-1", "image_output": "5"}, (None, None)),
        ({"prompt": "1", "completion": "2", "overrides": "none", "image_output": []}, (None, None)),
    ],
)
def test_the_highest_prices_are_told_where_they_are_not_the_usual_ones(
    pricing: dict[str, object], highest: tuple[int | None, int | None]
) -> None:
    model = read_model({"id": "m", "pricing": pricing, "top_provider": ["odd"]})
    assert model is not None
    assert (model.highest_prompt_price, model.highest_completion_price) == highest
    assert model.longest_answer is None


# What is held


def test_one_answer_holds_a_quarter_of_what_is_left_and_the_next_a_quarter_of_the_rest() -> None:
    first = standing("80").hold(quote(), NOW)
    assert (first.max_tokens, first.amount, first.is_cut) == (19_997, Decimal("20.007"), True)
    second = standing("80", held=str(first.amount)).hold(quote(), NOW)
    assert second.max_tokens == 14_995


def test_where_little_is_left_a_comfortable_answer_may_take_all_of_it() -> None:
    assert standing("5").hold(quote(), NOW).max_tokens == COMFORTABLE
    assert standing("3").hold(quote(), NOW).max_tokens == 2_990


def test_an_answer_that_can_be_paid_for_whole_is_not_cut() -> None:
    hold = standing("900").hold(quote(), NOW)
    assert (hold.max_tokens, hold.is_cut) == (100_000, False)
    hold = standing("10").hold(quote(asked=9_000), NOW)
    assert (hold.max_tokens, hold.amount, hold.is_cut) == (9_000, Decimal("9.01"), False)
    assert standing("10", "2").hold(quote(asked=9_000), NOW).max_tokens == 7_990


def test_what_costs_nothing_holds_nothing() -> None:
    free = quote(prompt=Decimal(0), token=Decimal(0))
    assert standing("1", "0.5", "0.5").hold(free, NOW).amount == 0
    assert standing("1").hold(free, NOW).max_tokens is None


def test_without_a_limit_an_answer_of_usual_length_is_held_and_none_is_cut() -> None:
    hold = Standing().hold(quote(), NOW)
    assert (hold.amount, hold.max_tokens) == (Decimal("32.778"), None)


def test_an_own_key_and_what_has_no_price_anywhere_hold_nothing() -> None:
    assert Standing(limits=Limits(hard=CENT), own_key=b"sealed").hold(quote(), NOW).amount == 0
    assert standing("1").hold(None, NOW).amount == 0


def test_what_is_too_dear_is_refused_with_its_price_and_what_is_left_and_what_to_do() -> None:
    with pytest.raises(BudgetError) as caught:
        standing("0.01", "0.0099").hold(quote(prompt=Decimal("0.94"), token=Decimal(0)), NOW)
    assert caught.value.sentence == (
        "This would cost $0.94 or more, and $0.00010 is left of this month's $0.01. Shorten it, begin a new "
        "conversation, or choose a cheaper model. The month begins anew on 1 December (UTC)."
    )
    assert (caught.value.status, caught.value.retry_after) == (402, 48 * 3600)


def test_what_can_be_paid_for_when_another_has_ended_is_to_wait_for_that() -> None:
    with pytest.raises(BudgetError) as caught:
        standing("5", "1", "3.9").hold(quote(), NOW)
    assert caught.value.sentence == (
        "This would cost $0.52 or more, and $0.10 is left of this month's $5.00, while $3.90 is reserved for answers "
        "that are under way. Wait for one of them to end, shorten it, or choose a cheaper model."
    )
    assert caught.value.retry_after == 10


def test_what_may_cost_anything_holds_all_that_is_left() -> None:
    unknown = Quote("openrouter/auto", is_priced=False)
    assert standing("5", "1", "1").hold(unknown, NOW).amount == 3
    with pytest.raises(BudgetError, match="What openrouter/auto costs is known afterwards only"):
        standing("5", "1", "4").hold(unknown, NOW)


MONEY = st.decimals(0, 20, places=6)
TOKENS = st.integers(1, 300_000)


@given(
    hard=MONEY, spent=MONEY, held=MONEY, prompt=MONEY, token=st.decimals(0, 1, places=9),
    asked=st.none() | TOKENS, longest=TOKENS, is_priced=st.booleans(),
)  # fmt: skip
def test_no_hold_passes_the_limit(
    hard: Decimal,
    spent: Decimal,
    held: Decimal,
    prompt: Decimal,
    token: Decimal,
    asked: int | None,
    longest: int,
    is_priced: bool,
) -> None:
    one = Quote("m", prompt, token, asked, longest, is_priced=is_priced)
    now = Standing(spent, limits=Limits(hard=hard), held=held)
    try:
        hold = now.hold(one, NOW)
    except BudgetError:
        return
    assert hold.amount >= 0
    assert spent + held + hold.amount <= hard
    if is_priced and token:
        assert hold.max_tokens is not None
        assert min(one.wanted, LEAST) <= hold.max_tokens <= one.wanted
        assert hold.amount == one.price(hold.max_tokens)
