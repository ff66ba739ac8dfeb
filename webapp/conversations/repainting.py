"""A picture from our own encoder: the work of the sandbox, where a decoder may break and nobody else notices.

Nothing but that process imports this module's library: what it decodes, a stranger wrote.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from webapp.conversations.pictures import MAX_PICTURE_BYTES, Picture

if TYPE_CHECKING:
    from PIL import Image

MAX_PIXELS: Final = 20_000_000  # 4096 by 4096 and some

# What may come, by Pillow's names, and what goes out. Of what moves, the first frame stays; MPO is a JPEG with others
# behind it, as telephones make them.
_TAKEN: Final = ("PNG", "JPEG", "WEBP", "GIF")
_FORMATS: Final = {"PNG": "PNG", "JPEG": "JPEG", "MPO": "JPEG", "WEBP": "WEBP", "GIF": "PNG"}
# WebP's own method takes more than twice the time, for a file that is a tenth smaller.
_OPTIONS: Final[dict[str, dict[str, Any]]] = {"PNG": {}, "JPEG": {"quality": 92}, "WEBP": {"quality": 92, "method": 2}}


def paint(picture: Picture) -> Iterator[Picture | None]:
    """The job."""
    yield repainted(picture)


def repainted(picture: Picture) -> Picture | None:
    """The same picture without whatever else was in the file; upright, and with a name.

    None where it can't be decoded, or is too large.
    """
    try:
        return _painted(picture.data)
    except Exception:  # a decoder breaks in many ways, and all mean the same
        return None


def _painted(data: bytes) -> Picture:
    image, kind = _decoded(data)
    image.info.clear()  # a profile, a comment, a place: encoders write some of it again
    out = io.BytesIO()
    image.save(out, kind, **_OPTIONS[kind])
    if out.tell() > MAX_PICTURE_BYTES:
        raise ValueError("too many bytes")
    kind = kind.lower()
    return Picture(f"image/{kind}", out.getvalue(), f"picture.{kind}")


def _decoded(data: bytes) -> "tuple[Image.Image, str]":
    """The picture, and the format that it gets. The decoder and what it holds are gone after this.

    Each copy of a large one takes eighty megabytes, so there is none without need.
    """
    from PIL import Image, ImageOps

    with Image.open(io.BytesIO(data), formats=_TAKEN) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        kind = _FORMATS[image.format or ""]
        mode = "RGBA" if image.has_transparency_data and kind != "JPEG" else "RGB"
        plain = image.convert(mode)  # which is a copy in any case
    ImageOps.exif_transpose(plain, in_place=True)
    return plain, kind
