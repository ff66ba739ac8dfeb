"""Grammars for colouring code: one regular expression a language, whose time grows with the text and no faster.

Code comes from models, so an expression that backtracks is a way to stop the process: of two alternatives that match
the same in a loop, forty in a row take a day. Here every loop is possessive, or bounded, or runs to an end that is sure
to come: what is opened and never closed ends with its line or with the text. So what a rule has looked at is behind it.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from msgspec import Struct

# What a part of code is to a reader, by the class that its span gets.
CLASSES: Final[Mapping[str, str]] = {
    "a": "attribute, decorator, directive",
    "c": "comment",
    "d": "deleted line",
    "e": "escape, or code inside of a string",
    "f": "function",
    "h": "heading",
    "i": "inserted line",
    "k": "keyword, tag",
    "n": "number, constant",
    "s": "string",
    "t": "type",
    "v": "variable",
}

Rule = tuple[str, str]  # class and expression; "" stays plain, "w" is a word to look up, "x" has a grammar of its own


class Grammar(Struct, frozen=True):
    """How to find the parts of one language; ``inner`` has the grammars of what stands inside, by the group's name."""

    pattern: re.Pattern[str]
    words: Mapping[str, str]
    folds_case: bool
    types_are_capital: bool
    inner: Mapping[str, "Grammar"]

    def parts(self, code: str) -> Iterator[tuple[str, str]]:
        """``code`` in pieces, each with its class or "": together they are exactly ``code``."""
        position = 0
        for found in self.pattern.finditer(code):
            if found.start() > position:
                yield "", code[position : found.start()]
            yield from self._of(found)
            position = found.end()
        yield "", code[position:]

    def _of(self, found: re.Match[str]) -> Iterator[tuple[str, str]]:
        group, text = found.lastgroup or "", found[0]
        match group[:1]:
            case "w":
                yield self._class_of(text, found), text
            case "x":
                yield from self.inner[group].parts(text)
            case "s":
                yield from _with_escapes(text)
            case name:
                yield name.replace("p", ""), text

    def _class_of(self, word: str, found: re.Match[str]) -> str:
        known = self.words.get(word.lower() if self.folds_case else word)
        if known is not None:
            return known
        if found.string.startswith("(", found.end()):
            return "f"
        is_type = self.types_are_capital and word[0].isupper() and (len(word) == 1 or not word.isupper())
        return "t" if is_type else ""


Row = tuple[str, str, Grammar | None]  # label, names, grammar

_ESCAPE: Final = re.compile(r"\\(?:u\{?[0-9A-Fa-f]{1,6}\}?|x[0-9A-Fa-f]{2}|[0-7]{1,3}|.)|[$#]\{[^{}\n]{1,200}\}")


def _with_escapes(text: str) -> Iterator[tuple[str, str]]:
    position = 0
    for found in _ESCAPE.finditer(text):
        yield "s", text[position : found.start()]
        yield "e", found[0]
        position = found.end()
    yield "s", text[position:]


def make(
    rules: Sequence[Rule],
    words: Mapping[str, str] | None = None,
    *,
    folds_case: bool = False,
    types_are_capital: bool = False,
    inner: Mapping[str, Grammar] | None = None,
) -> Grammar:
    """A grammar of ``rules``, of which the first that matches counts. ``words``: class to words, apart by spaces."""
    named = [
        f"(?P<{name if name[:1] == 'x' else f'{name or chr(112)}{number}'}>{expression})"
        for number, (name, expression) in enumerate(rules)
    ]
    flags = re.MULTILINE | (re.IGNORECASE if folds_case else re.NOFLAG)
    known = {word: name for name, row in (words or {}).items() for word in row.split()}
    return Grammar(re.compile("|".join(named), flags), known, folds_case, types_are_capital, inner or {})


def of_words(rules: list[Rule], keywords: str, types: str = "", *, folds_case: bool = False) -> Grammar:
    """A grammar without braces."""
    words = {"k": keywords, "t": types, "n": "true false nil none null True False None Nothing"}
    return make(rules, words, folds_case=folds_case, types_are_capital=not folds_case)


# Rules that many languages share.

SLASHES: Final[Rule] = ("c", r"//[^\n]*+")
HASH: Final[Rule] = ("c", r"\#[^\n]*+")
HASH_WORD: Final[Rule] = ("c", r"(?<![^\s;|&(])\#[^\n]*+")
DASHES: Final[Rule] = ("c", r"--[^\n]*+")
SEMICOLON: Final[Rule] = ("c", r";[^\n]*+")
PERCENT: Final[Rule] = ("c", r"%[^\n]*+")
STARS: Final[Rule] = ("c", r"/\*(?:[^*]|\*(?!/))*+(?:\*/)?+")
BRACES: Final[Rule] = ("c", r"\{-(?:[^-]|-(?!\}))*+(?:-\})?+")
PARENS: Final[Rule] = ("c", r"\(\*(?:[^*]|\*(?!\)))*+(?:\*\))?+")
MARKUP_COMMENT: Final[Rule] = ("c", r"<!--(?:[^-]|-(?!->))*+(?:-->)?+")

DOUBLE: Final[Rule] = ("s", r'"(?:[^"\\\n]|\\[\s\S])*+"?+')
DOUBLE_LINES: Final[Rule] = ("s", r'"(?:[^"\\]|\\[\s\S])*+"?+')
SINGLE: Final[Rule] = ("s", r"'(?:[^'\\\n]|\\[\s\S])*+'?+")
SINGLE_RAW: Final[Rule] = ("s", r"'[^']*+'?+")
DOUBLED: Final[Rule] = ("s", r"'(?:[^']|'')*+'?+")
BACKTICK: Final[Rule] = ("s", r"`(?:[^`\\]|\\[\s\S])*+`?+")
TRIPLE: Final[Rule] = ("s", r'"""(?:[^"\\]|\\[\s\S]|"(?!""))*+(?:""")?+')
TRIPLE_SINGLE: Final[Rule] = ("s", r"'''(?:[^'\\]|\\[\s\S]|'(?!''))*+(?:''')?+")
CHARACTER: Final[Rule] = ("s", r"'(?:[^'\\\n]|\\[^\n]{1,9}?)'")

NUMBER: Final[Rule] = ("n", r"(?<![\w.])(?:0[xX][\da-fA-F_]++|\d[\d_]*+(?:\.\d[\d_]*+)?+(?:[eE][+-]?\d++)?+)[\w%]*+")
WORD: Final[Rule] = ("w", r"[^\W\d]\w*+")
WORD_DASHED: Final[Rule] = ("w", r"[^\W\d][\w-]*+")
WORD_ASKING: Final[Rule] = ("w", r"[^\W\d]\w*+[?!]?+")
DECORATOR: Final[Rule] = ("a", r"@[^\W\d][\w.]*+")
DOLLAR: Final[Rule] = ("v", r"\$(?:\{[^}\n]{0,200}\}?|\w++|[?!#@*$&-])")
DIRECTIVE: Final[Rule] = ("a", r"^[ \t]{0,40}\#[ \t]{0,8}\w++")
SYMBOL: Final[Rule] = ("n", r"(?<![\w:]):[^\W\d]\w*+[?!]?+")
