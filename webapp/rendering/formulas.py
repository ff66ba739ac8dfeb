r"""Where the formulas are in Markdown: display formulas on lines of their own, and what two dollar signs may hold.

To Markdown the lines of a display formula are lines like any other: one that begins with ``=`` makes a heading of
those above it. So such a formula becomes a block of code for comrak, line for line, in a language that only this module
knows; and ``\(`` and ``\[`` get a mark, which tells them from dollar signs in comrak's output.
"""

import re
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

MARK: Final = "\ufdd0"  # a noncharacter, which no readable text has: what stands behind it was written here
_MARK_IN_ADDRESS: Final = "%EF%B7%90"
_ENVIRONMENTS: Final = (
    *(
        f"{name}{star}"
        for name in ("equation", "align", "gather", "alignat", "flalign", "multline")
        for star in ("", "*")
    ),
    *("eqnarray", "aligned", "gathered", "split", "cases", "matrix", "pmatrix", "bmatrix", "vmatrix"),
)
_BARE: Final = {f"\\begin{{{name}}}": f"\\end{{{name}}}" for name in _ENVIRONMENTS}
_CLOSERS: Final = {"\\[": "\\]", "$$": "$$", **_BARE}
_NAMES: Final = {
    "\\[": "bracket",
    "$$": "dollars",
    **{f"\\begin{{{name}}}": f"begin-{name.replace('*', '-star')}" for name in _ENVIRONMENTS},
}
DELIMITERS: Final = {f"{MARK}{name}": (opener, _CLOSERS[opener]) for opener, name in _NAMES.items()}
MAX_LINES: Final = 200  # of one formula


def marked(text: str) -> str:
    """``text`` as comrak is to see it: display formulas fenced, opening brackets marked, and those of no tags."""
    if may_have_display(text):
        text = "".join(fenced(lines_of(text)).lines)
    text = text.replace("\\(", f"\\({MARK}").replace("\\[", f"\\[{MARK}")
    return text.replace("\\<", f"\\<{MARK}").replace("&lt;", f"&lt;{MARK}")


def may_have_display(text: str) -> bool:
    """Whether it is worth while to look for display formulas in ``text``."""
    return "$$" in text or "\\[" in text or "\\begin{" in text


_LINE = re.compile(r"[^\n]*\n|[^\n]+")


def lines_of(text: str) -> list[str]:
    """The lines of a readable text with their ends."""
    return _LINE.findall(text)


_FENCED_AS_TEXT = re.compile(rf"(?<!`)(`{{3,}}+)({MARK}[a-z-]+)(?:(.*?)(\n(?:[ ]|&gt;)*)\1(?!`))?", re.DOTALL)


def unmarked(html: str) -> str:
    """Comrak's HTML without marks: where a fence was not taken for one, the delimiters stand there again."""

    def source(found: re.Match[str]) -> str:
        opener, closer = DELIMITERS.get(found[2], ("", ""))
        return opener if found[3] is None else f"{opener}{found[3]}{found[4]}{closer}"

    if MARK in html:
        html = _FENCED_AS_TEXT.sub(source, html).replace(MARK, "")
    return html.replace(_MARK_IN_ADDRESS, "")


class Place(Struct, frozen=True):
    """What the lines above mean for a line: the open fence (mark, quotes and indent around it), and a list's indent."""

    fence: tuple[str, int, int] | None = None
    indent: int = 0


class Fenced(Struct, frozen=True):
    """Lines with their display formulas fenced; as many as before.

    ``places`` has the place before each line, and None inside of a formula. ``pending`` is the line where a formula
    begins of which nobody can tell yet whether it ends.
    """

    lines: list[str]
    places: list[Place | None]
    pending: int | None


# Possessive: there is one way to read what stands before a line's text, and no other is to be tried.
_CONTAINER: Final = r"[ \t>]*+(?:(?:[-+*]|\d{1,9}[.)])[ \t][ \t>]*+)*+"
_NAMED: Final = "|".join(map(re.escape, _ENVIRONMENTS))
_OPENER = re.compile(
    rf"(?P<container>{_CONTAINER})(?P<mark>\\\[|\$\$|\\begin\{{(?:{_NAMED})\}})(?P<rest>[^\r\n]*)[\r\n]*"
)


def fenced(lines: list[str]) -> Fenced:
    """``lines``, complete ones but perhaps the last, which begin with a top-level block or an item of a list."""
    out: list[str] = []
    places: list[Place | None] = []
    place = Place()
    while len(out) < len(lines):
        number = len(out)
        places.append(place)
        place = step(place, lines[number])
        formula = _formula(lines, number) if place.fence is None else None
        if formula is None:
            out.append(lines[number])
        elif not formula:
            return Fenced(out + lines[number:], places + [None] * (len(lines) - number - 1), number)
        else:
            out += formula
            places += [None] * (len(formula) - 1)
    return Fenced(out, places, None)


_BLOCK_BEGIN = re.compile(rf"(?P<container>{_CONTAINER})(?P<fence>`{{3,}}(?=[^`]*\Z)|~{{3,}})?", re.DOTALL)


def step(place: Place, line: str) -> Place:
    """The place behind ``line``, good enough: what it takes for code is not looked at, and shown as it is."""
    body = line.strip(" \t>\r\n")
    if place.fence is not None:
        mark, quotes, indent = place.fence
        if not body.strip(mark[0]) and body.startswith(mark):
            return replace(place, fence=None)
        if line.count(">", 0, len(line) - len(line.lstrip(" \t>"))) >= quotes and (not body or _indent(line) >= indent):
            return place
        place = replace(place, fence=None)
    if not body:
        return place
    if _indent(line) < place.indent:
        place = Place()
    found = _BLOCK_BEGIN.match(line)
    container = found["container"] if found else ""
    if container.strip(" \t>"):
        place = Place(indent=len(container))
    fence = (found["fence"], container.count(">"), place.indent) if found and found["fence"] else None
    return replace(place, fence=fence)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t>"))


def may_begin_display(line: str) -> bool:
    """Whether a display formula may begin in ``line``, a complete one, and go on in the next."""
    return _OPENER.fullmatch(line) is not None


def _formula(lines: list[str], number: int) -> list[str] | None:
    """The fenced lines of the formula that begins in a line; none if it may still end; None if there is no formula."""
    opener = _OPENER.fullmatch(lines[number])
    if opener is None:
        return None
    if _CLOSERS[opener["mark"]] in opener["rest"]:
        return _in_one_line(opener) if opener["mark"] in _BARE else None
    quotes = opener["container"].count(">")
    body, has_gap = [opener["rest"].strip()], False
    for line in lines[number + 1 : number + MAX_LINES]:
        body.append(_without_quotes(line, quotes).strip())
        has_gap = has_gap or not body[-1]
        if _BRACKET.search(body[-1]) or (opener["mark"] in _BARE and opener["mark"] in body[-1]):
            return None  # no formula has another one in it
        if has_gap and (body[0] or not body[1] or is_prose(body[-1])):  # behind a gap it may be a sentence
            return None
        if _CLOSERS[opener["mark"]] in body[-1]:
            return _fence(opener, body)
    return [] if len(lines) < number + MAX_LINES else None


_BRACKET = re.compile(r"(?<!\\)\\\[")


def _in_one_line(opener: re.Match[str]) -> list[str] | None:
    before, closer, after = opener["rest"].partition(_CLOSERS[opener["mark"]])
    return None if after.strip() else [f"{opener['container']}$${opener['mark']}{before}{closer}$$\n"]


def _without_quotes(line: str, quotes: int) -> str:
    for _ in range(quotes):
        line = line.lstrip(" \t").removeprefix(">")
    return line


def _fence(opener: re.Match[str], body: list[str]) -> list[str] | None:
    """``body`` between a fence's lines. What stands beside the delimiters goes to the lines next to them."""
    first, *between, last = body
    before, after = last.split(_CLOSERS[opener["mark"]], 1)
    if after.strip() not in {"", ".", ",", ";"} or not between:
        return None
    between[0] = f"{first} {between[0]}".lstrip()
    between[-1] = (f"{between[-1]} {before.rstrip()}".rstrip() + after).rstrip()
    ticks = "`" * (2 + max((len(run) for run in _TICKS.findall("".join(between))), default=1))
    margin = re.sub(r"[^ \t>]", " ", opener["container"])
    name = f"{MARK}{_NAMES[opener['mark']]}"
    return [f"{opener['container']}{ticks}{name}\n", *(f"{margin}{line}\n" for line in between), f"{margin}{ticks}\n"]


_TICKS = re.compile(r"`+")

_WORDS = re.compile(r"(?<![A-Za-z])[A-Za-z]{2,}[,;:]?\s+[A-Za-z]{2,}")
# An amount: behind its digits a unit, a word, or letters and marks of a script that puts no space between words.
_AMOUNT = re.compile(r"[\d.,]+\s*(?:[kKmMbB]\b|[A-Za-z]{2,}|[\u0e00-\u0e7f\u3001-\u9fff\uac00-\ud7af\uff01-\uffef])")


def is_formula(tex: str, before: str, after: str) -> bool:
    """Whether what stands between two dollar signs is a formula, and not text with prices or names of variables.

    Pandoc's rule, and what it does not refuse: ``$HOME/$USER``, ``US$5/CA$``, ``$5 and 10$``.
    ``before`` and ``after`` are the characters around the signs, "" for none.
    """
    if not tex or tex[0].isspace() or tex[-1].isspace() or after.isdigit() or (before == "|" and tex[0] == "|"):
        return False
    if (before.isascii() and before.isalnum()) or after == "{" or (after == "(" and tex.startswith("(")):
        return False
    if after.isascii() and (after.isalpha() or after == "_") and not (tex[-1:].isalnum() or tex[-1:] in ")}]'*"):
        return False
    return not is_prose(tex) and not _ENDS_IN_QUOTE.search(tex)


_ENDS_IN_QUOTE = re.compile(r"\s['\"]\Z")  # that of a string behind the name of a variable, no prime


def is_prose(tex: str) -> bool:
    """Whether ``tex`` reads like words of a sentence, or begins with an amount."""
    return "\\" not in tex and (_WORDS.search(tex) is not None or _AMOUNT.match(tex) is not None)
