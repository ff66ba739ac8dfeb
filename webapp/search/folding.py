"""Words as search compares them: without capitals, accents and marks; in scripts that set no spaces, letter by letter.

We cut and fold, and no database does: so both find the same, whatever their versions know of scripts.
"""

import re
from typing import Final
from unicodedata import category, normalize

from webapp.background import Turns

LONGEST_TOKEN: Final = 60  # characters; what is longer is cut, here and in queries
STEP: Final = 10_000  # characters that are folded in one go
LONGEST_DOCUMENT: Final = 500_000  # bytes: Postgres takes no vector of words beyond a megabyte

# Thai and Lao; Myanmar; Khmer; Japanese and Chinese.
UNSPACED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\U00020000-\U0003ffff"
)
_RANGES: Final = [(UNSPACED[at], UNSPACED[at + 2]) for at in range(0, len(UNSPACED), 3)]
_ACCENTS: Final = re.compile("[\u0300-\u036f\ufe00-\ufe0f]")  # and the selectors of a sign's variants


def tokens(text: str) -> list[str]:
    """The words of a text, folded, in their order."""
    return [word[:LONGEST_TOKEN] for word in text.translate(_FOLDED).split()]


async def document(text: str, turns: Turns) -> str:
    """The words of a text between spaces, as they are kept; of a very long one the beginning. By turns with others."""
    folded = []
    for at in range(0, min(len(text), LONGEST_DOCUMENT), STEP):
        folded.append(text[at : min(at + STEP, LONGEST_DOCUMENT)].translate(_FOLDED))
        await turns.pass_on()
    words = " ".join([word[:LONGEST_TOKEN] for word in "".join(folded).split()])
    await turns.pass_on()
    if len(words) * 4 > LONGEST_DOCUMENT and len(words.encode()) > LONGEST_DOCUMENT:
        words = words.encode()[:LONGEST_DOCUMENT].decode(errors="ignore").rpartition(" ")[0]
    return f" {words} " if words else ""


def is_unspaced(character: str) -> bool:
    """Whether it is of a script that sets no spaces between words: each letter counts as one."""
    return any(first <= character <= last for first, last in _RANGES)


def fold(character: str) -> str:
    """A letter as it is compared; "" for an accent, " " for what is no part of a word."""
    if _ACCENTS.match(character):
        return ""
    if category(character)[0] not in "LMN":
        return " "
    folded = normalize("NFKD", character.casefold())
    bare = normalize("NFC", _ACCENTS.sub("", folded)).casefold()
    return "".join(one if category(one)[0] in "LMN" else " " for one in bare)


class _Folded(dict[int, str]):
    """What `str.translate` goes by: each letter is looked up in Unicode's tables once."""

    def __missing__(self, code: int) -> str:
        folded = fold(chr(code))
        self[code] = f" {folded} " if is_unspaced(chr(code)) else folded
        return self[code]


_FOLDED: Final = _Folded()
