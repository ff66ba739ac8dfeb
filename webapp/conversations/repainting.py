"""Pictures written anew, so that no byte of what a model sent reaches a browser's decoder as it came."""

import asyncio
import io
import logging
from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from webapp.conversations.pictures import MAX_PICTURE_BYTES, Picture

logger = logging.getLogger(__name__)

MAX_PIXELS: Final = 20_000_000  # 4096 by 4096 and some; each takes eight bytes for as long as it is painted
UNSHOWN: Final = "application/octet-stream"  # the media type of what is kept and cannot be shown

# Pillow's name of what comes, and what goes out. Of what moves, the first frame stays.
_FORMATS: Final = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WEBP", "GIF": "PNG"}
_OPTIONS: Final = {"PNG": {}, "JPEG": {"quality": 92}, "WEBP": {"quality": 92}}


class Painter:
    """Paints in a thread, one picture after the other: two large ones at once could take all the memory there is."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()

    async def paint(self, pictures: Sequence[Picture]) -> tuple[Picture, ...]:
        """Each as `repainted` has it; one that is ours already stays as it is."""
        painted = []
        for picture in pictures:
            async with self._turn:
                painted.append(picture if picture.name else await asyncio.to_thread(repainted, picture))
        return tuple(painted)


def repainted(picture: Picture) -> Picture:
    """The same picture from our own encoder, without whatever else was in the file; upright, and with a name.

    What cannot be decoded, or is too large, comes back as it is, as UNSHOWN. Takes some tenths of a second.
    """
    try:
        return _painted(picture.data)
    except Exception as error:  # a decoder breaks in many ways, and all mean the same
        logger.info("A picture of %d bytes cannot be shown: %s", len(picture.data), type(error).__name__)
        return replace(picture, media_type=UNSHOWN, name="picture.bin")


def _painted(data: bytes) -> Picture:
    from PIL import Image, ImageOps  # here: it is large, and few answers have pictures

    with Image.open(io.BytesIO(data), formats=tuple(_FORMATS)) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError("too many pixels")
        kind = _FORMATS[image.format or ""]
        upright = ImageOps.exif_transpose(image)
        plain = upright.convert("RGBA" if upright.has_transparency_data and kind != "JPEG" else "RGB")
    for name in tuple(plain.info):  # a profile, a comment, a place: encoders write some of it again
        del plain.info[name]
    out = io.BytesIO()
    plain.save(out, kind, **_OPTIONS[kind])
    if out.tell() > MAX_PICTURE_BYTES:
        raise ValueError("too many bytes")
    kind = kind.lower()
    return Picture(f"image/{kind}", out.getvalue(), f"picture.{kind}")
