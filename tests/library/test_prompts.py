"""Prompts with places to fill."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.library.prompts import MAX_TEXT, MAX_VARIABLES, filled, read_text, read_title, variables_of
from webapp.web.refusals import InvalidError, TooLargeError

TEXT = "Compare {{ city }} with {{other city}}, and {{city}} with {{}}, { {x} } and {{a-b}}."


def test_places_are_named_once_in_their_order() -> None:
    assert variables_of(TEXT) == ("city", "other city", "a-b")


def test_what_is_filled_in_is_text_also_where_it_looks_like_a_place() -> None:
    done = filled(TEXT, {"city": "{{other city}}", "other city": "\\1 \\g<0>"})
    assert done == r"Compare {{other city}} with \1 \g<0>, and {{other city}} with {{}}, { {x} } and {{a-b}}."


@given(st.lists(st.sampled_from(["{", "}", "{{x}}", "{{ y z }}", " ", "é", "{{", "}}"]) | st.text()), st.text())
def test_nothing_but_the_places_changes(parts: list[str], value: str) -> None:
    text = "".join(parts)
    names = variables_of(text)
    assert filled(text, {name: f"{{{{{name}}}}}" for name in names}).replace(" ", "") == text.replace(" ", "")
    assert filled(text, {}) == text
    done = filled(text, dict.fromkeys(names, ""))
    assert len(done) <= len(text)
    assert filled(done + value, {}) == done + value


@pytest.mark.parametrize(
    "text", ["", " \n", "a\x00", "\ud800", " ".join(f"{{{{v{n}}}}}" for n in range(MAX_VARIABLES + 1))]
)
def test_what_is_no_prompt_is_refused(text: str) -> None:
    with pytest.raises(InvalidError):
        read_text(text)


def test_a_prompt_that_is_too_long_is_refused() -> None:
    assert read_text("x" * MAX_TEXT)
    with pytest.raises(TooLargeError):
        read_text("x" * (MAX_TEXT + 1))


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "a\x07"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(InvalidError):
        read_title(name)
