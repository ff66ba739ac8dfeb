"""Pictures out of data URLs, and whose they are."""

import base64

import pytest

from tests.conversations.conftest import NOW, Cast
from webapp.conversations.messages import Receipt, Status
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
    await cast.replies.end(
        Ending(
            progress, Status.COMPLETE, Receipt(), "", 1, (Picture("image/png", PNG), Picture("image/gif", b"GIF89a"))
        ),
        NOW,
    )
    message = await cast.conversations.find_message(cast.alice, exchange.answer.id)
    first, second = message.pictures
    assert (await cast.conversations.picture(cast.alice, first)).data == PNG
    assert (await cast.conversations.picture(cast.alice, second)).media_type == "image/gif"
    window = await cast.conversations.window(cast.alice, exchange.conversation.id)
    assert window.messages[-1].pictures == (first, second)
    for owner, picture in ((cast.bob, first), (cast.alice, new_id())):
        with pytest.raises(NotFoundError):
            await cast.conversations.picture(owner, picture)
    await cast.conversations.delete(cast.alice, exchange.conversation.id)
    with pytest.raises(NotFoundError):
        await cast.conversations.picture(cast.alice, first)
