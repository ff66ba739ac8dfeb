"""Pictures painted: what is kept of them, what is left out, and what cannot be shown."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from tests.fakes.paintings import BLUE, file_of, picture_of, with_words_inside
from webapp.conversations.pictures import Picture
from webapp.conversations.repainting import MAX_PIXELS, repainted

RED = (200, 30, 30)


def painted(picture: Picture) -> Picture:
    """What has to be painted."""
    one = repainted(picture)
    assert one is not None
    return one


@pytest.mark.parametrize(("kind", "becomes"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp"), ("GIF", "png")])
def test_a_picture_stays_what_it_shows_and_loses_all_else(kind: str, becomes: str) -> None:
    made = painted(with_words_inside(kind))
    assert (made.media_type, made.name) == (f"image/{becomes}", f"picture.{becomes}")
    assert b"script" not in made.data
    with Image.open(io.BytesIO(made.data)) as image:
        assert (image.size, getattr(image, "n_frames", 1)) == ((40, 20), 1)
        assert set(image.info) <= {
            "jfif",
            "jfif_version",
            "jfif_unit",
            "jfif_density",
            "loop",
            "background",
            "timestamp",
        }
        shown = image.convert("RGB").getpixel((20, 10))
        assert isinstance(shown, tuple)
        assert all(abs(one - other) < 12 for one, other in zip(shown, BLUE, strict=True))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK"])
def test_every_kind_of_colour_can_be_painted(mode: str) -> None:
    assert painted(picture_of("JPEG" if mode == "CMYK" else "PNG", mode=mode)).size == (40, 20)


def test_what_is_transparent_stays_so() -> None:
    clear = Picture("image/png", file_of("PNG", Image.new("RGBA", (2, 2), (0, 0, 0, 0))))
    with Image.open(io.BytesIO(painted(clear).data)) as image:
        assert image.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_what_lies_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert painted(picture_of("JPEG", exif=exif)).size == (20, 40)


def test_of_what_moves_the_first_frame_stays() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (BLUE, RED)]
    moving = Picture("image/gif", file_of("GIF", frames[0], save_all=True, append_images=frames[1:]))
    with Image.open(io.BytesIO(painted(moving).data)) as image:
        assert (getattr(image, "n_frames", 1), image.convert("RGB").getpixel((4, 4))) == (1, BLUE)


def test_of_a_telephones_picture_with_another_behind_it_the_first_stays() -> None:
    first, second = (Image.new("RGB", (8, 8), colour) for colour in (BLUE, RED))
    data = file_of("MPO", first, save_all=True, append_images=[second])
    with Image.open(io.BytesIO(painted(Picture("image/jpeg", data)).data)) as image:
        assert (image.format, getattr(image, "n_frames", 1)) == ("JPEG", 1)


def bomb() -> bytes:
    """Small as a file, and larger than any picture may be when it is unpacked."""
    side = int(MAX_PIXELS**0.5) + 1
    return file_of("PNG", Image.new("1", (side, side)))


@pytest.mark.parametrize(
    "data",
    [
        b"\x89PNG\r\n\x1a\n and so on",
        b"GIF89a",
        b"\xff\xd8\xff\xe0jfif",
        b"RIFF\0\0\0\0WEBPVP8 ",
        picture_of("PNG", (400, 400)).data[:200],
        picture_of("BMP").data,
        picture_of("TIFF").data,
        bomb(),
        b"",
    ],
)
def test_what_cannot_be_decoded_is_not_painted(data: bytes) -> None:
    assert repainted(Picture("image/png", data)) is None


@given(st.data(), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
def test_whatever_is_broken_in_a_file_it_is_painted_or_not_shown(draw: st.DataObject, kind: str) -> None:
    data = bytearray(picture_of(kind, (6, 6)).data)
    for place in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
        data[place] = draw.draw(st.integers(0, 255))
    made = repainted(Picture("image/png", bytes(data)))
    assert made is None or made.media_type in {"image/png", "image/jpeg", "image/webp"}
