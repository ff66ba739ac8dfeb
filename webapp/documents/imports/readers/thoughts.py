"""Thoughts that stand in the text of an answer, between <think> and </think>."""

import re
from typing import Final

from webapp.documents.imports.said import Said
from webapp.documents.imports.scanning import Marked, marked

_OPENING: Final = re.compile("<think(?:ing)?>")
_CLOSING: Final = re.compile("</think(?:ing)?>")
_CLOSING_LINE: Final = re.compile(r"^[ \t]*</think(?:ing)?>[ \t]*$", re.MULTILINE)


def spoken(said: Said, words: str) -> None:
    """The words of an answer, and apart from them what was thought.

    Some models leave out the first mark. One that never closes is only a mark where the answer begins with it.
    """
    pieces = _whole(words, list(marked(words, _OPENING, _closing)))
    if pieces == [words] and (closing := _CLOSING_LINE.search(words)):
        said.thought(words[: closing.start()].strip())
        pieces = [words[closing.end() :]]
    for place, piece in enumerate(pieces):
        if isinstance(piece, Marked):
            said.thought(piece.body.strip())
        elif len(pieces) > 1 or piece is not words:
            said.text(_between(piece, is_first=not place, is_last=place == len(pieces) - 1))
        else:
            said.text(piece)


def _closing(text: str, place: int) -> tuple[int, int] | None:
    found = _CLOSING.search(text, place)
    return found.span() if found else None


def _whole(words: str, pieces: list[str | Marked]) -> list[str | Marked]:
    last = pieces[-1] if pieces else ""
    if not isinstance(last, Marked) or not words.endswith(f"{last.opening}{last.body}"):
        return pieces
    above = pieces[:-1]
    if not any(isinstance(one, Marked) or one.strip() for one in above):
        return pieces
    rest = f"{last.opening}{last.body}"
    return [*above[:-1], f"{above[-1]}{rest}"] if isinstance(above[-1], str) else [*above, rest]


def _between(words: str, *, is_first: bool, is_last: bool) -> str:
    """Without the empty lines that stand around a thought."""
    words = words if is_first else words.lstrip()
    return words if is_last else words.rstrip()
