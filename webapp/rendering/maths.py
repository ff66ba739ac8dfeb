r"""TeX to MathML that is fit for a page. A formula is hostile text like all that a model writes.

math-core parses the TeX; what it gives is read again, strictly, against a list of our own, and written anew: elements
of presentation only, text in leaves only, no style, no link. The sanitiser then has the same list.
"""

import html
import re
from functools import lru_cache
from typing import Final

from math_core import LatexError, LatexToMathML

from webapp.rendering.tex import prepared, without_unknown

# Above these a formula is shown as its source. math-core recurses for each brace and command, so that ten thousand of
# them end the process. A macro of the formula's own takes no argument: a few that double theirs, each in the next,
# fill the memory before the expansions are counted.
MAX_CHARACTERS: Final = 3_000
MAX_DEPTH: Final = 60
MAX_EXPANSIONS: Final = 40
MAX_MARKUP: Final = 100_000

_LENGTH: Final = r"-?(?:\d++(?:\.\d++)?|\.\d++)(?:em|ex|mu|pt|%)?"
_SHIFT: Final = r"-?[01]?(?:\.\d+)?(?:em|ex)?"  # a formula stays in its line, and is not painted over others
_BOOLEAN: Final = r"true|false"
CLASSES: Final = r"(?:math-[a-z-]+)(?: math-[a-z-]+)*"
_COMMON: Final = {
    "class": CLASSES,
    "displaystyle": _BOOLEAN,
    "scriptlevel": r"[+-]?\d",
    "mathcolor": r"#[0-9A-Fa-f]{6}",
}

# The elements that presentation needs, and for each attribute the values that it may have. No element of MathML that
# may hold HTML is on it, but the leaves, and they get text alone.
LEAVES: Final = frozenset({"mi", "mn", "mo", "mtext"})
MATHML: Final[dict[str, dict[str, str]]] = {
    "math": {"display": r"block", "alttext": r".*", **_COMMON},
    "menclose": {"notation": r"[a-z ]{1,60}", **_COMMON},
    "mfrac": {"linethickness": _LENGTH, **_COMMON},
    "mi": {"mathvariant": r"normal", **_COMMON},
    "mmultiscripts": _COMMON,
    "mn": _COMMON,
    "mo": {
        **dict.fromkeys(("stretchy", "symmetric", "largeop", "movablelimits", "fence", "separator"), _BOOLEAN),
        **dict.fromkeys(("lspace", "rspace", "minsize", "maxsize"), _LENGTH),
        "form": r"prefix|infix|postfix",
        **_COMMON,
    },
    "mover": {"accent": _BOOLEAN, **_COMMON},
    "mpadded": {
        **dict.fromkeys(("width", "height", "depth", "lspace"), _LENGTH),
        "voffset": _SHIFT,
        **_COMMON,
    },
    "mphantom": _COMMON,
    "mprescripts": {},
    "mroot": _COMMON,
    "mrow": _COMMON,
    "mspace": {**dict.fromkeys(("width", "height", "depth"), _LENGTH), **_COMMON},
    "msqrt": _COMMON,
    "msub": _COMMON,
    "msubsup": _COMMON,
    "msup": _COMMON,
    "mtable": _COMMON,
    "mtd": _COMMON,
    "mtext": _COMMON,
    "mtr": _COMMON,
    "munder": {"accentunder": _BOOLEAN, **_COMMON},
    "munderover": {"accent": _BOOLEAN, "accentunder": _BOOLEAN, **_COMMON},
}
_VALUES: Final = {
    (element, attribute): re.compile(values, re.DOTALL)
    for element, attributes in MATHML.items()
    for attribute, values in attributes.items()
}


@lru_cache(maxsize=500)
def to_mathml(tex: str, *, display: bool) -> str | None:
    """The formula as a `math` element with its source as ``alttext``; None for one that cannot be shown.

    ``tex`` is as the model wrote it, without the delimiters around it.
    """
    if len(tex) > MAX_CHARACTERS or not tex.strip() or _depth(tex) > MAX_DEPTH or _defines(tex):
        return None
    markup = _converted(prepared(tex), display=display)
    return _Writer(tex.strip()).written(markup) if 0 < len(markup) <= MAX_MARKUP else None


_MOST_UNKNOWN: Final = 8


def _converted(tex: str, *, display: bool) -> str:
    """math-core's markup, with commands that it does not know as their names; "" for what it cannot read."""
    shown: str | None = tex
    for _ in range(_MOST_UNKNOWN):
        if shown is None or len(shown) > 2 * MAX_CHARACTERS:
            break
        try:
            return _CONVERTER.convert_with_local_state(shown, displaystyle=display)
        except LatexError as error:
            shown = without_unknown(shown, str(error))
    return ""


_MACROS: Final[dict[str, str]] = {  # what models write and math-core does not know
    "abs": r"\left|#1\right|",
    "SI": r"#1\,\text{#2}",
    "dotsb": r"\cdots",
    "dotsc": r"\ldots",
    "ensuremath": r"#1",
    "mathbbm": r"\mathbb{#1}",
    "mbox": r"\text{#1}",
    "norm": r"\left\|#1\right\|",
    "substack": r"\begin{subarray}{c}#1\end{subarray}",
    "textnormal": r"\text{#1}",
    "textup": r"\text{#1}",
    "ang": r"#1^\circ",
    "hbox": r"\text{#1}",
    "href": r"#2",
    "mathds": r"\mathbb{#1}",
    "num": r"#1",
    "uline": r"\underline{#1}",
    "unit": r"\text{#1}",
    **{name: rf"\operatorname{{{name}}}" for name in ("Cov", "Tr", "Var", "diag", "lcm", "rank", "sgn", "sign", "tr")},
}
_CONVERTER: Final = LatexToMathML(
    fancy_error=False, macros=_MACROS, max_expansions=MAX_EXPANSIONS, allow_unreliable_rendering=True
)


_DEFINITION = re.compile(r"\\(?:[egx]?def|(?:new|renew|provide)(?:command|environment))(?![A-Za-z])")


def _defines(tex: str) -> bool:
    """Whether the formula makes a macro with an argument."""
    return "#" in tex and _DEFINITION.search(tex) is not None


_NESTS = re.compile(r"\\[\\{}]|(?P<open>\{|\\left\b|\\begin\b)|(?P<close>\}|\\right\b|\\end\b)")


def _depth(tex: str) -> int:
    depth = deepest = 0
    for found in _NESTS.finditer(tex):
        depth += (found["open"] is not None) - (found["close"] is not None)
        deepest = max(deepest, depth)
    return deepest


_PIECE = re.compile(
    r"<(?P<close>/?)(?P<name>[a-z]+)(?P<attributes>(?: [a-z]+=\"[^\"<>]*\")*)(?P<empty>/?)>|(?P<text>[^<>]+)"
)
_ATTRIBUTE = re.compile(r" ([a-z]+)=\"([^\"]*)\"")
_STYLED_TEXT: Final = frozenset({"b", "i", "em", "code", "span", "s", "u"})  # HTML in a text; it is written plain


class _RefusedError(Exception):
    """The markup has something that is not on the list."""


class _Writer:
    """Reads math-core's markup piece by piece and writes what is allowed of it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._out: list[str] = []
        self._open: list[str] = []

    def written(self, markup: str) -> str | None:
        """The markup anew; None if it is not one `math` element of nothing but allowed parts."""
        position = 0
        try:
            while position < len(markup):
                piece = _PIECE.match(markup, position)
                if piece is None:
                    return None
                self._take(piece)
                position = piece.end()
        except _RefusedError:
            return None
        return "".join(self._out) if not self._open and self._out else None

    def _take(self, piece: re.Match[str]) -> None:
        if piece["text"] is not None:
            self._take_text(piece["text"])
        elif piece["name"] not in _STYLED_TEXT:
            self._take_tag(piece)
        elif not self._open or self._open[-1] != "mtext":
            raise _RefusedError

    def _take_text(self, text: str) -> None:
        if not self._open or (self._open[-1] not in LEAVES and text.strip()):
            raise _RefusedError
        self._out.append(html.escape(html.unescape(text), quote=False))

    def _take_tag(self, tag: re.Match[str]) -> None:
        name = tag["name"]
        if tag["close"]:
            if not self._open or self._open.pop() != name:
                raise _RefusedError
            self._out.append(f"</{name}>")
            return
        is_root = not self._open
        if name not in MATHML or is_root != (name == "math") or (is_root and self._out):
            raise _RefusedError
        if len(self._open) > MAX_DEPTH or (self._open and self._open[-1] in LEAVES):
            raise _RefusedError
        self._out.append(f"<{name}{self._attributes(name, tag['attributes'])}>")
        if tag["empty"]:
            self._out.append(f"</{name}>")
        else:
            self._open.append(name)

    def _attributes(self, name: str, written: str) -> str:
        found = {key: html.unescape(value) for key, value in _ATTRIBUTE.findall(written)}
        found |= _of_style(found.pop("style", ""), found.pop("class", ""))
        if name == "math":
            found["alttext"] = self._source
        kept = [
            f' {key}="{html.escape(value)}"'
            for key, value in found.items()
            if (name, key) in _VALUES and _VALUES[name, key].fullmatch(value)
        ]
        return "".join(kept)


# What math-core says by style attributes, which the content policy forbids, as classes of 46-maths.css.
_STYLES: Final = (
    (re.compile(r"text-align: ?right"), "math-right"),
    (re.compile(r"text-align: ?left"), "math-left"),
    (re.compile(r"padding-right: ?0;"), "math-close-right"),
    (re.compile(r"padding-left: ?0;"), "math-close-left"),
    (re.compile(r"padding-left: ?1em"), "math-apart"),
    (re.compile(r"border-right:"), "math-line-right"),
    (re.compile(r"border-left:"), "math-line-left"),
    (re.compile(r"border-top:"), "math-line-top"),
    (re.compile(r"border-bottom:"), "math-line-bottom"),
    (re.compile(r"(?<![-\w])width: ?100%"), "math-wide"),
    (re.compile(r"(?<![-\w])width: ?50%"), "math-half"),
)
_COLOUR = re.compile(r"(?:^|;) ?color: ?(#[0-9A-Fa-f]{6})")
_INK: Final = frozenset({"#000000", "#FFFFFF"})  # the page's own, which depends on its theme


def _of_style(style: str, kind: str) -> dict[str, str]:
    names = [name for pattern, name in _STYLES if pattern.search(style)]
    names += [f"math-{part.removeprefix('menclose-')}" for part in kind.split() if part.startswith("menclose-")]
    found = {"class": " ".join(names)} if names else {}
    colour = _COLOUR.search(style)
    return found | ({"mathcolor": colour[1]} if colour and colour[1].upper() not in _INK else {})
