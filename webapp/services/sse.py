"""Server-sent events, decoded from bytes as they arrive. Pure: bytes in, the data of whole events out."""

from typing import Final, NoReturn

MAX_EVENT_BYTES: Final = 20 * 1024 * 1024  # the largest picture that is kept has 16 MB in base64
MAX_EVENT_LINES: Final = 10_000  # of data: each takes memory of its own, also an empty one

_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"
_LINE_ENDS: Final = (b"\n", b"\r")
_ALONE: Final = (b"{", b"error:")


class EventTooLargeError(ValueError):
    """One event, or one line without an end, grew beyond what the decoder accepts."""


class Decoder:
    """The data of an event stream (WHATWG HTML, section 9.2), whatever pieces its bytes come in.

    Data stay bytes, as JSON decoders take them: lines end at LF, CR or CRLF only, so line separators inside JSON
    strings (U+2028, U+0085) are text. Comments and the fields ``event``, ``id`` and ``retry``, which OpenRouter does
    not use, are passed over. One decoder serves one stream.

    Beyond the specification, a field ``error`` and a line of bare JSON are events of their own: some servers break off
    with those, and some answer in one line of JSON.
    """

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._max = max_event_bytes
        self._tail: list[bytes] = []  # the pieces of a line that has not ended yet
        self._data: list[bytes] = []  # the data lines of an event that has not ended yet
        self._size = 0  # bytes in both
        self._at_start = True
        self._after_cr = False

    def feed(self, piece: bytes) -> list[bytes]:
        """The data of the events that end in ``piece``, in order; several data lines are joined by LF.

        Raises EventTooLargeError, and has forgotten that event then.
        """
        if self._after_cr and piece:
            piece = piece.removeprefix(b"\n")  # the second half of a CRLF
            self._after_cr = False
        if not piece:
            return []
        lines = piece.splitlines()
        tail = b"" if piece.endswith(_LINE_ENDS) else lines.pop()
        self._after_cr = piece.endswith(b"\r")
        if lines and (self._tail or self._at_start):
            lines[0] = self._first_line(lines[0])
        events = self._take(lines)
        if tail:
            self._tail.append(tail)
            self._grow(len(tail))
        return events

    def close(self) -> list[bytes]:
        """The data of an event that the end of the stream cut off before its blank line.

        The specification drops such an event. Here it is delivered: an answer whose last blank line is missing is still
        an answer, and what is really cut is no JSON.
        """
        last = [self._first_line(b"")] if self._tail else []
        return self._take([*last, b""])

    def _first_line(self, end: bytes) -> bytes:
        """The line that earlier pieces began and ``end`` completes. Each byte is joined once, whatever their number."""
        line = b"".join((*self._tail, end))
        self._size -= len(line) - len(end)
        self._tail.clear()
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BYTE_ORDER_MARK)
        return line

    def _take(self, lines: list[bytes]) -> list[bytes]:
        events: list[bytes] = []
        for line in lines:
            if line.startswith(b"data:"):
                data = line[6:] if line.startswith(b" ", 5) else line[5:]
                self._add(data)
            elif line.startswith(_ALONE):
                events.append(line.removeprefix(b"error:").lstrip())
            elif line == b"data":
                self._add(b"")
            elif not line and self._data:
                events.append(self._data[0] if len(self._data) == 1 else b"\n".join(self._data))
                self._data.clear()
                self._size = 0
        return events

    def _add(self, data: bytes) -> None:
        self._data.append(data)
        self._grow(len(data))
        if len(self._data) > MAX_EVENT_LINES:
            self._refuse(f"an event of more than {MAX_EVENT_LINES} lines")

    def _grow(self, size: int) -> None:
        self._size += size
        if self._size > self._max:
            self._refuse(f"an event of more than {self._max} bytes")

    def _refuse(self, why: str) -> NoReturn:
        self._tail.clear()
        self._data.clear()
        self._size = 0
        raise EventTooLargeError(why)
