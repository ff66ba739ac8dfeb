"""Finds the conversations in a JSON file without reading it whole: where each begins and ends.

So one that is broken costs itself alone, and the largest one, not the file, says how much memory is needed.
"""

import re
from collections.abc import Iterator
from mmap import mmap
from typing import Final

# A string, also one that the end of the file cuts, or a bracket. Nothing is looked at twice, whatever the file has.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.|\\\Z)*+(?:"|\Z)|[\[\]{}]', re.DOTALL)
_LIST: Final = re.compile(rb"(?:\xef\xbb\xbf)?\s*+\[")


def elements(data: bytes | mmap) -> Iterator[tuple[int, int]]:
    """The places of the objects and lists in a list; without a list around them, of those that follow each other.

    The last one may have been cut off by the end of the file.
    """
    outside = 1 if _LIST.match(data) else 0
    depth = start = 0
    for token in _TOKEN.finditer(data):
        mark = data[token.start()]
        if mark in b"[{":
            if depth == outside:
                start = token.start()
            depth += 1
        elif mark in b"]}":
            depth -= 1
            if depth == outside:
                yield start, token.end()
            if depth < outside:
                return
    if depth > outside:
        yield start, len(data)
