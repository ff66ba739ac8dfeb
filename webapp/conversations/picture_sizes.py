"""How large a picture is, out of its first bytes, so that a page can leave room for it before it has come."""

from typing import Final, NamedTuple

_MAX_SIDE: Final = 20_000
_MAX_SEGMENTS: Final = 200  # of a JPEG before its frame; cameras write a dozen
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})  # ITU T.81, table B.1


class Size(NamedTuple):
    """In pixels."""

    width: int
    height: int


def size_of(data: bytes) -> Size | None:
    """The size that a PNG, GIF, WebP or JPEG says it has; None where it says none, or none that can be.

    Looks at some hundred bytes of `data`, whatever they are, and never raises.
    """
    size = _stated_size(data)
    return size if size and all(0 < side <= _MAX_SIDE for side in size) else None


def _stated_size(data: bytes) -> Size | None:
    if data[:8] == b"\x89PNG\r\n\x1a\n" and data[12:16] == b"IHDR":
        return Size(_big(data[16:20]), _big(data[20:24]))
    if data[:6] in (b"GIF87a", b"GIF89a"):
        return Size(_little(data[6:8]), _little(data[8:10]))
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp_size(data[12:16], data[20:30])
    if data[:2] == b"\xff\xd8":
        return _jpeg_size(data)
    return None


def _webp_size(kind: bytes, body: bytes) -> Size | None:
    """By the head of the first chunk (RFC 9649): lossy, lossless, or extended."""
    if kind == b"VP8 ":
        return Size(_little(body[6:8]) & 0x3FFF, _little(body[8:10]) & 0x3FFF)
    if kind == b"VP8L":
        sides = _little(body[1:5])
        return Size((sides & 0x3FFF) + 1, (sides >> 14 & 0x3FFF) + 1)
    if kind == b"VP8X":
        return Size(_little(body[4:7]) + 1, _little(body[7:10]) + 1)
    return None


def _jpeg_size(data: bytes) -> Size | None:
    """From segment to segment as far as the frame, which has the height and then the width."""
    place = 2
    for _ in range(_MAX_SEGMENTS):
        head = data[place : place + 9]
        if len(head) < 9 or head[0] != 0xFF:
            return None
        if head[1] in _FRAMES:
            return Size(_big(head[7:9]), _big(head[5:7]))
        place += 2 + _big(head[2:4])
    return None


def _big(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _little(data: bytes) -> int:
    return int.from_bytes(data, "little")
