"""Pictures for tests of what becomes of them: plain ones, those with words inside, and some that mean harm."""

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

from PIL import Image, PngImagePlugin

from webapp.conversations.pictures import Picture

HIDDEN = b"<script>alert(document.domain)</script>"
BLUE = (20, 40, 200)
LARGE = 4_472  # by as much: just below twenty million pixels

_GPS = 0x8825


def file_of(kind: str, image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture_of(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> Picture:
    image = Image.new("RGB", size, BLUE).convert(mode)
    return Picture(f"image/{kind.lower()}", file_of(kind, image, **options))


def with_words_inside(kind: str) -> Picture:
    """A picture that has a script in its head, one as its place, and another after its end."""
    exif = Image.Exif()
    exif[0x010E] = HIDDEN.decode()
    exif.get_ifd(_GPS)[29] = HIDDEN.decode()
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", HIDDEN.decode())
    options: dict[str, dict[str, Any]] = {
        "PNG": {"pnginfo": info, "exif": exif, "icc_profile": HIDDEN},
        "JPEG": {"exif": exif, "comment": HIDDEN, "icc_profile": HIDDEN},
        "WEBP": {"exif": exif, "xmp": HIDDEN, "icc_profile": HIDDEN},
        "GIF": {"comment": HIDDEN},
    }
    picture = picture_of(kind, **options[kind])
    assert HIDDEN in picture.data
    return Picture(picture.media_type, picture.data + HIDDEN)


def plain(kind: str, side: int = LARGE, **options: Any) -> bytes:
    return file_of(kind, Image.new("RGB", (side, side), BLUE), **options)


def png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    """A PNG that says it has these sides, and has what it is given between its head and its end."""
    head = (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*one) for one in (head, *chunks, (b"IEND", b"")))


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _zeros(size: int) -> bytes:
    return zlib.compress(bytes(size), 9)


def frames(kind: str, number: int, **options: Any) -> bytes:
    """Something that moves, for long."""
    images = [Image.new("RGB", (4, 4), (n % 251, n % 13, n % 7)) for n in range(number)]
    return file_of(kind, images[0], save_all=True, append_images=images[1:], **options)


def scans(number: int, side: int = LARGE) -> bytes:
    """A progressive JPEG with one pass over all of its blocks after the other, each some hundred bytes long."""
    data = file_of("JPEG", Image.new("L", (side, side), 128), progressive=True)
    starts = [place for place in range(len(data) - 1) if data[place : place + 2] == b"\xff\xda"]
    last = data[starts[-1] : -2]
    return data[:-2] + last * number + b"\xff\xd9"


# By name: those that come out painted, and then those that don't, as they take too much or are broken.
HARMLESS: dict[str, Callable[[], bytes]] = {
    "a large PNG of one colour": lambda: plain("PNG"),
    "a large JPEG of one colour": lambda: plain("JPEG", progressive=True),
    "a large WebP of one colour": lambda: plain("WEBP"),
    "a large WebP that can be seen through": lambda: file_of("WEBP", Image.new("RGBA", (LARGE, LARGE), (*BLUE, 9))),
    "a GIF of thousands of frames": lambda: frames("GIF", 3_000),
    "a PNG of thousands of frames": lambda: frames("PNG", 3_000),
    "a WebP of hundreds of frames": lambda: frames("WEBP", 300),
    "a JPEG with a megabyte of comments": lambda: (
        picture_of("JPEG").data[:2] + (b"\xff\xfe\xff\xff" + b"x" * 65_533) * 16 + picture_of("JPEG").data[2:]
    ),
    "a JPEG with the largest EXIF": lambda: picture_of("JPEG", exif=b"Exif\0\0" + b"MM\0*" + bytes(65_000)).data,
    "a PNG with as much behind its end": lambda: picture_of("PNG").data + bytes(1_000_000),
}
HOSTILE: dict[str, Callable[[], bytes]] = {
    "a head alone, of 30,000 by 30,000": lambda: png(30_000, 30_000),
    "a head of 30,000 by 30,000 with a beginning": lambda: png(30_000, 30_000, (b"IDAT", _zeros(1_000_000))),
    "a head of the most pixels that PNG can say": lambda: png(2**31 - 1, 2**31 - 1, (b"IDAT", _zeros(1_000))),
    "a very long line": lambda: png(20_000_001, 1, (b"IDAT", _zeros(60_000_004))),
    "a cut PNG": lambda: plain("PNG", 400)[:-600],
    "a cut JPEG": lambda: plain("JPEG", 400)[:-600],
    "a cut WebP": lambda: plain("WEBP", 400)[:-60],
    "a WebP that says it has 16,384 by 16,384": lambda: (
        b"RIFF\x1e\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0\xff\x3f\0\xff\x3f\0VP8 \0\0\0\0"
    ),
    "text that unpacks to a hundred megabytes": lambda: png(
        8, 8, (b"zTXt", b"a\0\0" + _zeros(100_000_000)), (b"IDAT", _zeros(8 * 25))
    ),
    "many texts that unpack to much together": lambda: png(
        8, 8, *[(b"zTXt", b"a\0\0" + _zeros(1_000_000))] * 200, (b"IDAT", _zeros(8 * 25))
    ),
}
