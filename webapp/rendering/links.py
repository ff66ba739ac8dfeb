"""Plain text with links: a web address in it can be followed, and everything else stays as it was typed."""

import re
from html import escape
from itertools import islice
from typing import Final

from webapp.rendering.addresses import LONGEST, safe_link

# An address begins where a word does, and ends before white space, quotes, angle brackets, and punctuation that is
# Chinese, Japanese or Korean, or as wide as theirs.
_ADDRESS = re.compile(
    r"(?<![A-Za-z0-9_+.-])https?://[^\s<>\"`\\\u00ab\u00bb\u2018-\u201f\u2026\u3000-\u303f\uff00-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+",
    re.IGNORECASE,
)
_AFTER: Final = ".,;:!?'*_~|"  # of the sentence, at the end of an address
_PAIRS: Final = {")": "(", "]": "[", "}": "{"}
_ENDS: Final = _AFTER + "".join(_PAIRS)

MOST: Final = 1_000
"""Links in a text. Each takes some 5 µs, and a text of 1 MB has room for 80,000 addresses, which nobody follows."""
_LONGEST_END: Final = 50  # characters of punctuation behind an address; where there are more, none belongs to it


def linked(text: str) -> str:
    """``text`` as safe HTML in which addresses of http and https are links. Its text is ``text``, letter for letter.

    An address of more than LONGEST characters stays text, and so do those that come after MOST of them.
    """
    parts: list[str] = []
    end = 0
    for found in islice(_ADDRESS.finditer(text), MOST):
        if len(found[0]) > LONGEST:
            continue
        address = _without_punctuation(found[0])
        if not safe_link(address):
            continue
        parts.append(escape(text[end : found.start()]))
        parts.append(f'<a href="{escape(address)}" target="_blank" rel="noopener nofollow">{escape(address)}</a>')
        end = found.start() + len(address)
    return "".join([*parts, escape(text[end:])])


def _without_punctuation(address: str) -> str:
    """Without what belongs to the sentence around it: stops, and brackets that are not opened in the address."""
    bare = address.rstrip(_ENDS)
    if len(address) - len(bare) > _LONGEST_END:
        return bare
    opened = {closing: address.count(opening) for closing, opening in _PAIRS.items()}
    closed = {closing: address.count(closing) for closing in _PAIRS}
    end = len(address)
    while end and (address[end - 1] in _AFTER or closed.get(address[end - 1], 0) > opened.get(address[end - 1], 0)):
        if address[end - 1] in closed:
            closed[address[end - 1]] -= 1
        end -= 1
    return address[:end]
