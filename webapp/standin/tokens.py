"""Text in believable tokens: short words whole and with their leading space, long words in pieces."""

import re
from typing import Final

_TOKEN: Final = re.compile(r" ?[A-Za-z]{1,5}|\d{1,3}| ?[^\w\s]{1,3}|\n+| +|.", re.DOTALL)


def split(text: str) -> list[str]:
    """The tokens of ``text``; joined they are the text."""
    return _TOKEN.findall(text)


def count(text: str) -> int:
    """How many tokens ``text`` has."""
    return len(split(text))
