"""A text that only grows, kept as the pieces that it came in: to add to it or to read its end copies nothing else."""

from bisect import bisect_right


class Pieces:
    """Whoever has ``n`` characters of it needs ``after(n)``, whatever has been added since."""

    def __init__(self, text: str = "") -> None:
        self._pieces: list[str] = [text] if text else []
        self._begins: list[int] = [0] if text else []
        self._length = len(text)

    def __len__(self) -> int:
        return self._length

    def __str__(self) -> str:
        """The whole text; its pieces become one, so that to ask again is free."""
        if len(self._pieces) > 1:
            self._pieces, self._begins = ["".join(self._pieces)], [0]
        return self._pieces[0] if self._pieces else ""

    def append(self, text: str) -> None:
        if text:
            self._begins.append(self._length)
            self._pieces.append(text)
            self._length += len(text)

    def after(self, offset: int) -> str:
        """What stands behind the first ``offset`` characters."""
        if offset >= self._length:
            return ""
        place = bisect_right(self._begins, max(0, offset)) - 1
        first = self._pieces[place][max(0, offset) - self._begins[place] :]
        return first + "".join(self._pieces[place + 1 :])
