"""Each regular expression of the app takes no more than twice the time for twice the text, whatever the text.

A new one is found here by itself: in the code, and in the tables that modules hold. One whose expression is made in a
function out of what comes in is named in ``MADE``, with what it is made of.
"""

import re
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Final

import pytest

import webapp
from tests.fakes.doubling import is_linear
from tests.fakes.patterns import FROM_THE_START, METHODS, Known, attacks, found, modules

SHORT: Final = 2_000  # characters: what takes longer for so many than QUICK is looked at with more
QUICK: Final = 0.0015  # seconds
LONG: Final = 6_000

# Calls that make their expression where they are called.
MADE: Final = {
    "webapp.conversations.thoughts": "tags of a table; those that it makes are in _CLOSING, and so looked at",
    "webapp.documents.imports.scanning": "a mark as it stands, and the end of its line",
    "webapp.rendering.fences": "a fence's mark, and the container before it, which MAX_DEPTH bounds",
    "webapp.rendering.languages.grammar": "grammars; all are in tables, and test_highlight.py measures them",
    "webapp.rendering.maths": "what may stand in an attribute of MathML: constants, all in tables",
    "webapp.rendering.safety": "what may stand in an attribute of HTML: constants, all in tables",
    "webapp.rendering.tex": "the name of a command, as it stands",
    "webapp.rendering.unfinished": "a mark as it stands",
    "webapp.search.snippets": "the words of a query; test_snippets.py lets others have their turn",
}
# Expressions that only see what an operator or the app itself wrote, or what is short.
TRUSTED: Final = {
    "webapp.db.": "addresses of databases and dumps that the operator has made",
    "webapp.config": "settings",
    "webapp.commands.": "what an operator types",
    "webapp.operations.lockfiles": "the app's own lock files",
    "webapp.rendering.languages.": "measured with more pieces by test_highlight.py",
}
# As they are; each is at most so long where it is used.
BOUNDED: Final = {
    "webapp.web.assets._CSS_COMMENT": "the app's own style sheets",
    "webapp.rendering.drawings._OF_LINES": "comrak's HTML, in which <p> stands once on a line",
    "webapp.rendering.formulas._FENCED_AS_TEXT": "marks of the app's own: a text has none, and each has its end",
    "webapp.rendering.fragments._SENTINEL_ITEM": "comrak's HTML, in which each tag has its end",
    "webapp.rendering.growing.LINE": "text up to the end of a line, so that no line of it is without an end",
    "webapp.rendering.markdown._HEADING": "comrak's HTML, in which each heading has its end",
    "webapp.rendering.markup._TAG": "comrak's HTML, in which each tag has its end",
    "webapp.rendering.safety._VALUES": "fullmatch alone, of one attribute",
    "webapp.rendering.tags._PART": "comrak's HTML, in which each tag has its end",
    "webapp.rendering.tags._RAW_HTML": "comrak's HTML, in which each tag has its end",
    "webapp.rendering.unfinished._HALF_FENCE": "fullmatch alone, of as much of a line as a marker can have",
    "webapp.rendering.unfinished._HALF_MARKER": "fullmatch alone, of as much of a line as a marker can have",
}
# LIKE and GLOB go back as well. What they are given has no wildcards but those that stand here.
LIKES: Final = {"webapp/search/store.py": "words that were folded, which have no signs, with one % before and behind"}


@cache
def expressions() -> tuple[list[Known], list[str]]:
    known, unknown = found()
    untrusted = [one for one in known if not one.place.startswith(tuple(TRUSTED))]
    return untrusted, [one.module for one in unknown]


def look(pattern: re.Pattern[str], methods: frozenset[str], text: str) -> None:
    if "match" in methods:
        pattern.match(text)
    if "fullmatch" in methods:
        pattern.fullmatch(text)
    if methods - FROM_THE_START:
        for _ in pattern.finditer(text):
            pass


def test_there_are_expressions_to_look_at() -> None:
    known, _ = expressions()
    assert len(known) > 150
    assert len({one.place for one in known}) > 150
    assert {"match", "fullmatch", "sub"} <= METHODS


def test_each_expression_that_is_made_elsewhere_is_named() -> None:
    _, made = expressions()
    assert set(made) == set(MADE)


@pytest.mark.parametrize("start", range(8))
def test_time_grows_with_the_text_and_no_faster(start: int) -> None:
    known, _ = expressions()
    untold = [one for one in known[start::8] if one.place not in BOUNDED]
    slow = {one.place: attack for one in untold if (attack := slow_attack(one))}
    assert slow == {}


def slow_attack(one: Known) -> str:
    """The first on which it is slow; "" if there is none."""
    found = (attack for attack in attacks(one.pattern) if is_slow(one, *attack))
    return f"{one.pattern.pattern[:80]!r} of {attack!r}" if (attack := next(found, None)) else ""


def is_slow(one: Known, prefix: str, body: str, end: str) -> bool:
    """Whether it takes long, and longer still for more of it."""

    def work(length: int) -> None:
        look(one.pattern, one.methods, prefix + body * max(1, length // len(body)) + end)

    return seconds(work) > QUICK and not is_linear(work, LONG)


def seconds(work: Callable[[int], None]) -> float:
    began = time.process_time()
    work(SHORT)
    return time.process_time() - began


def test_every_like_is_named() -> None:
    root = Path(webapp.__path__[0])
    told = {
        f"webapp/{path.relative_to(root)}"
        for path in root.rglob("*.py")
        if "standin" not in path.parts and re.search(r"\bLIKE\b|\bGLOB\b|\.i?like\(|\.regexp_match\(", path.read_text())
    }
    assert told == set(LIKES)


def test_what_is_left_out_is_there() -> None:
    names = [module.__name__ for module in modules()]
    assert all(any(name.startswith(one.rstrip(".")) for name in names) for one in TRUSTED)
    assert BOUNDED.keys() <= {one.place for one in expressions()[0]}
