"""What is kept is painted once, by whoever asks first, and goes to nobody before."""

import asyncio
from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from tests.conversations.conftest import NOW, Cast
from tests.fakes.eventually import eventually
from tests.fakes.paintings import picture_of, with_words_inside
from webapp.conversations import gallery as module
from webapp.conversations.gallery import Gallery, open_gallery
from webapp.conversations.painter import Painter
from webapp.conversations.pictures import UNSHOWN, Picture
from webapp.conversations.pictures_store import PictureStore
from webapp.db.tables import Attachment as AttachmentRow
from webapp.db.types import new_id
from webapp.sandbox.sandbox import Sandbox
from webapp.web.refusals import NotFoundError, UnavailableError

CAME = Picture("image/gif", b"GIF89a, as it came")
DONE = Picture("image/png", picture_of("PNG").data, "picture.png")
BROKEN = Picture(UNSHOWN, CAME.data, "picture.bin")


class GatedPainter(Painter):
    """Gives what it is set to give, when the gate is open, and counts."""

    def __init__(self, result: Picture = DONE, *, is_open: bool = True) -> None:
        super().__init__(Sandbox())
        self.result = result
        self.begun = list[UUID]()
        self.at_once = self.most_at_once = 0
        self.gate = asyncio.Event()
        if is_open:
            self.gate.set()

    async def paint(
        self, pictures: Sequence[Picture], owner: UUID, *, within: float | None = None
    ) -> tuple[Picture, ...]:
        self.begun.append(owner)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await self.gate.wait()
        self.at_once -= 1
        return tuple([self.result for _ in pictures])


def gallery(cast: Cast, painter: Painter) -> Gallery:
    return Gallery(PictureStore(cast.database), painter)


async def kept(cast: Cast, owner: UUID, *pictures: Picture) -> tuple[UUID, list[UUID]]:
    """A conversation with pictures as an import brings them, and their ids."""
    exchange = await cast.conversations.add_exchange(owner, None, "Draw", "m", f"{new_id()}")
    rows = [
        {
            "id": new_id(),
            "message_id": exchange.question.id,
            "name": one.name,
            "media_type": one.media_type,
            "size": len(one.data),
            "data": one.data,
            "created_at": NOW,
        }
        for one in pictures
    ]
    async with cast.database.write() as session:
        await session.execute(insert(AttachmentRow), rows)
    return exchange.conversation.id, [row["id"] for row in rows if isinstance(row["id"], UUID)]


async def row(cast: Cast, picture_id: UUID) -> tuple[object, ...]:
    columns = (AttachmentRow.name, AttachmentRow.media_type, AttachmentRow.size, AttachmentRow.width)
    async with cast.database.read() as session:
        return tuple((await session.execute(select(*columns).where(AttachmentRow.id == picture_id))).one())


async def test_the_first_who_asks_has_it_painted_and_kept(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter()
    for _ in range(3):
        assert await gallery(cast, painter).picture(cast.alice, key) == DONE
    assert len(painter.begun) == 1
    assert await row(cast, key) == ("picture.png", "image/png", len(DONE.data), 40)


async def test_many_who_ask_at_once_have_it_painted_once(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter(is_open=False)
    one = gallery(cast, painter)
    asking = [asyncio.create_task(one.picture(cast.alice, key)) for _ in range(24)]
    await eventually(lambda: _holds(painter.begun))
    painter.gate.set()
    assert set(await asyncio.gather(*asking)) == {DONE}
    assert len(painter.begun) == 1


async def test_of_two_processes_that_paint_it_the_first_ones_stays(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    slow, quick = GatedPainter(Picture("image/png", b"later", "late.png"), is_open=False), GatedPainter()
    waiting = asyncio.create_task(gallery(cast, slow).picture(cast.alice, key))
    await eventually(lambda: _holds(slow.begun))
    assert await gallery(cast, quick).picture(cast.alice, key) == DONE
    slow.gate.set()
    assert await waiting == DONE


async def test_what_cannot_be_painted_is_remembered_as_such(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter(BROKEN)
    for _ in range(2):
        assert await gallery(cast, painter).picture(cast.alice, key) == BROKEN
    assert len(painter.begun) == 1
    assert (await row(cast, key))[:2] == ("picture.bin", UNSHOWN)


async def test_what_cannot_be_painted_now_is_not_shown_and_is_tried_again(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter(CAME)
    one = gallery(cast, painter)
    with pytest.raises(UnavailableError) as caught:
        await one.picture(cast.alice, key)
    assert caught.value.retry_after
    assert (await row(cast, key))[:2] == ("", "image/gif")
    painter.result = DONE
    assert await one.picture(cast.alice, key) == DONE


async def test_a_request_waits_for_a_while_and_its_picture_is_painted_all_the_same(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter(is_open=False)
    one = gallery(cast, painter)
    for _ in range(2):
        with pytest.raises(UnavailableError):
            await one.picture(cast.alice, key)
    painter.gate.set()

    async def is_painted() -> bool:
        return (await row(cast, key))[0] == "picture.png"

    await eventually(is_painted)
    assert len(painter.begun) == 1


async def test_pictures_of_one_owner_keep_no_place_that_another_needs(cast: Cast) -> None:
    """A hundred of Alice's are asked for, and Bob's is next."""
    _, alices = await kept(cast, cast.alice, *[CAME] * 100)
    _, [bobs] = await kept(cast, cast.bob, CAME)
    painter = GatedPainter(is_open=False)
    one = gallery(cast, painter)
    async with one.running():
        asking = [asyncio.create_task(one.picture(cast.alice, key)) for key in alices]
        await eventually(lambda: _holds(painter.begun))
        asking.append(asyncio.create_task(one.picture(cast.bob, bobs)))

        async def is_bobs_turn() -> bool:
            return painter.begun == [cast.alice, cast.bob]

        await eventually(is_bobs_turn)
        assert painter.most_at_once == 2
        painter.gate.set()
        assert set(await asyncio.gather(*asking)) == {DONE}
    assert painter.most_at_once == 2


async def test_one_owner_has_so_many_waiting_and_no_more(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING", 2)
    _, keys = await kept(cast, cast.alice, CAME, CAME, CAME)
    _, [bobs] = await kept(cast, cast.bob, CAME)
    painter = GatedPainter(is_open=False)
    one = gallery(cast, painter)
    asking = [asyncio.create_task(one.picture(cast.alice, key)) for key in keys]
    done, waiting = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
    assert [type(task.exception()) for task in done] == [UnavailableError]
    painter.gate.set()
    assert await one.picture(cast.bob, bobs) == DONE
    assert set(await asyncio.gather(*waiting)) == {DONE}


async def test_a_picture_is_its_owners(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter()
    for owner, picture in ((cast.bob, key), (cast.alice, new_id())):
        with pytest.raises(NotFoundError):
            await gallery(cast, painter).picture(owner, picture)
    assert painter.begun == []


async def test_all_of_a_conversation_are_painted_and_none_of_another(cast: Cast) -> None:
    conversation, keys = await kept(cast, cast.alice, CAME, DONE, CAME)
    _, [other] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter()
    await gallery(cast, painter).paint_all(cast.alice, conversation)
    assert [(await row(cast, key))[0] for key in keys] == ["picture.png"] * 3
    assert (await row(cast, other))[0] == ""
    assert len(painter.begun) == 2


async def test_who_needs_all_of_a_conversation_hears_that_one_is_not_painted(cast: Cast) -> None:
    conversation, _ = await kept(cast, cast.alice, CAME)
    painter = GatedPainter(CAME)
    with pytest.raises(UnavailableError):
        await gallery(cast, painter).paint_all(cast.alice, conversation)
    assert len(painter.begun) == 3


async def test_what_came_is_painted_by_the_sandbox(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, with_words_inside("JPEG"))
    async with open_gallery(cast.database) as one:
        picture = await one.picture(cast.alice, key)
    assert (picture.media_type, picture.name) == ("image/jpeg", "picture.jpeg")
    assert b"script" not in picture.data


async def test_at_the_end_nothing_is_painted_any_more(cast: Cast) -> None:
    _, [key] = await kept(cast, cast.alice, CAME)
    painter = GatedPainter(is_open=False)
    one = gallery(cast, painter)
    async with one.running():
        asking = asyncio.create_task(one.picture(cast.alice, key))
        await eventually(lambda: _holds(painter.begun))
    with pytest.raises(UnavailableError):
        await asking
    assert (await row(cast, key))[0] == ""


async def _holds(begun: list[UUID]) -> bool:
    return bool(begun)


async def test_those_who_get_the_same_picture_at_once_share_it(cast: Cast) -> None:
    """Twenty readers of a picture of 12 MB would take 240 MB otherwise."""
    _, [picture_id] = await kept(cast, cast.alice, DONE)
    ours = gallery(cast, GatedPainter())
    first, *others = await asyncio.gather(*(ours.picture(cast.alice, picture_id) for _ in range(5)))
    assert all(one is first for one in others)


async def test_a_picture_that_is_being_sent_is_not_for_others(cast: Cast) -> None:
    conversation, [picture_id] = await kept(cast, cast.alice, DONE)
    ours = gallery(cast, GatedPainter())
    held = await ours.picture(cast.alice, picture_id)
    with pytest.raises(NotFoundError):
        await ours.picture(cast.bob, picture_id)
    await cast.conversations.delete(cast.alice, conversation)
    with pytest.raises(NotFoundError):
        await ours.picture(cast.alice, picture_id)
    assert held.data == DONE.data
