"""Strings on which a regular expression may take the square of their length, made of what the expression itself has."""

import random
import re
import re._constants as kinds  # type: ignore[import-not-found]  # what `re` itself reads expressions with
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from itertools import permutations, product
from typing import Any, Final, NamedTuple

MOST: Final = 600  # attacks on one expression

_OF: Final = {
    kinds.CATEGORY_DIGIT: "7", kinds.CATEGORY_SPACE: " ", kinds.CATEGORY_WORD: "a", kinds.CATEGORY_NOT_DIGIT: "a",
    kinds.CATEGORY_NOT_SPACE: "a", kinds.CATEGORY_NOT_WORD: "!",
}  # fmt: skip
_REPEATS: Final = (kinds.MAX_REPEAT, kinds.MIN_REPEAT, kinds.POSSESSIVE_REPEAT)
_COMMON: Final = ' \n"a7<>\\'


class Attack(NamedTuple):
    """A beginning, and what is behind it again and again."""

    start: str
    piece: str

    def text(self, length: int) -> str:
        return self.start + self.piece * (length // len(self.piece))


def attacks(pattern: "re.Pattern[Any]") -> list[Attack]:
    """The same ones each time: of long ones a part, as there is no end of them."""
    every = list(dict.fromkeys(_attacks(_pieces(pattern))))
    single = [one for one in every if not one.start and len(one.piece) <= 2]
    rest = [one for one in every if one.start or len(one.piece) > 2]
    return [*single[:MOST], *random.Random(7).sample(rest, min(MOST, len(rest)))]


def _attacks(pieces: list[str]) -> Iterator[Attack]:
    letters = [one for one in pieces if len(one) == 1]
    yield from (Attack("", one) for one in pieces)
    yield from (Attack("", one + other) for one, other in permutations(letters, 2))
    for piece, letter in product(pieces, letters):
        yield Attack("", piece + letter)
        yield Attack(piece, letter)
        yield Attack(piece, letter + letters[0])


def _pieces(pattern: "re.Pattern[Any]") -> list[str]:
    """What the expression matches, at least in part: every beginning of an example, each alternative, each letter."""
    source = pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    found = list[str]()
    whole = _example(parser.parse(source, pattern.flags & ~re.UNICODE & ~re.LOCALE), found)
    starts = [whole[:end] for end in range(1, len(whole) + 1)]
    letters = dict.fromkeys("".join(found) + _COMMON)
    return list(dict.fromkeys([*letters, *filter(None, found), *starts]))


def _example(parts: Any, found: list[str]) -> str:
    """A text that such parts match, alternatives on the way into `found`."""
    text = ""
    for kind, value in parts:
        if kind is kinds.LITERAL:
            text += chr(value)
        elif kind in (kinds.ANY, kinds.NOT_LITERAL):
            text += "x"
        elif kind is kinds.IN:
            text += _letter(value, found)
        elif kind in _REPEATS:
            text += _example(value[2], found) * max(value[0], 1)
        elif kind is kinds.SUBPATTERN:
            text += _example(value[3], found)
        elif kind is kinds.BRANCH:
            ways = [_example(one, found) for one in value[1]]
            found += ways
            text += ways[0]
        elif kind in (kinds.ASSERT, kinds.ASSERT_NOT):
            found.append(_example(value[1], found))
        elif kind is kinds.GROUPREF:
            text += text[:1]
    found.append(text)
    return text


def _letter(choice: Any, found: list[str]) -> str:
    letters = [chr(value) for kind, value in choice if kind is kinds.LITERAL]
    letters += [chr(value[0]) for kind, value in choice if kind is kinds.RANGE]
    found += letters
    if choice[0][0] is kinds.NEGATE:
        return next(one for one in "axb " if one not in letters)
    return (letters or [_OF[value] for kind, value in choice if kind is kinds.CATEGORY])[0]
