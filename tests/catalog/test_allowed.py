"""Which models may be used: what a list stands for, who wins, and how it is changed."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.catalog.allowed import MAX_ENTRIES, Allowance, AllowedModels, read_entry
from webapp.web.refusals import ForbiddenError, InvalidError

NAMES = st.from_regex(r"[a-z]{1,3}/[a-z]{1,3}(:[a-z]{1,3})?", fullmatch=True)


class FakeOptions:
    """Keeps values in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Any] = {}

    def get(self, name: str, kind: type[Any], default: Any) -> Any:
        return self.kept.get(name, default)

    async def change(self, name: str, kind: type[Any], default: Any, how: Callable[[Any], Any]) -> None:
        self.kept[name] = how(self.get(name, kind, default))


def test_an_empty_list_is_all() -> None:
    assert AllowedModels.parse(" ").are_all
    assert AllowedModels.parse("").covers("any/model")


@pytest.mark.parametrize(
    ("models", "covered", "not_covered"),
    [
        ("a/one", ["a/one", "a/one:online", "a/one:free"], ["a/one-2", "a/two", "a", "b/a/one"]),
        ("a/one:free", ["a/one:free"], ["a/one", "a/one:online"]),
        ("a/*", ["a/one", "a/two:free"], ["ab/one", "b/one", "b/a/one"]),
        ("a/one, b/*", ["a/one", "b/two"], ["a/two", "c/one"]),
    ],
)
def test_what_a_list_stands_for(models: str, covered: list[str], not_covered: list[str]) -> None:
    allowed = AllowedModels.parse(models)
    assert [name for name in covered if not allowed.covers(name)] == []
    assert [name for name in not_covered if allowed.covers(name)] == []


@pytest.mark.parametrize("text", ["", " ", "*", "a/", "a/*/b", "a b", "a/one,b", "/*", "a/<script>", "a/" + "b" * 200])
def test_what_is_no_model_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="is no model"):
        read_entry(text)


@given(st.sets(NAMES, min_size=1), NAMES)
def test_one_more_covers_more_and_one_less_covers_less(names: set[str], name: str) -> None:
    allowed = AllowedModels.parse(",".join(names))
    assert all(allowed.adding(name).covers(one) for one in (*names, name))
    assert allowed.adding(name).removing(name) == AllowedModels(frozenset(names - {name}))


def test_from_all_of_them_none_is_taken_out() -> None:
    assert AllowedModels().removing("maker/one") == AllowedModels()


def test_there_is_an_end_to_the_list() -> None:
    full = AllowedModels(frozenset(f"a/{number}" for number in range(MAX_ENTRIES)))
    with pytest.raises(InvalidError, match="At most 1,000"):
        full.adding("a/one-more")


async def test_an_administrator_chooses_where_the_environment_says_nothing() -> None:
    allowance = Allowance(FakeOptions(), AllowedModels())
    assert allowance.models.are_all
    assert not allowance.is_fixed
    await allowance.change(lambda models: models.adding("a/one"))
    await allowance.change(lambda models: models.adding("a/two"))
    assert allowance.models == AllowedModels(frozenset({"a/one", "a/two"}))


async def test_the_environment_wins_and_says_so() -> None:
    options = FakeOptions()
    options.kept["allowed_models"] = AllowedModels.parse("a/two")
    allowance = Allowance(options, AllowedModels.parse("a/one"))
    assert allowance.models.covers("a/one")
    assert not allowance.models.covers("a/two")
    with pytest.raises(ForbiddenError, match="ALLOWED_MODELS is set in the environment"):
        await allowance.change(lambda models: models.adding("a/two"))
