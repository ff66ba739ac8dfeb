"""Finds the conversations in a JSON file that comes piece by piece: where each begins and ends.

So one that is broken costs itself alone, and the largest one, not the file, says how much memory is needed.
"""

import re
from collections.abc import Iterable, Iterator
from typing import Final

# A string, also one that the end of a piece cuts, perhaps behind a backslash, or a bracket. Nothing is looked at twice.
_TOKEN: Final = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:(?P<end>")|(?P<cut>\\?)\Z)|[\[\]{}]', re.DOTALL)
_SPACE: Final = b" \t\n\r\v\f\xef\xbb\xbf"  # the byte order mark of UTF-8 included


def elements(pieces: Iterable[bytes], longest: int) -> Iterator[bytes]:
    """The objects and lists in a list; without a list around them, those that follow each other.

    The last one may have been cut off by the end of the file. One of more than `longest` bytes is cut, and comes with
    more than that all the same, so that it's known as too long.
    """
    outside, depth, held = -1, 0, _Held(longest)  # -1: nothing but space has come
    string = b""  # what stands for the beginning of one that the piece before has cut
    for piece in filter(None, pieces):
        if outside < 0:
            begun = piece.lstrip(_SPACE)
            if not begun:
                continue
            outside = 1 if begun.startswith(b"[") else 0
        data, start, string = string + piece, len(string), b""
        for token in _TOKEN.finditer(data):
            mark = data[token.start()]
            if mark in b"[{":
                if depth == outside:
                    start = token.start()
                depth += 1
            elif mark in b"]}":
                depth -= 1
                if depth == outside:
                    yield held.whole(data[start : token.end()])
                if depth < outside:
                    return
            elif token["end"] is None:
                string = b'"' + token["cut"]
        if depth > outside:
            held.add(data[start:])
    if depth > outside >= 0:
        yield held.whole(b"")


class _Held:
    """What of an element has come."""

    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._pieces, self._size = list[bytes](), 0

    def add(self, piece: bytes) -> None:
        if self._size <= self._longest:
            self._pieces.append(piece)
            self._size += len(piece)

    def whole(self, last: bytes) -> bytes:
        self.add(last)
        pieces, self._pieces, self._size = self._pieces, [], 0
        return b"".join(pieces)
