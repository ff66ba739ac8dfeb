"""No byte of a picture leaves as it came: not on a page, by a share, in an export, however the picture came in."""

import asyncio
import base64
import re
import sqlite3
import sys
import zipfile
from contextlib import closing
from io import BytesIO
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import msgspec
import pytest

from tests.documents.test_import_routes import sent, settled
from tests.documents.test_share_routes import share
from tests.fakes.app_server import AppServer
from tests.fakes.database import open_database
from tests.fakes.documents import ASKED, document, message
from tests.fakes.eventually import eventually
from tests.fakes.paintings import HIDDEN, picture_of, plain, with_words_inside
from tests.fakes.upstream import Upstream, shows_file
from webapp.conversations.gallery import open_gallery
from webapp.conversations.pictures import UNSHOWN
from webapp.db.address import SqliteFile
from webapp.documents.archive import write_archive
from webapp.documents.closer import Closer
from webapp.documents.document import DocumentPicture
from webapp.documents.store import DocumentStore
from webapp.standin.steps import Say

MARK = b"alert(document.domain)"
KINDS = ("PNG", "JPEG", "WEBP", "GIF")

assert MARK in HIDDEN


def broken() -> bytes:
    """A photograph with its place in it, cut off before its end: it can't be painted."""
    data = with_words_inside("JPEG").data
    return data[: data.index(b"\xff\xda") + 20]


def everything() -> list[bytes]:
    return [*(with_words_inside(kind).data for kind in KINDS), broken()]


async def model_s(client: httpx.AsyncClient, upstream: Upstream, *pictures: bytes) -> UUID:
    """A conversation whose answer has the pictures, as a model sent them."""
    model = await upstream.script("painter", Say("Here:"), *map(shows_file, pictures))
    made = (await client.post("/conversations")).json()["id"]
    await client.post(f"/conversations/{made}/messages", json={"message": "Draw", "model": model})
    await client.get(f"/conversations/{made}/stream")
    return UUID(made)


async def imported(client: httpx.AsyncClient, *pictures: bytes) -> UUID:
    """A conversation that an import has made, with the pictures in it."""
    name, title = str(uuid4()), f"Imported {uuid4()}"
    taken = tuple(DocumentPicture(id=f"p{n}", media_type="image/png", data=one) for n, one in enumerate(pictures))
    made = document(ASKED, message(2, 1, "assistant", "Here:", pictures=taken), title=title)
    address = await sent(client, msgspec.json.encode(msgspec.structs.replace(made, id=name)))
    await client.post(f"{address}/confirm")
    await settled(client, address)
    page = (await client.get(address)).text
    found = re.search(r'href="/c/([0-9a-f-]{36})"[^>]*>[^<]*' + title, page)
    assert found is not None, page
    return UUID(found[1])


async def pictures_of(client: httpx.AsyncClient, conversation: UUID) -> list[str]:
    """The addresses of the pictures in its last answer."""
    return list((await client.get(f"/conversations/{conversation}")).json()["messages"][-1]["pictures"])


def unwrapped(data: bytes) -> bytes:
    """With all that is in Base64 as it is."""
    parts = re.findall(rb"[A-Za-z0-9+/]{40,}={0,2}", data)
    return b"\n".join([data, *(base64.b64decode(part[: len(part) // 4 * 4]) for part in parts)])


def unzipped(data: bytes) -> bytes:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return b"\n".join([*map(str.encode, archive.namelist()), *(archive.read(one) for one in archive.namelist())])


async def ways_out(client: httpx.AsyncClient, server: AppServer, conversation: UUID, folder: Path) -> dict[str, bytes]:
    """All that can be had of a conversation, by how."""
    shared = await share(client, conversation)
    keys = [one.rpartition("/")[2] for one in await pictures_of(client, conversation)]
    chosen = await client.post("/export/chosen", data={"id": str(conversation)})
    addresses = [
        *(f"/c/{conversation}{end}" for end in ("", ".md", ".txt", ".json", ".html")),
        f"/conversations/{conversation}",
        "/export/all",
        shared,
        *(f"{shared}/pictures/{key}" for key in keys),
    ]
    found = {one: (await client.get(one)).content for one in addresses}
    target = folder / "all.zip"
    async with open_database(SqliteFile(server.database)) as database, open_gallery(database) as gallery:
        await write_archive(DocumentStore(database, gallery), Closer(), target, lambda *_: None)
    found |= {"chosen": chosen.content, "command": target.read_bytes()}
    return {way: unwrapped(unzipped(data) if data.startswith(b"PK") else data) for way, data in found.items()}


@pytest.mark.parametrize("origin", ["import", "model"])
async def test_what_is_hidden_in_a_picture_comes_out_nowhere(
    client: httpx.AsyncClient, upstream: Upstream, server: AppServer, tmp_path: Path, origin: str
) -> None:
    pictures = everything()
    assert all(MARK in one for one in pictures)
    made = await (imported(client, *pictures) if origin == "import" else model_s(client, upstream, *pictures))
    ways = await ways_out(client, server, made, tmp_path)
    assert [way for way, data in ways.items() if MARK in data] == []
    for way in (f"/c/{made}.json", f"/c/{made}.html", "/export/all", "chosen", "command"):
        assert ways[way].count(b"\x89PNG\r\n") >= 2, way  # what can be shown is there
        assert ways[way].count(b"JFIF") >= 1, way
    for address in (await pictures_of(client, made))[:4]:
        answer = await client.get(address)
        assert (answer.status_code, MARK in answer.content) == (200, False)


async def test_a_picture_is_shown_as_we_have_written_it(client: httpx.AsyncClient, upstream: Upstream) -> None:
    made = await model_s(client, upstream, with_words_inside("JPEG").data)
    answer = await client.get((await pictures_of(client, made))[0])
    assert b"script" not in answer.content
    assert {
        name: answer.headers[name] for name in ("content-type", "content-disposition", "x-content-type-options")
    } == {
        "content-type": "image/jpeg",
        "content-disposition": 'inline; filename="picture.jpeg"',
        "x-content-type-options": "nosniff",
    }
    assert "sandbox" in answer.headers["content-security-policy"]


async def test_what_cannot_be_shown_is_a_file_to_save_for_its_owner_alone(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    made = await model_s(client, upstream, b"GIF89a" + HIDDEN)
    [address] = await pictures_of(client, made)
    answer = await client.get(address)
    assert answer.headers["content-type"] == UNSHOWN
    assert answer.headers["content-disposition"] == 'attachment; filename="picture.bin"'
    assert "sandbox" in answer.headers["content-security-policy"]
    page = (await client.get(f"/c/{made}")).text
    assert f'href="{address}" download' in page
    assert f'src="{address}"' not in page
    shared = await share(client, made)
    page = (await client.get(shared)).text
    assert "A picture that can't be shown." in page
    assert address not in page
    assert (await client.get(f"{shared}{address}")).status_code == 404


async def test_an_import_paints_without_being_asked(client: httpx.AsyncClient, server: AppServer) -> None:
    made = await imported(client, *everything())

    async def are_painted() -> bool:
        return "" not in rows(server, made)

    await eventually(are_painted)
    assert rows(server, made) == ["picture.bin", "picture.jpeg", "picture.png", "picture.png", "picture.webp"]


async def test_one_that_was_kept_before_is_painted_at_its_first_request_and_once(
    client: httpx.AsyncClient, upstream: Upstream, server: AppServer
) -> None:
    made = await model_s(client, upstream, picture_of("PNG").data)
    [address] = await pictures_of(client, made)
    as_it_came(server, made, plain("PNG"))
    shared = await share(client, made)
    answers = await asyncio.gather(*(client.get(f"{shared}{address}") for _ in range(24)))
    assert {(one.status_code, one.headers["content-type"]) for one in answers} == {(200, "image/png")}
    assert len({one.content for one in answers}) == 1
    assert rows(server, made) == ["picture.png"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
async def test_the_server_itself_decodes_nothing(
    client: httpx.AsyncClient, upstream: Upstream, server: AppServer
) -> None:
    made = await model_s(client, upstream, *(picture_of(kind).data for kind in KINDS))
    for address in await pictures_of(client, made):
        assert (await client.get(address)).status_code == 200
    loaded = await asyncio.to_thread(Path(f"/proc/{server.pid}/maps").read_text)
    assert "/PIL/" not in loaded
    assert "pillow.libs" not in loaded


def rows(server: AppServer, conversation: UUID) -> list[str]:
    """The names of a conversation's pictures, as they are kept."""
    query = "select a.name from attachments a join messages m on m.id = a.message_id where m.conversation_id = ?"
    with closing(sqlite3.connect(server.database)) as database:
        return sorted(name for (name,) in database.execute(query, (conversation.hex,)))


def as_it_came(server: AppServer, conversation: UUID, data: bytes) -> None:
    """Makes a conversation's picture one that was kept before pictures were painted."""
    change = """update attachments set name = '', media_type = 'image/png', data = ?
        where message_id in (select id from messages where conversation_id = ?)"""
    with closing(sqlite3.connect(server.database)) as database, database:
        assert database.execute(change, (data, conversation.hex)).rowcount == 1
