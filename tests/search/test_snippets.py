"""What is shown of a text in which something was found."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.apart import apart
from tests.fakes.turns import longest_share
from webapp.background import Turns
from webapp.search.query import parse
from webapp.search.snippets import OVERLAP, WINDOW, Piece, place, snippet


def marked(text: str, query: str) -> str:
    return "".join(f"[{piece.text}]" if piece.is_found else piece.text for piece in shown_of(text, query))


def shown_of(text: str, query: str) -> tuple[Piece, ...]:
    terms = parse(query).terms
    return snippet(text, terms, apart(place(text, terms, Turns())))


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


@pytest.mark.parametrize(
    "before", [0, 1, WINDOW - 6, WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW - 5, 3 * WINDOW + OVERLAP]
)
def test_what_is_found_far_down_is_found_as_in_one_look(before: int) -> None:
    text = ("x " * before)[:before] + " here it is " + "x " * WINDOW
    assert apart(place(text, parse('"here it"').terms, Turns())) == text.index("here")
    assert apart(place(text.replace(" here", "xhere"), parse("here ").terms, Turns())) == 0


async def test_others_have_their_turn_while_a_long_text_is_looked_through() -> None:
    text, terms = "alpha beta " * 50_000, parse(" ".join(f'"alpha beta {n}"' for n in range(12))).terms
    assert await longest_share(lambda: place(text, terms, Turns())) < 0.2


@given(st.text(max_size=600), st.text(max_size=20))
def test_any_text_has_a_snippet_for_any_query(text: str, query: str) -> None:
    pieces = shown_of(text, query)
    assert sum(len(piece.text) for piece in pieces) <= 260
    assert all(isinstance(piece, Piece) and piece.text for piece in pieces)
