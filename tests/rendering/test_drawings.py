"""Trees of files and boxes that are drawn outside of code keep their lines and their spaces."""

import re

import pytest

from tests.fakes.doubling import is_linear
from tests.rendering.reading import tags
from webapp.rendering.drawings import spaced
from webapp.rendering.markdown import render
from webapp.rendering.stream import BlockStream

TREE = "project/\n├── src/\n│   ├── main.py\n│   └── util/\n│       └── a.py\n└── docs/\n    └── index.md"
ASCII = ".\n|-- src\n|   |-- main.c\n|   `-- util.c\n`-- Makefile"
BOXES = "┌─────┐    ┌───┐\n│ a   │───▶│ b │\n└─────┘    └───┘"


def drawn(html: str) -> str:
    """The text of the paragraph that is a drawing, with its lines."""
    [paragraph] = re.findall(r'(?s)<p class="drawing">(.*?)</p>', html)
    return re.sub(r"<br>\n", "\n", paragraph).replace("&nbsp;", " ").replace("&gt;", ">")


@pytest.mark.parametrize("text", [TREE, ASCII, BOXES])
@pytest.mark.parametrize("margin", ["", "> ", "   "])
def test_a_drawing_keeps_its_lines_and_spaces(text: str, margin: str) -> None:
    above = "1. item\n\n" if margin == "   " else ""
    source = above + "\n".join(margin + line for line in text.split("\n"))
    assert drawn(render(source)) == text
    stream = BlockStream()
    for character in source:
        stream.append(character)
    stream.finish()
    assert drawn("".join(block.html for block in stream.blocks())) == text


@pytest.mark.parametrize("text", [TREE, ASCII, BOXES])
@pytest.mark.parametrize("around", ["```\n{}\n```", "- a\n\n  ```\n  {}\n  ```", "{}"])
def test_a_drawing_in_code_stays_code(text: str, around: str) -> None:
    html = render(_within(around, text))
    assert "drawing" not in html
    assert "&nbsp;" not in html
    assert text in html.replace("&gt;", ">")


def _within(around: str, text: str) -> str:
    margin = "    " if around == "{}" else "  " if around[0] == "-" else ""
    return around.replace("  {}" if margin == "  " else "{}", "\n".join(margin + line for line in text.split("\n")))


def test_marks_within_a_drawing_are_marks() -> None:
    html = render("├── **src**   # `a`\n│   └── b")
    assert "├── <strong>src</strong>" in html
    assert "<code>a</code>" in html


def test_a_single_line_is_no_drawing() -> None:
    assert [tag.attributes for tag in tags(render("a ─ b   c\nd"))][:1] == [{}]


@pytest.mark.parametrize(
    "piece",
    [" ", "├ \n", "|-- a\n", " \n├", "> ├\n", "│    ", "|", "|-", "+--", "+---+", "+---", "+---+\n", "\\--- a\n"],
)
def test_the_time_grows_with_the_text_and_no_faster(piece: str) -> None:
    assert is_linear(lambda length: spaced(f"├── a\n{piece * (length // len(piece))}"), 20_000)
