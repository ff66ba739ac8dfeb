"""What would take the renderer long, or down, is shown as plain text: quickly, whole, and safely."""

import html
import re
import time
from collections.abc import Callable
from functools import cache

import pytest

from tests.fakes.hostile.shapes import NAMED, Shape, code
from tests.rendering.samples import DOCUMENT
from webapp.rendering.markdown import MAX_PLAIN, as_it_is, render
from webapp.rendering.paced import PacedStream
from webapp.rendering.stream import BlockStream
from webapp.rendering.unfinished import complete_tail
from webapp.rendering.weight import SMALL, is_heavy, is_small, weight

HEAVY = {
    "addresses": "a@b.c " * 30_000,
    "a wide table": "|x" * 1_000 + "\n" + "|-" * 1_000 + "\n" + "|x\n" * 600,
    "a wider table": "|x" * 10_000 + "\n" + "|-" * 10_000 + "\n" + "|x\n" * 600,
    "pipes alone": "|" * 40_000,
    "breaks in pipes": "|<br " * 40_000,
    "no-break spaces": "\u00a0" * 300_000 + "x",
    "formulas without an end": "\\(x " * 30_000,
    "far too long": "word " * 450_000,
}


def words(markup: str) -> str:
    return "".join(html.unescape(re.sub(r"<[^>]*>", "", markup)).split())


@pytest.mark.parametrize("text", ["\n" * 900_000, "&" * 1_000_000, "word\n" * 100 + "<" * 1_000_000])
def test_of_a_plain_text_no_more_is_made_than_a_page_can_hold(text: str) -> None:
    shown = as_it_is(text)
    assert MAX_PLAIN * 0.9 < len(shown) < MAX_PLAIN + 200
    assert "characters are too much for this page" in shown
    assert shown.startswith(as_it_is(text[:500]).removesuffix("</p>\n"))


def test_the_longest_answer_of_words_is_shown_whole() -> None:
    assert "too much for this page" not in as_it_is("word " * 399_000 + "\n" * 5_000)


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


# How much longer than an ordinary text of the same weight a small one may take. Measured: five times, at most.
SLOWER = 15
SHAPES = {**NAMED, **dict(code())}


def longest(shape: Shape, most: int) -> str:
    """The longest text of a shape that is small."""
    length = most
    while not is_small(text := shape(length), most):
        length = length * 3 // 4
    return text


def seconds(work: Callable[[], object]) -> float:
    """Of processor time, the least of some tries: what else the machine does adds to a try, and takes nothing off."""
    tries = []
    for _ in range(3):
        began = time.process_time()
        work()
        tries.append(time.process_time() - began)
    return min(tries)


def ordinary() -> float:
    """What an ordinary text takes now that has everything, of the weight of a small one."""
    return seconds(lambda: render(longest(lambda length: (DOCUMENT * 20)[:length], SMALL)))


USUAL = cache(ordinary)


def is_quick(took: Callable[[], float]) -> bool:
    """Whether it takes no more than SLOWER times as much as an ordinary text. Where it seems to, both are measured."""
    return took() <= SLOWER * USUAL() or any(took() <= SLOWER * ordinary() for _ in range(3))


def longest_step(text: str) -> float:
    """What the slowest step takes of a text that comes at once."""
    stream, slowest = PacedStream(text), 0.0
    while stream.is_behind:
        began = time.process_time()
        stream.step()
        _ = stream.blocks(), stream.tail.html
        slowest = max(slowest, time.process_time() - began)
    return slowest


@pytest.mark.parametrize("name", SHAPES)
def test_a_small_text_is_quick_whatever_is_in_it(name: str) -> None:
    text = longest(SHAPES[name], SMALL)
    assert is_quick(lambda: seconds(lambda: render(text)))


@pytest.mark.parametrize("name", NAMED)
def test_a_step_of_a_text_that_comes_at_once_is_quick_whatever_is_in_it(name: str) -> None:
    text = NAMED[name](60_000)
    assert is_quick(lambda: longest_step(text))


def test_ordinary_texts_weigh_little_more_than_their_length() -> None:
    assert weight("A paragraph of words, and so on.\n\n" * 100) < 1.5 * 3_400
    assert weight(DOCUMENT) < 4 * len(DOCUMENT)
