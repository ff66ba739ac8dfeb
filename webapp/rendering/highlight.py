"""Colours for code: the parts that its grammar finds, as spans with the classes of ``grammar.CLASSES``.

A pure function of the text, in every process the same.
"""

from collections.abc import Iterator
from itertools import groupby
from operator import itemgetter
from typing import Final

from webapp.rendering.languages import names
from webapp.rendering.safety import escape

MAX_CODE: Final = 50_000  # characters of a block: more than a thousand lines, some 10 ms, and 60 ms at the worst


def highlight(language: str, code: str) -> str:
    """``code`` as HTML: escaped, with spans around what has a colour. Its text is exactly ``code``.

    Escaped alone where ``language`` is none that we colour, or ``code`` is longer than MAX_CODE.
    """
    known = names.find(language)
    if known is None or known.grammar is None or len(code) > MAX_CODE:
        return escape(code)
    return "".join(_spans(known.grammar.parts(code)))


def _spans(parts: Iterator[tuple[str, str]]) -> Iterator[str]:
    """Neighbours of one class share a span."""
    for name, group in groupby(parts, key=itemgetter(0)):
        text = escape("".join(text for _, text in group))
        yield f'<span class="{name}">{text}</span>' if name and text else text
