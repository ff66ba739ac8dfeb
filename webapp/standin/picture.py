"""Pictures made on the spot, as PNG: a sunset over the sea, and noise of any size."""

import random
import struct
import zlib
from base64 import b64encode
from functools import lru_cache
from itertools import pairwise
from typing import Final

Colour = tuple[int, int, int]

_PALETTES: Final[tuple[tuple[Colour, Colour, Colour], ...]] = (
    ((38, 43, 94), (244, 143, 96), (255, 226, 158)),
    ((16, 60, 92), (120, 190, 190), (255, 246, 214)),
    ((72, 28, 84), (232, 102, 122), (255, 205, 140)),
    ((20, 48, 60), (96, 156, 120), (236, 240, 190)),
)


@lru_cache(maxsize=8)
def sunset(seed: int, width: int = 640, height: int = 400) -> bytes:
    """A picture of a low sun over water; ``seed`` chooses the colours and the waves."""
    chance = random.Random(seed)
    top, horizon, sun = chance.choice(_PALETTES)
    sea = height * 3 // 5
    radius, centre = height // 6, chance.randrange(width // 4, width * 3 // 4)
    rows = []
    for y in range(sea):
        half = int(max(0, radius**2 - (y - sea + radius // 2) ** 2) ** 0.5)
        rows.append(_row(width, _blend(top, horizon, y / sea), sun, (centre - half, centre + half)))
    for y in range(height - sea):
        half = int(radius * chance.uniform(0.1, 1.0)) if chance.random() < 0.6 else 0
        water = _blend(_blend(horizon, top, 0.55), top, y / (height - sea))
        rows.append(_row(width, water, _blend(sun, water, 0.35), (centre - half, centre + half)))
    return _png(width, height, rows)


@lru_cache(maxsize=1)
def noise(width: int = 700, height: int = 680) -> bytes:
    """A picture that does not compress: 3 bytes a pixel, about 1.9 MB as a data URL by default."""
    chance = random.Random(0)
    return _png(width, height, [chance.randbytes(3 * width) for _ in range(height)])


def data_url(png: bytes) -> str:
    return f"data:image/png;base64,{b64encode(png).decode()}"


def _blend(start: Colour, end: Colour, share: float) -> Colour:
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(start, end, strict=True))
    return red, green, blue


def _row(width: int, colour: Colour, bright: Colour, span: tuple[int, int]) -> bytes:
    """One row in ``colour``, and ``bright`` inside the span of columns."""
    edges = (0, min(max(span[0], 0), width), min(max(span[1], 0), width), width)
    parts = zip((colour, bright, colour), pairwise(edges), strict=True)
    return b"".join(bytes(paint) * (end - begin) for paint, (begin, end) in parts)


def _png(width: int, height: int, rows: list[bytes]) -> bytes:
    """The file of an 8-bit RGB picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows), 6)
    return b"\x89PNG\r\n\x1a\n" + _part(b"IHDR", header) + _part(b"IDAT", pixels) + _part(b"IEND", b"")


def _part(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
