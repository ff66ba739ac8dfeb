"""Any text is a query, and says the same when it is written out again."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.background import Turns
from webapp.search.folding import LONGEST_DOCUMENT, document, tokens
from webapp.search.query import Query, Term, parse

PARTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(["model:a/b ", 'tag:"my tag" ', "before:2026-05", " is:pinned ", "-", '"', " after:x", "is:", "é"]),
)
TEXTS = st.lists(PARTS, max_size=8).map("".join)


@given(TEXTS)
def test_any_text_is_a_query_and_is_read_back_as_the_same(text: str) -> None:
    query = parse(text)
    assert parse(str(query)) == query


@given(st.text(max_size=40))
def test_folding_again_changes_nothing(text: str) -> None:
    once = tokens(text)
    assert tokens(" ".join(once)) == once


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("", Query()),
        ("  ", Query()),
        ("fox ", Query((Term(("fox",)),))),
        ("fox", Query((Term(("fox",), is_open=True),))),
        ("a", Query((Term(("a",)),))),
        ("two words ", Query((Term(("two",)), Term(("words",))))),
        ('"two words"', Query((Term(("two", "words")),))),
        ('"two wor', Query((Term(("two", "wor"), is_open=True),))),
        ("-no yes ", Query((Term(("yes",)),), (Term(("no",)),))),
        ('-"not this" ', Query(without=(Term(("not", "this")),))),
        ("model:GPT x ", Query((Term(("x",)),), model="gpt")),
        ('Tag:"My Tag"', Query(tag="my tag")),
        ("before:2026-05", Query(before=date(2026, 5, 1))),
        ("after:2026", Query(after=date(2026, 1, 1))),
        ("after:2026-02-30 ", Query((Term(("after", "2026", "02", "30")),))),
        ("is:pinned is:archived", Query(states=frozenset({"pinned", "archived"}))),
        ("is:nice ", Query((Term(("is", "nice")),))),
        ("e-mail ", Query((Term(("e", "mail")),))),
        ("東京 ", Query((Term(("東", "京")),))),
    ],
)
def test_what_it_says(text: str, query: Query) -> None:
    assert parse(text) == query


async def test_a_very_long_text_is_kept_within_what_an_index_takes() -> None:
    assert len((await document("𠀀" * 1_000_000, Turns())).encode()) <= LONGEST_DOCUMENT + 2
    assert await document("a" * 25_000, Turns()) == f" {'a' * 60} "
    assert await document("Wo" + "rd" * 20 + " x" * 20_000, Turns()) == f" wo{'rd' * 20}{' x' * 20_000} "
    assert await document("?!", Turns()) == ""
