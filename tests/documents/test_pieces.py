"""A large conversation of a file waits in pieces, and comes in whole, once, or not at all."""

from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from tests.documents.conftest import Cast
from tests.documents.test_imports import PNG, exported, item, renamed
from tests.fakes.documents import ASKED, document, message
from webapp.accounts.storage import NoRoomError
from webapp.accounts.storage_store import Quota, Storage
from webapp.db.tables import ImportPiece
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.imports import pieces, pieces_store
from webapp.documents.imports.items import Item
from webapp.documents.imports.pieces import PIECE_BYTES, Piece, Pieces, in_pieces
from webapp.documents.imports.reading_job import Batch, Sent, read_file
from webapp.documents.imports.store import ImportStore

PICTURES = tuple(DocumentPicture(id=f"p{n}", media_type="image/png", data=PNG + bytes([n])) for n in range(2))
TREE = document(
    ASKED,
    message(2, 1, "assistant", "Look.", pictures=PICTURES),
    message(3, 2, "user", "And now?"),
    message(4, 3, "assistant", "This.", pictures=PICTURES[:1]),
)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each message and each picture is a piece."""
    monkeypatch.setattr(pieces, "PIECE_BYTES", 20)


def apart(value: Document) -> tuple[Item, list[Piece]]:
    whole = item(msgspec.to_builtins(value))
    parts = [one for group in in_pieces(whole.document or b"") for one in group.pieces]
    return replace(whole, document=None, is_in_pieces=True), parts


async def sent(store: ImportStore, owner: UUID, value: Document) -> UUID:
    """A file that is read, and confirmed."""
    key = await store.begin(owner, "file.json")
    one, parts = apart(value)
    await store.add_items(owner, key, 0, [one])
    for part in parts:
        await store.add_pieces(owner, key, 0, [part])
    await store.turn(owner, key, "reading", "ready")
    await store.turn(owner, key, "ready", "importing")
    return key


async def waiting(cast: Cast) -> int:
    async with cast.database.read() as session:
        return await session.scalar(select(func.count()).select_from(ImportPiece)) or 0


@pytest.mark.usefixtures("small")
async def test_pieces_become_the_whole_conversation_and_are_let_go_of(cast: Cast) -> None:
    picture = ["picture", "more", "more"]
    kinds = [one.kind for one in apart(TREE)[1]]
    assert kinds == ["outline", "messages", "messages", *picture, *picture, "messages", "messages", *picture]
    key = await sent(cast.imports, cast.alice, TREE)
    assert await waiting(cast) == len(kinds)
    assert await cast.imports.bring_in(cast.alice, key)
    assert not await cast.imports.bring_in(cast.alice, key)
    [made] = await exported(cast.documents, cast.alice)
    assert [(one.content, one.parent_id, len(one.pictures)) for one in renamed(made).messages] == [
        (one.content, one.parent_id, len(one.pictures)) for one in renamed(TREE).messages
    ]
    assert len(made.branch) == 4
    assert await waiting(cast) == 0
    assert await Storage(cast.database).recount(cast.alice) == 0


@pytest.mark.usefixtures("small")
async def test_a_conversation_that_is_here_takes_from_pieces_what_is_new(cast: Cast) -> None:
    before = replace(TREE, messages=TREE.messages[:2], active_leaf_id=TREE.messages[1].id)
    await cast.imports.bring_in(cast.alice, await sent(cast.imports, cast.alice, before))
    await cast.imports.delete(cast.alice, (await cast.imports.latest(cast.alice)).id)  # type: ignore[union-attr]
    key = await sent(cast.imports, cast.alice, TREE)
    await cast.imports.bring_in(cast.alice, key)
    [made] = await exported(cast.documents, cast.alice)
    assert [(one.content, len(one.pictures)) for one in made.branch] == [
        (one.content, len(one.pictures)) for one in TREE.messages
    ]


@pytest.mark.usefixtures("small")
async def test_what_breaks_off_between_pieces_leaves_nothing_half_done(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await sent(cast.imports, cast.alice, TREE)
    count = await waiting(cast)
    with monkeypatch.context() as broken:
        broken.setattr(pieces_store, "add_picture", _dies)
        with pytest.raises(OSError, match="died"):
            await cast.imports.bring_in(cast.alice, key)
    assert await cast.documents.count(cast.alice) == 0
    assert await waiting(cast) == count
    assert await cast.imports.bring_in(cast.alice, key)
    assert await cast.documents.count(cast.alice) == 1


async def _dies(*_: object) -> None:
    raise OSError("died")


@pytest.mark.usefixtures("small")
async def test_pieces_count_as_long_as_they_wait(cast: Cast) -> None:
    storage = Storage(cast.database)
    key = await sent(cast.imports, cast.alice, TREE)
    assert (await storage.used(cast.alice)).total > sum(500 + len(one.data) for one in apart(TREE)[1])
    assert await storage.recount(cast.alice) == 0
    await cast.imports.delete(cast.alice, key)
    assert (await storage.used(cast.alice)).total == 0
    assert await waiting(cast) == 0


@pytest.mark.usefixtures("small")
async def test_pieces_for_which_there_is_no_room_fail_the_import(cast: Cast) -> None:
    with pytest.raises(NoRoomError):
        await sent(ImportStore(cast.database, Quota(2_500)), cast.alice, TREE)
    assert (await cast.imports.latest(cast.alice)).state == "failed"  # type: ignore[union-attr]
    assert (await Storage(cast.database).used(cast.alice)).total == 0


def test_a_large_conversation_is_read_in_pieces_and_a_small_one_at_once(tmp_path: Path) -> None:
    large = replace(TREE, id="large", messages=tuple(replace(one, content="x" * 600_000) for one in TREE.messages))
    path = tmp_path / "a.json"
    path.write_bytes(msgspec.json.encode([TREE, large, replace(TREE, id="last")]))
    batch, *parts, last = read_file(Sent(str(path), 10**8, 10**6))
    assert isinstance(batch, Batch)
    assert [one.is_in_pieces for one in batch.items] == [False, True]
    assert isinstance(last, Batch)
    groups = [one for one in parts if isinstance(one, Pieces)]
    assert len(groups) == len(parts) >= 3
    numbers = [one.number for group in groups for one in group.pieces]
    assert numbers == list(range(len(numbers)))
    assert max(sum(len(one.data) for one in group.pieces) for group in groups) <= PIECE_BYTES
