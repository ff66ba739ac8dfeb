"""Half-written Markdown is shown as what it is about to be."""

import re

import pytest
from hypothesis import given, settings

from tests.rendering.reading import words
from tests.rendering.samples import DOCUMENT, FOOTNOTES, any_markdown
from webapp.rendering.stream import BlockStream
from webapp.rendering.unfinished import complete_tail


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("a **bold", "a **bold**"),
        ("a **bold ", "a **bold**"),
        ("a **bold*", "a **bold**"),
        ("a **", "a "),
        ("a *", "a "),
        ("*a **b", "*a **b***"),
        ("***a", "***a***"),
        ("**a** *b", "**a** *b*"),
        ("~~gone~", "~~gone~~"),
        ("_a", "_a_"),
        ("2*3", "2*3"),
        ("2 * 3", "2 * 3"),
        ("snake_case", "snake_case"),
        ("about ~5", "about ~5"),
        ("a `code", "a `code`"),
        ("a ``co`de`", "a ``co`de``"),
        ("a `", "a "),
        ("**a `b*", "**a `b*`**"),
        ("`a` *b*", "`a` *b*"),
        ("\\*a", "\\*a"),
        ("a\\", "a"),
        ("a [link", "a link"),
        ("a [", "a "),
        ("a [link]", "a link"),
        ("a [link](", "a link"),
        ("a [link](http://exam", "a link"),
        ('a [link](http://x "tit', "a link"),
        ("a [link](http://x_(y)", "a link"),
        ("a [link](http://x)", "a [link](http://x)"),
        ("a [**link](http", "a **link**"),
        ("a [b] (c", "a [b] (c"),
        ("a [b](is no address", "a [b](is no address"),
        ("a ![cat](http", "a cat"),
        ("a[0", "a[0"),
        ("a[^1", "a"),
        ("_a [^**b", "_a_"),
        ("a[^1]", "a[^1]"),
        ("<http://exam", "http://exam"),
        ("a **b\n", "a **b**"),
        ("a **b\n\nc", "a **b\n\nc"),
        ("- **a\n- b", "- **a\n- b"),
    ],
)
def test_inline_markup(text: str, completed: str) -> None:
    assert complete_tail(text) == completed


@pytest.mark.parametrize(
    "marker",
    [
        "-",
        "- ",
        "*",
        "**",
        "1.",
        "12",
        "##",
        "# ",
        "```",
        "```py",
        "~~~js x",
        "=",
        "--",
        "---",
        ">",
        "> - ",
        "- [",
        "- [x]",
        "|",
        "|--",
        "[^1]:",
    ],
)
def test_half_a_marker_is_left_out(marker: str) -> None:
    assert complete_tail(f"a\n{marker}") == "a\n"


def test_a_number_alone_is_an_answer() -> None:
    assert complete_tail("42") == "42"


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("| a | b", "| a | b\n|---|---|\n"),
        ("| a | b |\n", "| a | b |\n|---|---|\n"),
        ("| a | b |\n|--", "| a | b |\n|---|---|\n"),
        ("| a | **b", "| a | **b**\n|---|---|\n"),
        ("  | a \\| b |", "  | a \\| b |\n  |---|\n"),
        ("|a|\n|-|\n| **b", "|a|\n|-|\n| **b**"),
        ("|a|\n|-|\n|", "|a|\n|-|\n"),
        ("a | b\n--- | ---\n| c", "a | b\n--- | ---\n| c"),
    ],
)
def test_the_head_of_a_table_is_a_table(text: str, completed: str) -> None:
    assert complete_tail(text) == completed


@pytest.mark.parametrize(
    ("text", "completed"),
    [
        ("- ```\n  **a", "- ```\n  **a"),
        ("- ```\n  a\n  ``", "- ```\n  a\n"),
        ("- ```\n  a\n  ```\n  **b", "- ```\n  a\n  ```\n  **b**"),
    ],
)
def test_code_is_left_alone(text: str, completed: str) -> None:
    assert complete_tail(text) == completed


@pytest.mark.parametrize(
    "text", ["", "\n", "a b", "**a** `b` [c](http://d) ![e](http://f)", "a[^1] & b\\\n*c*", "| a |\n|---|\n| b |"]
)
def test_what_is_complete_comes_back(text: str) -> None:
    assert complete_tail(text) == text


@pytest.mark.parametrize(
    "piece", ["`", "*", "[", "[a](", "**a", "| ", "> ", "- ", "```\n", "[^", "<http:", "\\", "a`b ``c "]
)
def test_ten_thousand_of_anything_can_be_completed(piece: str) -> None:
    assert len(complete_tail(piece * 10_000)) <= len(piece) * 10_000 + 60_000


@settings(deadline=None, max_examples=300, derandomize=True)
@given(any_markdown)
def test_any_text_can_be_completed(text: str) -> None:
    rest = iter(_without_marks(text))
    assert all(character in rest for character in _without_marks(complete_tail(text))), "only marks are ever added"


def _without_marks(text: str) -> str:
    return re.sub(r"[*_~`|\-\s]", "", text)


def test_nothing_that_was_seen_goes_away_again() -> None:
    stream, cursor, settled, before = BlockStream(), 0, "", ""
    for character in DOCUMENT + FOOTNOTES:
        stream.append(character)
        for block in stream.blocks(cursor):
            settled, cursor = settled + words(block.html), block.end
        now = settled + words(stream.tail.html)
        assert now.startswith(before), now[len(before) - 20 :]
        before = now
