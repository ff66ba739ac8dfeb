"""Parameters: what is typed, what is kept, and what a model is sent."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.library.parameters import PARAMETERS, Parameters, kept_parameters, labelled, options_for, read_parameters
from webapp.services.openrouter import Options
from webapp.web.refusals import InvalidError


def test_what_is_empty_or_unknown_is_left_out() -> None:
    typed = {"temperature": " 0,7 ", "top_p": "", "max_tokens": "100", "role": "system"}
    assert read_parameters(typed) == {"temperature": 0.7, "max_tokens": 100}


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("temperature", "3", "Temperature is a number from 0 to 2."),
        ("temperature", "warm", "Temperature is a number from 0 to 2."),
        ("temperature", "nan", "Temperature is a number from 0 to 2."),
        ("max_tokens", "1.5", "Longest answer is a whole number from 1 to 1,000,000."),
        ("reasoning_effort", "huge", "Reasoning effort is one of minimal, low, medium, high."),
    ],
)
def test_what_does_not_fit_is_said(name: str, text: str, sentence: str) -> None:
    with pytest.raises(InvalidError) as caught:
        read_parameters({name: text})
    assert caught.value.sentence == sentence


def test_a_model_is_sent_what_it_takes() -> None:
    chosen: Parameters = {"temperature": 0.5, "top_k": 4, "reasoning_effort": "low"}
    assert options_for(chosen, ["temperature", "reasoning"]) == {"temperature": 0.5, "reasoning": {"effort": "low"}}
    assert options_for(chosen, []) == {"temperature": 0.5, "top_k": 4, "reasoning": {"effort": "low"}}


def test_what_was_sent_is_told_by_its_labels() -> None:
    chosen: Parameters = {"temperature": 1.0, "max_tokens": 1_000_000, "reasoning_effort": "low", "seed": 2**31 - 1}
    assert labelled(options_for(chosen, [])) == [
        ("Temperature", "1"),
        ("Longest answer", "1000000"),
        ("Reasoning effort", "low"),
        ("Seed", "2147483647"),
    ]
    assert labelled({"reasoning": "low", "stop": ["x"], "temperature": "warm", "top_k": True}) == []


def test_every_parameter_is_a_field_of_a_request() -> None:
    for one in PARAMETERS:
        (field,) = options_for({one.name: one.choices[0] if one.choices else one.lowest}, [])
        assert field in Options.__annotations__


JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,  # none of the parameters is anything but plain
)


@given(st.dictionaries(st.sampled_from([one.name for one in PARAMETERS]) | st.text(), JSON))
def test_whatever_was_kept_comes_out_within_bounds(kept: dict[str, Any]) -> None:
    found = kept_parameters(kept)
    assert found == kept_parameters(found) == read_parameters({name: str(value) for name, value in found.items()})
