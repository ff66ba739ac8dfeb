"""Pictures written anew: what is kept of them, what is left out, and what cannot be shown."""

import asyncio
import io
import sqlite3
import threading
from contextlib import closing
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream, shows_file
from webapp.conversations import repainting
from webapp.conversations.pictures import Picture
from webapp.conversations.repainting import MAX_PIXELS, UNSHOWN, Painter, repainted
from webapp.standin.steps import Say

HIDDEN = b"<script>alert(document.domain)</script>"
BLUE, RED = (20, 40, 200), (200, 30, 30)


def file_of(kind: str, image: Image.Image, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def picture_of(kind: str, size: tuple[int, int] = (40, 20), mode: str = "RGB", **options: Any) -> Picture:
    image = Image.new("RGB", size, BLUE).convert(mode)
    return Picture(f"image/{kind.lower()}", file_of(kind, image, **options))


def with_words_inside(kind: str) -> Picture:
    """A picture that has a script in its head, and another after its end."""
    exif = Image.Exif()
    exif[0x010E] = HIDDEN.decode()
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


@pytest.mark.parametrize(("kind", "becomes"), [("PNG", "png"), ("JPEG", "jpeg"), ("WEBP", "webp"), ("GIF", "png")])
def test_a_picture_stays_what_it_shows_and_loses_all_else(kind: str, becomes: str) -> None:
    painted = repainted(with_words_inside(kind))
    assert (painted.media_type, painted.name) == (f"image/{becomes}", f"picture.{becomes}")
    assert b"script" not in painted.data
    with Image.open(io.BytesIO(painted.data)) as image:
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
    assert repainted(picture_of("JPEG" if mode == "CMYK" else "PNG", mode=mode)).media_type != UNSHOWN


def test_what_is_transparent_stays_so() -> None:
    clear = Picture("image/png", file_of("PNG", Image.new("RGBA", (2, 2), (0, 0, 0, 0))))
    with Image.open(io.BytesIO(repainted(clear).data)) as image:
        assert image.convert("RGBA").getpixel((0, 0)) == (0, 0, 0, 0)


def test_what_lies_on_its_side_is_set_upright() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert repainted(picture_of("JPEG", exif=exif)).size == (20, 40)


def test_of_what_moves_the_first_frame_stays() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (BLUE, RED)]
    moving = Picture("image/gif", file_of("GIF", frames[0], save_all=True, append_images=frames[1:]))
    with Image.open(io.BytesIO(repainted(moving).data)) as image:
        assert (getattr(image, "n_frames", 1), image.convert("RGB").getpixel((4, 4))) == (1, BLUE)


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
def test_what_cannot_be_decoded_is_kept_and_not_shown(data: bytes) -> None:
    painted = repainted(Picture("image/png", data))
    assert (painted.media_type, painted.name, painted.data) == (UNSHOWN, "picture.bin", data)


@given(st.data(), st.sampled_from(["PNG", "JPEG", "WEBP", "GIF"]))
def test_whatever_is_broken_in_a_file_it_is_painted_or_not_shown(draw: st.DataObject, kind: str) -> None:
    data = bytearray(picture_of(kind, (6, 6)).data)
    for place in draw.draw(st.lists(st.integers(0, len(data) - 1), max_size=6)):
        data[place] = draw.draw(st.integers(0, 255))
    painted = repainted(Picture("image/png", bytes(data)))
    assert painted.media_type in {UNSHOWN, "image/png", "image/jpeg", "image/webp"}


async def test_one_is_painted_after_the_other_beside_the_event_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread waits for the event loop: if that stood still meanwhile, neither would get on."""
    loop, at_once, most = asyncio.get_running_loop(), 0, 0

    def slow(picture: Picture) -> Picture:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        turned = threading.Event()
        loop.call_soon_threadsafe(turned.set)
        assert turned.wait(30)
        at_once -= 1
        return Picture(picture.media_type, picture.data, "painted")

    monkeypatch.setattr(repainting, "repainted", slow)
    painter = Painter()
    rounds = await asyncio.gather(*(painter.paint([Picture("image/png", b"")] * 2) for _ in range(3)))
    assert {picture.name for round_ in rounds for picture in round_} == {"painted"}
    assert most == 1


async def test_what_is_painted_already_stays_as_it_is() -> None:
    painted = Picture("image/png", b"whatever", "picture.png")
    assert await Painter().paint([painted]) == (painted,)


# The whole app


async def picture_from(client: httpx.AsyncClient, upstream: Upstream, data: bytes) -> str:
    """The address of the picture in an answer that has it."""
    model = await upstream.script("painter", Say("Here:"), shows_file(data))
    address = f"/conversations/{(await client.post('/conversations')).json()['id']}"
    await client.post(f"{address}/messages", json={"message": "Draw", "model": model})
    await client.get(f"{address}/stream")
    (picture,) = (await client.get(address)).json()["messages"][-1]["pictures"]
    return str(picture)


async def test_a_picture_is_shown_as_we_have_written_it(client: httpx.AsyncClient, upstream: Upstream) -> None:
    answer = await client.get(await picture_from(client, upstream, with_words_inside("JPEG").data))
    assert b"script" not in answer.content
    assert {
        name: answer.headers[name] for name in ("content-type", "content-disposition", "x-content-type-options")
    } == {
        "content-type": "image/jpeg",
        "content-disposition": 'inline; filename="picture.jpeg"',
        "x-content-type-options": "nosniff",
    }
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_what_cannot_be_shown_is_a_file_to_save(client: httpx.AsyncClient, upstream: Upstream) -> None:
    address = await picture_from(client, upstream, b"GIF89a" + HIDDEN)
    answer = await client.get(address)
    assert answer.headers["content-type"] == UNSHOWN
    assert answer.headers["content-disposition"] == 'attachment; filename="picture.bin"'
    assert "sandbox" in answer.headers["content-security-policy"]
    page = (await client.get("/", follow_redirects=True)).text
    conversation = page.split('href="/c/')[1].split('"')[0]
    page = (await client.get(f"/c/{conversation}")).text
    assert f'href="{address}" download' in page
    assert f'src="{address}"' not in page


async def test_a_browser_keeps_a_picture_and_asks_each_time_whether_it_may(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    address = await picture_from(client, upstream, picture_of("PNG").data)
    answer = await client.get(address)
    assert answer.headers["cache-control"] == "private, no-cache"
    asked = {"if-none-match": answer.headers["etag"]}
    again = await client.get(address, headers=asked)
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", answer.headers["etag"])
    assert (await client.get(address, headers={"if-none-match": '"another"'})).content == answer.content
    page = (await client.get("/", follow_redirects=True)).text
    conversation = page.split('href="/c/')[1].split('"')[0]
    await client.post(f"/c/{conversation}/delete")
    assert (await client.get(address, headers=asked)).status_code == 404


async def test_one_that_was_kept_before_is_painted_when_it_is_asked_for(
    client: httpx.AsyncClient, upstream: Upstream, server: AppServer
) -> None:
    address = await picture_from(client, upstream, picture_of("PNG").data)
    old = with_words_inside("GIF")
    with closing(sqlite3.connect(server.database)) as database, database:
        changed = database.execute(
            "update attachments set name = '', media_type = 'image/gif', data = ? where hex(id) = ? or id = ?",
            (old.data, address.split("/")[-1].replace("-", "").upper(), address.split("/")[-1].replace("-", "")),
        )
        assert changed.rowcount == 1
    answer = await client.get(address)
    assert (answer.headers["content-type"], b"script" in answer.content) == ("image/png", False)
