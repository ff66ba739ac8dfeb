"""A question on its way through the page to sign in."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.accounts.kept import Kept, pack, unpack
from webapp.db.types import new_id

ALICE = new_id()
FORM = {"message": "Two\nlines", "model": "a/model", "client_id": "1", "owner": str(ALICE), "another": "field"}


def test_it_comes_back_as_it_was_sent() -> None:
    kept = unpack(pack("/c", FORM))
    assert kept == Kept("/c", "Two\nlines", "a/model", "1", str(ALICE))
    assert kept.is_of(ALICE)
    assert not kept.is_of(UUID(int=1))


def test_an_edit_comes_back_with_the_run_of_its_message() -> None:
    assert unpack(pack("/messages/1/edit", {"message": "Better", "run": "3"})) == Kept(
        "/messages/1/edit", "Better", run="3"
    )


def test_of_nobody_s_page_it_is_nobody_s() -> None:
    kept = unpack(pack("/c", {"message": "Hello"}))
    assert kept is not None
    assert not kept.is_of(ALICE)


@settings(deadline=None, derandomize=True)
@given(st.dictionaries(st.sampled_from(["message", "model", "client_id", "owner"]), st.text()))
def test_whatever_was_sent_comes_back(form: dict[str, str]) -> None:
    assert unpack(pack("/c", form)) == Kept("/c", **form)


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "[]", "{}", "\ud800", '{"to": 1}', '{"to": ""}', '{"to": "/c", "message": []}'),
        *('{"to": "https://evil.example/"}', '{"to": "//evil.example"}'),
    ],
)
def test_what_was_made_up_is_none(text: str) -> None:
    assert unpack(text) is None
