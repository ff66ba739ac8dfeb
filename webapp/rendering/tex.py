r"""TeX as models write it, in the words that math-core knows: words of a formula above all, which it takes strictly."""

import re
from typing import Final

from webapp.rendering.chemistry import spelled_out

_TOKEN = re.compile(r"(?P<words>\\(?:text[a-z]{0,8}|mbox|hbox)\s*\{)|\\[A-Za-z]+\*?|\\[\s\S]|[{}_^#&%$]|[^\\{}_^#&%$]+")
_ESCAPED: Final = {**{mark: f"\\{mark}" for mark in "_#&%"}, "^": r"\textasciicircum{}"}
_IN_WORDS: Final = frozenset(
    ("\\textbackslash", "\\textasciicircum", "\\textasciitilde", "\\quad", "\\ldots", "\\dots")
)
_ENVIRONMENTS: Final = {
    "split": "aligned",
    "smallmatrix": "matrix",
    **dict.fromkeys(("alignat", "alignat*", "flalign", "flalign*"), "align*"),
    "alignedat": "aligned",
    **dict.fromkeys(("eqnarray", "eqnarray*"), "array"),
}
_OTHER_ENVIRONMENT = re.compile(
    rf"\\(?P<side>begin|end)\{{(?P<name>{'|'.join(map(re.escape, _ENVIRONMENTS))})\}}(?:\{{\d{{1,3}}\}})?"
)
_NOTHING = re.compile(r"\\(?:label|require)\{[^{}]*\}")
_NUMBERED: Final = r"equation|align|gather|alignat|flalign|multline"
_NUMBERED_ENVIRONMENT = re.compile(rf"\\(begin|end)\{{({_NUMBERED})\}}")


def prepared(tex: str) -> str:
    """A formula without delimiters, without numbers that nobody wrote: they would begin at 1 in each formula."""
    tex = _with_plain_words(spelled_out(_NOTHING.sub("", tex).strip()))
    tex = _OTHER_ENVIRONMENT.sub(_environment, tex)
    if "\\tag" not in tex:
        return _NUMBERED_ENVIRONMENT.sub(r"\\\1{\2*}", tex)
    return tex if _NUMBERED_ENVIRONMENT.search(tex) else rf"\begin{{equation}}{tex}\end{{equation}}"


def _environment(found: re.Match[str]) -> str:
    """An environment under a name that math-core knows; without a number of columns, but with their alignment."""
    columns = "{rcl}" if found["name"].startswith("eqnarray") and found["side"] == "begin" else ""
    return rf"\{found['side']}{{{_ENVIRONMENTS[found['name']]}}}{columns}"


def _with_plain_words(tex: str) -> str:
    r"""Marks in words stand for themselves (``\text{user_id}``); formulas and commands in them interrupt the words."""
    if "\\text" not in tex and "box" not in tex:
        return tex
    out: list[str] = []
    depths: list[int] = []  # of the braces in the words that are open
    opener, is_formula = "", False
    for token in _TOKEN.finditer(tex):
        text = token[0]
        if not depths or is_formula:
            if token["words"] and not is_formula:
                depths, opener = [1], text
            is_formula = is_formula and text not in {"$", "\\)"}
            out.append(text if text not in {"$", "\\)"} else opener)
        elif text in {"$", "\\("}:
            is_formula = True
            out.append("}")
        else:
            depths[-1] += text.endswith("{") - (text == "}")
            out.append(_word(text, opener))
            depths = depths if depths[-1] else []
    return "".join(out)


def _word(token: str, opener: str) -> str:
    """A token in words; a command that is none of words stands between them."""
    is_command = token[0] == "\\" and token[1:2].isalpha() and not token.startswith("\\text")
    if is_command and token not in _IN_WORDS:
        return f"}}{token}{opener}"
    return _ESCAPED.get(token, token)


_UNKNOWN = re.compile(r"Unknown command \"\\(?P<name>[A-Za-z]+)\"")


def without_unknown(tex: str, complaint: str) -> str | None:
    """``tex`` with a command that math-core complains of as its name; None if that is not what it complains of."""
    found = _UNKNOWN.search(complaint)
    if found is None:
        return None
    shown = re.sub(rf"\\{found['name']}(?![A-Za-z])", rf"\\text{{\\textbackslash {found['name']}}}", tex)
    return None if shown == tex or tex.strip() == f"\\{found['name']}" else shown
