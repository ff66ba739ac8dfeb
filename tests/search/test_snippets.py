"""What is shown of a text in which something was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.search.query import parse
from webapp.search.snippets import Piece, snippet


def marked(text: str, query: str) -> str:
    return "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in snippet(text, parse(query).terms))


@pytest.mark.parametrize(
    ("text", "query", "shown"),
    [
        ("A quick fox.", "fox ", "A quick [fox]."),
        ("A quick fox.", "qui", "A [qui]ck fox."),
        ("Foxes and a FOX", "fox ", "Foxes and a [FOX]"),
        ("Ein Café, une rue", "cafe ", "Ein [Café], une rue"),
        ("Cafe\u0301 noir", "café ", "[Cafe\u0301] noir"),
        ("Die Straße", "strasse ", "Die [Straße]"),
        ("Die Strasse", "straße ", "Die [Strasse]"),
        ("see e-mail", '"e mail"', "see [e-mail]"),
        ("東京タワーへ", "タワー ", "東京[タワー]へ"),
        ("one\n\n**two** `three`\n> four", "two ", "one [two] three four"),
        ("<b>fox</b>", "fox ", "<b>[fox]</b>"),
        ("nothing here", "fox ", "nothing here"),
        ("", "fox ", ""),
    ],
)
def test_what_was_found_is_marked(text: str, query: str, shown: str) -> None:
    assert marked(text, query) == shown


def test_of_a_long_text_the_part_around_it_is_shown() -> None:
    shown = marked("word " * 200 + "here it is" + " word" * 200, "here ")
    assert "[here]" in shown
    assert shown.startswith("… word")
    assert shown.endswith("word …")
    assert len(shown) < 300


@given(st.text(max_size=600), st.text(max_size=20))
def test_any_text_has_a_snippet_for_any_query(text: str, query: str) -> None:
    pieces = snippet(text, parse(query).terms)
    assert sum(len(piece.text) for piece in pieces) <= 260
    assert all(isinstance(piece, Piece) and piece.text for piece in pieces)
