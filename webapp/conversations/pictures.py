"""Pictures that a model made, out of the data URLs in which they come: raster formats only, by their first bytes."""

import base64
import binascii
from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from webapp.conversations.picture_sizes import Size, size_of

MAX_PICTURE_BYTES: Final = 12_000_000
UNSHOWN: Final = "application/octet-stream"  # the media type of what is kept and can't be shown

_SIGNATURES: Final[Mapping[str, tuple[bytes, ...]]] = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
}


class Picture(Struct, frozen=True, weakref=True):
    """A picture's bytes, and the media type that they show, whatever the model called it.

    `name` is what it is saved as; "" for one that is still as a model or a file brought it, and goes to nobody.
    """

    media_type: str
    data: bytes
    name: str = ""

    @property
    def is_shown(self) -> bool:
        return self.media_type != UNSHOWN

    @property
    def size(self) -> Size | None:
        return size_of(self.data)


def read_picture(data_url: str) -> Picture | None:
    """The picture of a data URL; None for anything else, SVG included, which can carry scripts."""
    head, comma, body = data_url.partition(",")
    if (
        not comma
        or not head.startswith("data:")
        or not head.endswith(";base64")
        or len(body) > MAX_PICTURE_BYTES * 4 // 3
    ):
        return None
    try:
        data = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        return None
    return picture_of(data)


def picture_of(data: bytes) -> Picture | None:
    """A picture out of its bytes; None if they are none."""
    media_type = _media_type(data) if len(data) <= MAX_PICTURE_BYTES else None
    return Picture(media_type, data) if media_type else None


def _media_type(data: bytes) -> str | None:
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for kind, starts in _SIGNATURES.items() if data.startswith(starts)), None)
