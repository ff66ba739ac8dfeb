"""Pictures out of data URLs, and whose they are."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conversations.conftest import NOW, Cast
from tests.fakes.gallery import gallery_of
from webapp.conversations.messages import KeptPicture, Receipt, Rendering, Status
from webapp.conversations.picture_sizes import size_of
from webapp.conversations.pictures import Picture, read_picture
from webapp.conversations.replies_store import Ending, Progress
from webapp.db.types import new_id
from webapp.web.refusals import NotFoundError

PNG = b"\x89PNG\r\n\x1a\n and so on"


def data_url(data: bytes, kind: str = "image/png") -> str:
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0jfif", "image/jpeg"),
        (b"GIF89a.", "image/gif"),
        (b"RIFF\0\0\0\0WEBPVP8 ", "image/webp"),
    ],
)
def test_a_picture_is_what_its_first_bytes_say(data: bytes, kind: str) -> None:
    assert read_picture(data_url(data, "image/anything")) == Picture(kind, data)


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/x.png",
        "data:image/png,abc",
        "data:image/png;base64,!!",
        "data:image/png;base64,",
        data_url(b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "image/svg+xml"),
        data_url(b"<html><script>x()</script>", "image/png"),
        "javascript:alert(1)",
        "",
    ],
)
def test_anything_else_is_no_picture(url: str) -> None:
    assert read_picture(url) is None


async def test_a_picture_is_its_owners(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "Draw", "m", "c1")
    progress = Progress(exchange.answer.id, "Here", "", ())
    pictures = (Picture("image/png", PNG), Picture("image/gif", b"GIF89a"))
    await cast.replies.end(Ending(progress, Status.COMPLETE, Receipt(), Rendering("", ""), 1, pictures), NOW)
    message = await cast.conversations.find_message(cast.alice, exchange.answer.id)
    first, second = (picture.id for picture in message.pictures)
    assert (await gallery_of(cast.database).picture(cast.alice, first)).data == PNG
    assert (await gallery_of(cast.database).picture(cast.alice, second)).media_type == "image/gif"
    window = await cast.conversations.window(cast.alice, exchange.conversation.id)
    assert window.messages[-1].pictures == (KeptPicture(first), KeptPicture(second))
    for owner, picture in ((cast.bob, first), (cast.alice, new_id())):
        with pytest.raises(NotFoundError):
            await gallery_of(cast.database).picture(owner, picture)
    await cast.conversations.delete(cast.alice, exchange.conversation.id)
    with pytest.raises(NotFoundError):
        await gallery_of(cast.database).picture(cast.alice, first)


async def test_a_picture_is_kept_with_its_size(cast: Cast) -> None:
    exchange = await cast.conversations.add_exchange(cast.alice, None, "Draw", "m", "c1")
    progress, pictures = Progress(exchange.answer.id, "Here", "", ()), (Picture("image/png", SIZED["png"]),)
    await cast.replies.end(Ending(progress, Status.COMPLETE, Receipt(), Rendering("", ""), 1, pictures), NOW)
    (kept,) = (await cast.conversations.find_message(cast.alice, exchange.answer.id)).pictures
    assert (kept.width, kept.height) == (640, 480)


# Sizes


SIZED = {
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\x02\x80\0\0\x01\xe0",
    "gif": b"GIF89a\x80\x02\xe0\x01",
    "webp, lossy": b"RIFF\0\0\0\0WEBPVP8 \0\0\0\0\0\0\0\x9d\x01\x2a\x80\x02\xe0\x01",
    "webp, lossless": b"RIFF\0\0\0\0WEBPVP8L\0\0\0\0\x2f" + (639 | 479 << 14).to_bytes(4, "little"),
    "webp, extended": b"RIFF\0\0\0\0WEBPVP8X\0\0\0\0\0\0\0\0\x7f\x02\0\xdf\x01\0",
    "jpeg": b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x0b\x08\x01\xe0\x02\x80\x03",
}


@pytest.mark.parametrize("kind", SIZED)
def test_a_size_is_read_from_the_head(kind: str) -> None:
    assert size_of(SIZED[kind]) == (640, 480)


@pytest.mark.parametrize("kind", SIZED)
def test_half_a_head_has_no_size(kind: str) -> None:
    assert (640, 480) not in {size_of(SIZED[kind][:length]) for length in range(len(SIZED[kind]) - 4)}


def test_a_jpeg_without_an_end_is_given_up() -> None:
    assert size_of(b"\xff\xd8" + b"\xff\xe0\0\2" * 10_000) is None


def test_a_size_that_no_picture_has_is_none() -> None:
    assert size_of(b"GIF89a\0\0\xe0\x01") is None
    assert size_of(b"GIF89a\xff\xff\xe0\x01") is None


@given(start=st.sampled_from([b"", *(data[:21] for data in SIZED.values())]), rest=st.binary(max_size=200))
def test_whatever_the_bytes_a_size_can_be_or_is_none(start: bytes, rest: bytes) -> None:
    size = size_of(start + rest)
    assert size is None or all(0 < side <= 20_000 for side in size)
