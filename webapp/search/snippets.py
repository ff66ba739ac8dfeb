"""The part of a text in which something was found, with what was found marked; pieces for a template to escape."""

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise, zip_longest
from typing import Final, NamedTuple

from webapp.background import Turns
from webapp.search.folding import UNSPACED, fold, is_unspaced
from webapp.search.query import Term

BEFORE: Final = 60  # characters shown before the first thing that was found
LENGTH: Final = 240
WINDOW: Final = 5_000  # characters that are looked through in one go
OVERLAP: Final = 600  # of two windows: more than a query has

_SIGN: Final = re.compile(r"\S")
_ACCENT: Final = "\u0300"
_EDGE: Final = f"[^ {UNSPACED}]"


class Piece(NamedTuple):
    text: str
    is_found: bool


async def place(text: str, terms: Sequence[Term], turns: Turns) -> int:
    """Where the first of `terms` is in `text`; 0 where there is none. By turns with others."""
    pattern = _pattern(tuple(terms))
    if pattern is None:
        return 0
    for begin in range(0, len(text), WINDOW):
        window = text[max(begin - 1, 0) : begin + WINDOW + OVERLAP]  # what stands before it may be part of its word
        if first := pattern.search(window.translate(_ALIKE), min(begin, 1)):
            return max(begin - 1, 0) + first.start()
        await turns.pass_on()
    return 0


def snippet(text: str, terms: Sequence[Term], first: int, length: int = LENGTH) -> tuple[Piece, ...]:
    """The pieces of `text` around the `first` of `terms`, which `place` has found."""
    pattern = _pattern(tuple(terms))
    begin = _word_start(text, first - BEFORE) if first > BEFORE else 0
    end = _word_end(text, begin + length)
    shown = text[begin:end]
    pieces = _marked(shown, pattern)
    leading, trailing = begin > 0, _SIGN.search(text, end) is not None
    return (*([Piece("… ", False)] * leading), *pieces, *([Piece(" …", False)] * trailing))


def _marked(text: str, pattern: re.Pattern[str] | None) -> list[Piece]:
    pieces: list[Piece] = []
    at = 0
    for found in pattern.finditer(text.translate(_ALIKE)) if pattern else ():
        pieces += [Piece(text[at : found.start()], False), Piece(text[found.start() : found.end()], True)]
        at = found.end()
    pieces.append(Piece(text[at:], False))
    return [piece for text, is_found in pieces if (piece := Piece(_flat(text), is_found)).text]


def _flat(text: str) -> str:
    """On one line, and without the signs of Markdown that say nothing there."""
    return re.sub(r"\s+", " ", re.sub(r"[*`#]+|^[ \t]*[>|-]+", "", text, flags=re.MULTILINE))


def _word_start(text: str, at: int) -> int:
    space = re.compile(r"\s").search(text, at, at + BEFORE // 2)
    return space.end() if space else at


def _word_end(text: str, at: int) -> int:
    if at >= len(text):
        return len(text)
    space = max(text.rfind(one, at - BEFORE // 2, at) for one in " \n")
    return space if space > 0 else at


@lru_cache(maxsize=64)
def _pattern(terms: tuple[Term, ...]) -> re.Pattern[str] | None:
    """Finds the terms in a text whose letters are folded one by one."""
    return re.compile("|".join(map(_expression, terms))) if terms else None


def _expression(term: Term) -> str:
    first, last = term.words[0][0], term.words[-1][-1]
    begin = "" if is_unspaced(first) else f"(?<!{_EDGE})"
    end = "" if term.is_open or is_unspaced(last) else f"(?!{_EDGE})"
    words = [_word(one) for one in term.words]
    gaps = [" *" if is_unspaced(one[-1]) or is_unspaced(other[0]) else " +" for one, other in pairwise(term.words)]
    return begin + "".join(part for pair in zip_longest(words, gaps, fillvalue="") for part in pair) + end


def _word(word: str) -> str:
    """Accents may stand behind each letter; a sharp s is one letter there, and two here."""
    return "".join(map(_letter, word)).replace(_letter("s") * 2, f"{_letter('s')}(?:{_letter('s')})?")


def _letter(character: str) -> str:
    return re.escape(character) + f"{_ACCENT}*"


class _Alike(dict[int, str]):
    """One letter for one letter, so that places stay what they are."""

    def __missing__(self, code: int) -> str:
        folded = fold(chr(code)) or _ACCENT
        self[code] = folded if len(folded) == 1 else folded[0]
        return self[code]


_ALIKE: Final = _Alike()
