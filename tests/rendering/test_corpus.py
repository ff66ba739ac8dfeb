"""Texts in many languages and of many kinds, each with the HTML that is right for it.

A file of the corpus holds cases: `▶` and a name, the text, `◀`, and the HTML, in which a formula is its source in
`<math>` and code has no bar. `␍` is a carriage return at the end of a line. To write the HTML again after a change that
is meant: `python -m tests.rendering.test_corpus`; then review the diff.
"""

import html as entities
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rendering.reading import tidy
from webapp.rendering.markdown import render
from webapp.rendering.safety import ALLOWED
from webapp.rendering.stream import Block, BlockStream

FOLDER = Path(__file__).parent / "corpus"
_CASE = re.compile(r"▶ (?P<name>.*)\n(?P<text>(?s:.*?))\n◀\n(?P<html>(?s:.*?))\n(?=▶|\Z)")


class Case(NamedTuple):
    name: str
    text: str
    html: str


def cases_of(path: Path) -> list[Case]:
    found = _CASE.finditer(path.read_text())
    return [
        Case(f"{path.stem}: {case['name']}", case["text"].replace("␍\n", "\r\n"), case["html"].strip())
        for case in found
    ]


CASES = [case for path in sorted(FOLDER.glob("*.txt")) for case in cases_of(path)]
LANGUAGES = """arabic chinese dutch english french german hebrew hindi italian japanese korean polish portuguese russian
    spanish thai turkish vietnamese"""
each = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def brief(html: str) -> str:
    """HTML as the corpus has it."""
    html = re.sub(r'(?s)<math([^>]*?) alttext="([^"]*)"[^>]*>.*?</math>', r"<math>\2</math>", html)
    html = re.sub(r'<div class="code__bar">.*?</div>', "", html)
    html = re.sub(r' (?:tabindex="0"|role="group"|target="_blank"|rel="noopener nofollow")', "", html)
    return html.strip()


@cache
def in_pieces(text: str, cuts: tuple[int, ...]) -> str:
    """The HTML of a text that came in pieces; what was settled once has stayed."""
    stream = BlockStream()
    settled: tuple[Block, ...] = ()
    for begin, end in pairwise((0, *cuts, len(text))):
        stream.append(text[begin:end])
        blocks = tuple(stream.blocks())
        assert blocks[: len(settled)] == settled
        settled = blocks
    stream.finish()
    assert tuple(stream.blocks())[: len(settled)] == settled
    return "".join(block.html for block in stream.blocks())


def test_the_corpus_is_large() -> None:
    assert len(CASES) >= 200
    assert {path.stem for path in FOLDER.glob("*.txt")} >= set(LANGUAGES.split())


@each
def test_a_text_is_shown_as_it_is_meant(case: Case) -> None:
    assert brief(render(case.text)) == case.html


@each
def test_a_text_in_two_pieces_is_the_text(case: Case) -> None:
    whole = in_pieces(case.text, ())
    assert {in_pieces(case.text, (cut,)) for cut in range(1, len(case.text))} <= {whole}
    if "[^" not in case.text:  # the numbers of footnotes have their links in the finished text alone
        assert tidy(whole) == tidy(render(case.text))


@each
def test_a_text_in_characters_is_the_text(case: Case) -> None:
    stream = BlockStream()
    for character in case.text:
        stream.append(character)
        assert "\ufffd" not in stream.tail.html
    stream.finish()
    assert "".join(block.html for block in stream.blocks()) == in_pieces(case.text, ())


@settings(deadline=None, max_examples=200, derandomize=True)
@given(st.sampled_from(CASES), st.sets(st.integers(1, 400), max_size=8))
def test_a_text_in_any_pieces_is_the_text(case: Case, cuts: set[int]) -> None:
    assert in_pieces(case.text, tuple(sorted(cut for cut in cuts if cut < len(case.text)))) == in_pieces(case.text, ())


class _Nesting(HTMLParser):
    """Holds that every element is allowed, and closed where it was opened."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert tag in ALLOWED
        if tag not in {"br", "hr", "input"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@each
def test_elements_are_allowed_and_nested(case: Case) -> None:
    reader = _Nesting()
    reader.feed(render(case.text))
    reader.close()
    assert reader.open == []


def letters(text: str) -> str:
    """The letters and digits of a text, but for those that only marks have."""
    return "".join(filter(str.isalnum, entities.unescape(text)))


@each
def test_no_word_is_lost(case: Case) -> None:
    shown = letters(re.sub(r"<[^>]*>", " ", re.sub(r"</?(?:a|math)\b[^>]*>", "", brief(render(case.text)))))
    for word in re.findall(
        r"\w{2,}", re.sub(r"\]\([^)]*\)|`{3,}\w*|~{3,}\w*|&\w+;|\[!\w+\]|\[x\]|</?\w+/?>", " ", case.text)
    ):
        assert letters(word.strip("_")) in shown, word


@each
def test_code_is_its_source(case: Case) -> None:
    for code in re.findall(r"(?s)<pre[^>]*><code[^>]*>(.*?)</code>", render(case.text)):
        lines = entities.unescape(re.sub(r"<[^>]*>", "", code)).split("\n")
        assert all(line in case.text for line in lines)


def _write() -> None:
    for path in sorted(FOLDER.glob("*.txt")):
        blocks = [(case["name"], case["text"]) for case in _CASE.finditer(path.read_text())]
        shown = [
            f"▶ {name}\n{text}\n◀\n{brief(render(text.replace('␍' + chr(10), chr(13) + chr(10))))}\n"
            for name, text in blocks
        ]
        path.write_text("\n".join(shown))


if __name__ == "__main__":
    _write()
