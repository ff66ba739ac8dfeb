"""What would take the renderer long, or down, is shown as plain text: quickly, whole, and safely."""

import html
import re

import pytest

from webapp.rendering.markdown import render
from webapp.rendering.stream import BlockStream
from webapp.rendering.unfinished import complete_tail
from webapp.rendering.weight import is_heavy

HEAVY = {
    "addresses": "a@b.c " * 30_000,
    "a wide table": "|x" * 1_000 + "\n" + "|-" * 1_000 + "\n" + "|x\n" * 600,
    "a wider table": "|x" * 10_000 + "\n" + "|-" * 10_000 + "\n" + "|x\n" * 600,
    "pipes alone": "|" * 40_000,
    "breaks in pipes": "|<br " * 40_000,
    "no-break spaces": "\u00a0" * 300_000 + "x",
    "formulas without an end": "\\(x " * 30_000,
    "far too long": "word " * 500_000,
}


def words(markup: str) -> str:
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_text_is_shown_whole_and_plain(name: str) -> None:
    text = HEAVY[name] + " <script>x</script> & so on"
    assert is_heavy(text)
    shown = render(text)
    assert words(shown) == "".join(text.split())
    assert "<script" not in shown
    assert "<table" not in shown


@pytest.mark.parametrize("name", HEAVY)
def test_a_heavy_text_can_grow(name: str) -> None:
    stream = BlockStream()
    step = len(HEAVY[name]) // 4 + 1
    for at in range(0, len(HEAVY[name]), step):
        stream.append(HEAVY[name][at : at + step])
        stream.blocks()
        assert len(stream.tail.html) < 20 * len(HEAVY[name])
    shown = "".join(block.html for block in stream.blocks()) + stream.tail.html
    assert "<script" not in shown
    assert len(complete_tail(HEAVY[name])) < 2 * len(HEAVY[name])


def test_what_people_read_is_not_heavy() -> None:
    table = "| a | b | c | d |\n|---|---|---|---|\n" + "| 1 | 2 | 3 | 4 |\n" * 1_000
    assert not is_heavy(table)
    assert not is_heavy("me@example.org " * 500)
    assert not is_heavy("A paragraph of words.\n\n" * 10_000)
