r"""Code and formulas in a line of text: code binds first, whatever formulas might begin before it.

What has no meaning there is hidden from comrak, which reads from left to right: dollar signs and brackets in code,
dollar signs that belong to no formula (prices, names of variables), and the pipes in code and formulas, which would
divide cells of a table.
"""

import re
from bisect import bisect_right
from collections import defaultdict
from typing import Final

from webapp.rendering.fences import prose
from webapp.rendering.formulas import is_formula
from webapp.rendering.masks import BACKSLASH, DOLLAR, PIPE


def hidden(text: str) -> str:
    """A readable text, as long as before, with such characters hidden."""
    if not _may_clash(text):
        return text
    return "".join(_in_prose(piece) if is_prose else piece for is_prose, piece in prose(text))


def _may_clash(text: str) -> bool:
    return "$" in text or ("|" in text) + ("`" in text) + ("\\(" in text or "\\[" in text) > 1  # alone, it is no harm


# What stands in one paragraph, item, heading or row: code and formulas begin and end in the same.
_BLOCK_BEGIN = re.compile(r"\n(?=[ \t>]*(?:\n|[-+*][ \t]|\d{1,9}[.)][ \t]|#{1,6}[ \t]|\|))")
_DELIMITERS = re.compile(r"^[ \t>]*:?-+:?[ \t]*\|[-| \t:]*$", re.MULTILINE)


def _in_prose(text: str) -> str:
    return "\n".join(map(_in_block_or_rows, _BLOCK_BEGIN.split(text))) if _may_clash(text) else text


def _in_block_or_rows(block: str) -> str:
    if not _may_clash(block):
        return block
    if "|" in block and _DELIMITERS.search(block):
        return "".join(map(_in_block, block.splitlines(keepends=True)))
    return _in_block(block)


def _in_block(text: str) -> str:
    if "`" in text:
        text = _in_code(text)
    return _in_formulas(text) if "$" in text or ("|" in text and "\\(" in text) else text


_TICKS = re.compile(r"(?<!\\)(?P<slashes>\\*+)(?P<ticks>`+)")
_IN_CODE = re.compile(r"\$|(?<!\\)\||\\(?=[()\[\]])")
_MASKS: Final = {"$": DOLLAR, "|": PIPE, "\\": BACKSLASH}


def _hide(found: re.Match[str]) -> str:
    return _MASKS[found[0]]


def _in_code(text: str) -> str:
    runs = list(_TICKS.finditer(text))
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for number, run in enumerate(runs):
        by_length[len(run["ticks"])].append(number)
    out, position, number = [], 0, 0
    while number < len(runs):
        opener = runs[number]
        closers = by_length.get(len(opener["ticks"]) - len(opener["slashes"]) % 2, [])
        place = bisect_right(closers, number)
        number += 1
        if place < len(closers):
            number = closers[place] + 1
            out += [text[position : opener.end()], _IN_CODE.sub(_hide, text[opener.end() : runs[number - 1].start()])]
            position = runs[number - 1].start()
    return "".join([*out, text[position:]])


_WORDS: Final = r"\\(?:text[a-z]{0,8}|mbox|hbox)\{[^{}$]*+(?:\$[^{}$]*+\$[^{}$]*+)*+\}"
_TOKEN = re.compile(rf"(?P<words>{_WORDS})|\\[\s\S]|\$\$?")
_CLOSERS: Final = {"\\(": "\\)", "\\[": "\\]", "$$": "$$"}
_IN_FORMULA = re.compile(rf"(?P<words>{_WORDS})|(?<!\\)\|")


def _in_formulas(text: str) -> str:
    tokens = list(_TOKEN.finditer(text))
    without_end: set[str] = set()
    out, position, number = [], 0, 0
    while number < len(tokens):
        opener = tokens[number]
        end = _formula_end(text, tokens, number, without_end)
        number += 1
        if end is not None:
            number = end + 1
            out += [text[position : opener.start()], _within(text[opener.start() : tokens[end].end()])]
            position = tokens[end].end()
        elif opener[0] == "$":
            out += [text[position : opener.start()], DOLLAR]
            position = opener.end()
    return "".join([*out, text[position:]])


def _formula_end(text: str, tokens: list[re.Match[str]], number: int, without_end: set[str]) -> int | None:
    """Which token ends the formula that a token begins. ``without_end`` gets those that are looked for in vain."""
    opener = tokens[number][0]
    if opener == "$":
        return _end_in_line(text, tokens, number)
    closer = _CLOSERS.get(opener)
    if closer is None or closer in without_end:
        return None
    for end in range(number + 1, len(tokens)):
        if tokens[end][0] == closer:
            return end
    without_end.add(closer)
    return None


def _end_in_line(text: str, tokens: list[re.Match[str]], number: int) -> int | None:
    """The next dollar sign, if it may end a formula: no formula has one in it, but within words."""
    begin = tokens[number].end()
    for end in range(number + 1, len(tokens)):
        if tokens[end][0][0] == "$":
            closer = tokens[end]
            tex = text[begin : closer.start()]
            around = text[max(0, begin - 2) : begin - 1], text[closer.end() : closer.end() + 1]
            return end if len(closer[0]) == 1 and is_formula(tex, *around) else None
    return None


def _within(formula: str) -> str:
    def part(found: re.Match[str]) -> str:
        return found[0].replace("$", DOLLAR).replace("|", PIPE) if found["words"] else PIPE

    return _IN_FORMULA.sub(part, formula)
