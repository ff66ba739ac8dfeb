"""Everything is in the zip, on both kinds of database, and nothing of anybody else's."""

import zipfile
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from uuid import UUID

import msgspec

from tests.fakes.apart import apart
from tests.fakes.database import on, open_database
from tests.fakes.gallery import gallery_of
from tests.fakes.household import household, move_in
from tests.fakes.scene import open_scene
from webapp.conversations.listing import View
from webapp.db.address import Address
from webapp.documents.archive import stream_archive, write_archive
from webapp.documents.closer import Closer
from webapp.documents.document import Document, DocumentPicture
from webapp.documents.store import DocumentStore

NOBODY = UUID(int=1)


def read(archive: zipfile.ZipFile) -> tuple[list[Document], list[str]]:
    """The conversations, and the names of pictures."""
    assert archive.testzip() is None
    names = archive.namelist()
    documents = [msgspec.json.decode(archive.read(one), type=Document) for one in names if one.endswith(".json")]
    return documents, [one for one in names if "pictures/" in one]


def test_everything_awkward_goes_along(address: Address, tmp_path: Path) -> None:
    apart(on(address, move_in))
    told: list[tuple[int, int]] = []

    async def work() -> int:
        async with open_database(address) as database:
            return await write_archive(
                DocumentStore(database, gallery_of(database)),
                Closer(),
                tmp_path / "all.zip",
                lambda *step: told.append(step),
            )

    count = apart(work())
    rows = household()
    assert count == len([one for one in rows["conversations"] if not one.get("deleted_at")])
    assert told[-1] == (count, count)
    with zipfile.ZipFile(tmp_path / "all.zip") as archive:
        documents, pictures = read(archive)
    kept = [one for one in rows["messages"] if not one.get("deleted_at")]
    assert sum(len(one.messages) for one in documents) == len(kept)
    assert len(pictures) == len(rows["attachments"])
    answer = next(message for message in documents[0].messages if message.pictures)
    assert answer.cost == Decimal("1234567.890123456789")
    assert answer.sources[0].url == "https://example.org/?q=%00&r='\"é"


async def test_a_zip_that_is_streamed_is_whole(address: Address) -> None:
    await on(address, move_in)
    async with open_database(address) as database:
        store = DocumentStore(database, gallery_of(database))
        pieces = [piece async for piece in stream_archive(store, Closer(), (await store.users())[0].id)]
    assert len(pieces) > 2
    with zipfile.ZipFile(BytesIO(b"".join(pieces))) as archive:
        documents, pictures = read(archive)
    assert (len(documents), len(pictures)) == (1, 1)


async def test_nobody_gets_what_belongs_to_another(address: Address) -> None:
    await on(address, move_in)
    async with open_database(address) as database:
        store = DocumentStore(database, gallery_of(database))
        assert [one async for one in store.documents(NOBODY)] == []
        assert await store.count(NOBODY) == 0
        rows = await on(address, lambda connection: list(connection.exec_driver_sql("SELECT id FROM attachments")))
        assert (
            await store.picture(NOBODY, DocumentPicture(id=str(UUID(str(rows[0][0]))), media_type="image/png")) is None
        )


async def test_those_that_were_chosen_alone_go_along_and_nobody_else_s(address: Address) -> None:
    async with open_scene(address) as scene:
        for user in (scene.alice, scene.alice, scene.bob):
            await scene.here.conversations.add_exchange(user, None, "Go", "some/model", "")
        store = DocumentStore(scene.here.database, gallery_of(scene.here.database))
        alices = [UUID(one.id) async for one in store.documents(scene.alice)]
        bobs = [UUID(one.id) async for one in store.documents(scene.bob)]

        async def ids_of(chosen: list[UUID] | View) -> list[UUID]:
            data = b"".join([piece async for piece in stream_archive(store, Closer(), scene.alice, chosen)])
            with zipfile.ZipFile(BytesIO(data)) as archive:
                return [UUID(one.id) for one in read(archive)[0]]

        assert (len(alices), len(bobs)) == (2, 1)
        assert await ids_of(alices[:1]) == alices[:1]
        assert await ids_of([*alices, *bobs]) == alices
        assert await ids_of([]) == await ids_of(View("archive")) == []
        assert await ids_of(View()) == alices
