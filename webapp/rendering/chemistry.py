r"""Chemistry and quantities in a formula (``\ce{2 H2O}``, ``\pu{5 kJ/mol}``), in TeX that math-core knows.

It reads what models write: formulas with numbers, charges, isotopes and states, bonds, arrows with words, powers of
units. Anything else goes in as it is.
"""

import re
from collections.abc import Callable
from typing import Final

_PIECE = re.compile(r"\\(?P<command>ce|pu)[ ]?\{|\\.|[{}]", re.DOTALL)


def spelled_out(tex: str) -> str:
    r"""``tex`` without ``\ce`` and ``\pu``; unchanged if one of them has no end."""
    if "\\ce" not in tex and "\\pu" not in tex:
        return tex
    out: list[str] = []
    position = begin = depth = 0
    spell: Callable[[str], str] | None = None
    for piece in _PIECE.finditer(tex):
        if spell is None and piece["command"]:
            out.append(tex[position : piece.start()])
            spell, begin, depth = _SPELLED[piece["command"]], piece.end(), 1
        elif spell is not None and piece[0] not in {"\\{", "\\}"}:
            depth += (piece[0][-1] == "{") - (piece[0] == "}")
            if not depth:
                out.append(f"{{{spell(tex[begin : piece.start()])}}}")
                position, spell = piece.end(), None
    return tex if spell else "".join([*out, tex[position:]])


_IN_REACTION = re.compile(
    r"""(?P<math>\$[^$]*\$)
      | (?P<arrow><=>>|<<=>|<=>|<-->|<->|->|<-|[→⟶⇌]) (?:\[(?P<above>[^\[\]]*)\])? (?:\[(?P<below>[^\[\]]*)\])?
      | (?P<gas>(?<=\s)\^(?=\s|\Z)) | (?P<solid>(?<=\s)v(?=\s|\Z))
      | (?P<script>[_^])(?:\{(?P<group>[^{}]*)\} | (?P<bare>\d*[+-](?![A-Za-z0-9])|[+-]?\d+|[A-Za-z]))
      | (?P<charge>(?<=[A-Za-z0-9)\]}])[+-](?=[\s)\]},;_]|\Z))
      | (?P<letters>[A-Za-z]+) | (?P<count>(?<=[A-Za-z)\]}])\d+) | (?<!\d)(?P<half>\d+)/(?P<divisor>\d+)
      | (?P<bond>[-=\#]) | (?P<dot>(?<!\s)[.*·](?!\s|\Z)) | (?P<space>\s+) | (?P<command>\\[A-Za-z]+)
    """,
    re.VERBOSE,
)
_BONDS: Final = {"-": "{-}", "=": "{=}", "#": r"{\equiv}"}
_ARROWS: Final = {  # alone, and with words
    **dict.fromkeys(("->", "→", "⟶"), (r"\longrightarrow ", r"\xrightarrow")),
    "<-": (r"\longleftarrow ", r"\xleftarrow"),
    "<->": (r"\longleftrightarrow ", r"\xleftrightarrow"),
    **dict.fromkeys(("<=>", "<=>>", "<<=>", "<-->", "⇌"), (r"\rightleftharpoons ", r"\xrightleftharpoons")),
}


def _reaction(formula: str) -> str:
    return _IN_REACTION.sub(_of_reaction, formula)


def _of_reaction(found: re.Match[str]) -> str:
    text = found[0]
    match found.lastgroup:
        case "math":
            return text[1:-1]
        case "arrow" | "above" | "below":
            return _arrow(found)
        case "gas" | "solid":
            return r"\uparrow " if found["gas"] else r"\downarrow "
        case "group" | "bare":
            return f"{found['script']}{{{_script(found['group'] or found['bare'] or '')}}}"
        case "charge":
            return f"^{{{text}}}"
        case "letters":
            return rf"\mathrm{{{text}}}"
        case "count":
            return f"_{{{text}}}"
        case "divisor":
            return rf"\tfrac{{{found['half']}}}{{{text.rpartition('/')[2]}}}"
        case "bond":
            return _BONDS[text]
        case "dot":
            return r"{\cdot}"
        case _:
            return f"{text} "


def _script(text: str) -> str:
    """A charge or number as it stands, a state as the words that it is."""
    return _reaction(text) if text.startswith("(") else text


def _arrow(found: re.Match[str]) -> str:
    alone, with_words = _ARROWS[found["arrow"]]
    above, below = _reaction(found["above"] or ""), _reaction(found["below"] or "")
    return f"{with_words}[{below}]{{{above}}}" if above or below else alone


_IN_QUANTITY = re.compile(
    r"""(?<=\d)[eE](?P<power>[+-]?\d+) | \^\{?(?P<exponent>[+-]?\d+)\}? | (?<=[^\W\d_])(?P<bare>[+-]?\d+)
      | (?P<command>\\[A-Za-z]+) | (?P<unit>[^\W\d_]+) | (?P<times>[*·]|(?<=[^\W\d_])\.) | (?P<over>//) | (?P<space>\s+)
      | (?P<percent>(?<!\\)%)
    """,
    re.VERBOSE,
)


def _quantity(text: str) -> str:
    return _IN_QUANTITY.sub(_of_quantity, text.strip())


def _of_quantity(found: re.Match[str]) -> str:
    match found.lastgroup:
        case "power":
            return rf"\times 10^{{{found['power']}}}"
        case "exponent" | "bare":
            return f"^{{{found['exponent'] or found['bare']}}}"
        case "unit":
            return rf"\mathrm{{{found['unit']}}}"
        case "command":
            return f"{found[0]} "
        case kind:
            return {"times": r"{\cdot}", "over": "/", "percent": r"\%"}.get(kind or "", r"\,")


_SPELLED: Final = {"ce": _reaction, "pu": _quantity}
