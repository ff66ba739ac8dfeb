"""A growing text that is rendered in steps of some milliseconds, however much of it comes at once."""

from collections import deque
from typing import Final

from webapp.rendering.stream import Block, BlockStream, Tail
from webapp.rendering.weight import is_small

STEP: Final = 2_500  # weight of the text that one step adds
SHORTEST: Final = 250  # characters; whatever they are, they are rendered in one step


class PacedStream:
    """A BlockStream for texts that may come in one piece of any length. It shows them as far as steps have gone."""

    def __init__(self, text: str = "") -> None:
        self._stream = BlockStream()
        self._waiting = deque([text] if text else [])
        self._is_finished = False
        self.reached = 0  # characters that are shown

    def append(self, text: str) -> None:
        """Adds ``text`` at the end."""
        self._waiting.append(text)

    def finish(self) -> None:
        """No more text will come: the last step settles the open end."""
        self._is_finished = True

    @property
    def is_behind(self) -> bool:
        """Whether another step would show more."""
        return bool(self._waiting) or self._is_finished

    def step(self) -> None:
        """Shows some more of what was added, all of it as a rule. Costs next to nothing where nothing was."""
        taken = self._next()
        self._stream.append(taken)
        self.reached += len(taken)
        if self._is_finished and not self._waiting:
            self._stream.finish()
            self._is_finished = False

    def blocks(self, after: int = 0) -> list[Block]:
        """The settled blocks that end behind the offset ``after``, in order, each in whole."""
        return self._stream.blocks(after)

    def is_boundary(self, offset: int) -> bool:
        """Whether a reader can go on from ``offset``: it is 0 or the end of a settled block."""
        return self._stream.is_boundary(offset)

    @property
    def tail(self) -> Tail:
        """The open end, behind the last settled block; the same object until it has changed."""
        return self._stream.tail

    def _next(self) -> str:
        """The first of what waits, as much as weighs no more than a step."""
        pieces, length = list[str](), 0
        while self._waiting and length < STEP:
            pieces.append(self._waiting.popleft())
            length += len(pieces[-1])
        text = "".join(pieces)
        length = min(length, STEP)
        while length > SHORTEST and not is_small(text[:length], STEP):
            length //= 2
        if length < len(text):
            self._waiting.appendleft(text[length:])
        return text[:length]
