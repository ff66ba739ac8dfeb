"""One file of an owner at a time, and none for which there is no room: asked before any of it is read."""

import asyncio
import re
import secrets
import sqlite3
import zipfile
from collections.abc import AsyncIterator, Callable
from contextlib import closing, suppress
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple
from uuid import uuid4

import httpx
import msgspec
import pytest
from sqlalchemy import update

from tests.documents.conftest import Cast
from tests.fakes import exports
from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from webapp.accounts.storage import NoRoomError
from webapp.accounts.storage_store import Quota, Storage
from webapp.db.clock import moment
from webapp.db.tables import Upload
from webapp.documents.imports.claims_store import Claims
from webapp.documents.imports.coming import Claim, Coming
from webapp.documents.imports.items import Item
from webapp.documents.imports.store import SILENT_AFTER, ImportStore
from webapp.web import uploads
from webapp.web.refusals import ConflictError
from webapp.web.uploads import TooSlowError, steady

pytestmark = pytest.mark.own_server  # its user is full

MOST = 6_000_000
HEAD = b'--b\r\ncontent-disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
TYPE = {"content-type": "multipart/form-data; boundary=b"}


@pytest.fixture(scope="module")
def temporary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("temporary")


@pytest.fixture(scope="module")
def server_environ(temporary: Path) -> dict[str, str]:
    return {"MAX_BYTES_PER_USER": str(MOST), "MAX_IMPORT_BYTES": "100000000", "TMPDIR": str(temporary)}


class Sender(NamedTuple):
    """A connection on which a file comes."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    async def status(self) -> int:
        line = await self.reader.readline()
        return int(line.split()[1])

    def hang_up(self) -> None:
        self.writer.transport.abort()


async def begun(server: AppServer, size: int, first: bytes = HEAD) -> Sender:
    """An upload that says how much there is, and sends the beginning."""
    sender = Sender(*await asyncio.open_connection("127.0.0.1", server.port))
    head = f"POST /import HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: {size}\r\n"
    sender.writer.write(f"{head}Content-Type: {TYPE['content-type']}\r\n\r\n".encode() + first)
    with suppress(ConnectionError):
        await sender.writer.drain()
    return sender


def on_disk(folder: Path) -> list[Path]:
    return list(folder.glob("upload-*"))


async def test_of_ten_uploads_at_once_one_is_taken_and_nine_are_refused_with_no_byte_on_the_disk(
    server: AppServer, client: httpx.AsyncClient, temporary: Path
) -> None:
    senders = await asyncio.gather(*(begun(server, 1_000_000, HEAD + b"x" * 50_000) for _ in range(10)))
    answers = [asyncio.create_task(one.status()) for one in senders]
    await until(lambda: sum(one.done() for one in answers) == 9)
    assert [one.result() for one in answers if one.done()] == [409] * 9
    await until(lambda: len(on_disk(temporary)) == 1)
    refused = await client.post("/import", files={"file": b"[]"})
    assert refused.status_code == 409
    assert "Another import is under way" in refused.text
    for answer, sender in zip(answers, senders, strict=True):
        answer.cancel()
        sender.hang_up()
    await taken_again(client)
    await until(lambda: not on_disk(temporary))


async def until(holds: Callable[[], bool]) -> None:
    async def looked_at() -> bool:
        return holds()

    await eventually(looked_at)


async def taken_again(client: httpx.AsyncClient) -> None:
    """As soon as the server has found out that the one before has hung up."""

    async def is_taken() -> bool:
        return (await client.post("/import", files={"file": b"Dear aunt,"})).status_code == 303

    await eventually(is_taken, within=15)  # less than it takes for a claim to end by itself


async def test_a_file_that_says_it_is_larger_than_the_room_there_is_is_not_read(
    server: AppServer, client: httpx.AsyncClient, temporary: Path
) -> None:
    sender = await begun(server, MOST + 1_000_000, b"")
    async with asyncio.timeout(30):
        assert await sender.status() == 413
        page = (await sender.reader.readuntil(b"this takes 6.99 MB")).decode()
    sender.hang_up()
    assert "There&#39;s no room left for this: you use" in page
    assert "of 6 MB, and this takes 6.99 MB" in page
    assert not on_disk(temporary)


async def test_a_file_without_a_length_is_read_as_far_as_there_is_room(
    client: httpx.AsyncClient, temporary: Path
) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield HEAD
        for _ in range(2_000):
            yield b" " * 100_000

    response = await client.post("/import", content=endless(), headers=TYPE)
    assert response.status_code == 413
    assert "no room left" in response.text
    assert not on_disk(temporary)


async def test_a_file_that_comes_to_more_than_there_is_room_for_says_so_and_leaves_nothing(
    server: AppServer, client: httpx.AsyncClient
) -> None:
    before = used(server)
    many = [exports.claude(key=str(uuid4())) for _ in range(12)]
    for one in many:
        one["chat_messages"][0]["content"] = [{"type": "text", "text": secrets.token_hex(5_000) * 60}]
    data = msgspec.json.encode(many)
    packed = await client.post("/import", files={"file": ("all.zip", zipped(data))})
    assert packed.status_code == 303, packed.text
    page = await settled(client, packed.headers["location"])
    assert "no room left" in page
    assert "Bring them in" not in page
    assert used(server) <= before + 100_000


def zipped(data: bytes) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", data)
    return packed.getvalue()


async def settled(client: httpx.AsyncClient, address: str) -> str:
    async def is_settled() -> bool:
        return 'aria-busy="true"' not in (await client.get(address)).text

    await eventually(is_settled)
    return (await client.get(address)).text


def used(server: AppServer) -> int:
    with closing(sqlite3.connect(server.database)) as connection:
        return int(connection.execute("SELECT coalesce(sum(bytes), 0) FROM storage").fetchone()[0])


async def test_forks_are_made_until_there_is_no_room_and_none_passes_it(
    server: AppServer, client: httpx.AsyncClient
) -> None:
    one = exports.claude(key=str(uuid4()))
    one["chat_messages"][0]["content"] = [{"type": "text", "text": "x" * 300_000}]
    address = (await client.post("/import", files={"file": msgspec.json.encode([one])})).headers["location"]
    await settled(client, address)
    await client.post(f"{address}/confirm")
    await settled(client, address)
    [place] = re.findall(r"/c/[0-9a-f-]{36}", (await client.get(address)).text)[:1]
    forked = re.findall(r"/messages/[0-9a-f-]{36}/fork", (await client.get(place)).text)[-1]
    made = 0
    for _ in range(5):
        answers = await asyncio.gather(*(client.post(forked) for _ in range(8)))
        made += sum(each.status_code == 303 for each in answers)
        refused = [each for each in answers if each.status_code != 303]
        assert {each.status_code for each in refused} <= {413}
        assert all("no room left" in each.text for each in refused)
    assert 5 < made < 25
    assert MOST - 700_000 < used(server) <= MOST
    assert await sends_until_refused(client) <= 3
    await client.post("/c/chosen", data={"do": "delete", "all": "on", "shelf": ""})
    await client.post("/deleted/clear")


async def sends_until_refused(client: httpx.AsyncClient) -> int:
    """By the API, each into a conversation of its own; returns how many were taken."""
    for taken in range(10):
        made = await client.post("/conversations", json={})
        message = {"message": "y" * 250_000, "client_id": uuid4().hex}
        if made.status_code == 201:
            made = await client.post(f"/conversations/{made.json()['id']}/messages", json=message)
        if made.status_code == 413:
            assert made.json()["code"] == "no_room"
            assert "no room left" in made.json()["detail"]
            return taken
        assert made.status_code == 201, made.text
    raise AssertionError


# In the stores


async def test_a_place_is_one_s_own_until_it_is_given_back(cast: Cast) -> None:
    claims = Claims(cast.database)
    first = await claims.take(cast.alice)
    with pytest.raises(ConflictError, match="Another import is under way"):
        await claims.take(cast.alice)
    await claims.give_back(cast.bob, first)  # which is not his
    await claims.take(cast.bob)
    await claims.keep(cast.alice, first)
    await claims.give_back(cast.alice, first)
    await claims.take(cast.alice)


async def test_of_many_who_ask_at_once_one_gets_the_place(cast: Cast) -> None:
    tries = await asyncio.gather(*(Claims(cast.database).take(cast.alice) for _ in range(10)), return_exceptions=True)
    assert sum(isinstance(one, ConflictError) for one in tries) == 9


async def test_a_place_without_a_sign_of_life_is_another_s_and_the_first_hears_of_it(cast: Cast) -> None:
    claims = Claims(cast.database)
    first = await claims.take(cast.alice)
    async with cast.database.write() as session:
        await session.execute(update(Upload).values(heartbeat_at=moment(SILENT_AFTER * 2)))
    second = await claims.take(cast.alice)
    with pytest.raises(ConflictError):
        await claims.keep(cast.alice, first)
    await claims.give_back(cast.alice, first)
    await claims.keep(cast.alice, second)


async def test_while_an_import_is_worked_on_no_file_may_come(cast: Cast) -> None:
    key = await cast.imports.begin(cast.alice, "a.json")
    with pytest.raises(ConflictError):
        await Claims(cast.database).take(cast.alice)
    await cast.imports.turn(cast.alice, key, "reading", "ready")
    await Claims(cast.database).take(cast.alice)


async def test_a_place_is_given_back_whatever_happens_to_the_upload(cast: Cast) -> None:
    coming = Coming(Claims(cast.database), Storage(cast.database))
    for error in (ConnectionError, asyncio.CancelledError):
        with pytest.raises(error):
            async with coming.claimed(cast.alice):
                raise error
    async with coming.claimed(cast.alice):
        pass


async def test_a_heartbeat_is_given_while_bytes_come(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("webapp.documents.imports.coming.HEARTBEAT", 0.0)
    claims = Claims(cast.database)
    async with Coming(claims, Storage(cast.database)).claimed(cast.alice) as claim:
        async with cast.database.write() as session:
            await session.execute(update(Upload).values(heartbeat_at=moment(SILENT_AFTER * 2)))
        await claim.watch(10)
        with pytest.raises(ConflictError):
            await claims.take(cast.alice)


async def test_what_has_come_is_held_against_what_there_was_room_for() -> None:
    claim = Claim(SimpleNamespace(), uuid4(), uuid4())  # type: ignore[arg-type]  # it isn't asked
    await claim.watch(10**15)
    claim.used, claim.most = 700_000, 1_000_000
    await claim.watch(200_000)
    with pytest.raises(NoRoomError, match="you use 700 kB of 1 MB, and this takes 300 kB"):
        await claim.watch(300_000)


async def test_items_for_which_there_is_no_room_fail_the_import_and_none_of_them_waits(cast: Cast) -> None:
    imports = ImportStore(cast.database, Quota(30_000))
    key = await imports.begin(cast.alice, "a.json")
    await imports.add_items(cast.alice, key, 0, [Item("Small", "It's broken.")])
    with pytest.raises(NoRoomError):
        await imports.add_items(cast.alice, key, 1, [Item("Large", "x" * 40_000)])
    found = await imports.find(cast.alice, key)
    assert found.state == "failed"
    assert "no room left" in found.problem
    assert (await imports.tally(cast.alice, key)).bad == 0
    assert (await Storage(cast.database).used(cast.alice)).total == 0


async def test_what_finds_no_room_when_it_is_brought_in_waits_until_there_is(cast: Cast) -> None:
    from tests.documents.test_imports import item

    key = await cast.imports.begin(cast.alice, "a.json")
    await cast.imports.add_items(cast.alice, key, 0, [item(exports.claude(key=str(uuid4())))])
    await cast.imports.turn(cast.alice, key, "reading", "ready")
    await cast.imports.turn(cast.alice, key, "ready", "importing")
    before = (await Storage(cast.database).used(cast.alice)).total
    with pytest.raises(NoRoomError):
        await ImportStore(cast.database, Quota(before // 2)).bring_in(cast.alice, key)
    assert (await cast.imports.find(cast.alice, key)).state == "ready"
    assert (await cast.imports.tally(cast.alice, key)).waiting == 1
    assert (await Storage(cast.database).used(cast.alice)).total == pytest.approx(before, abs=400)
    await cast.imports.turn(cast.alice, key, "ready", "importing")
    assert await cast.imports.bring_in(cast.alice, key)
    assert (await cast.imports.tally(cast.alice, key)).done == 1


# How quickly


async def test_a_file_that_stops_coming_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(uploads, "SPAN", 0.05)

    async def stopping() -> AsyncIterator[bytes]:
        yield b"x" * 1_000_000
        await asyncio.Event().wait()

    with pytest.raises(TooSlowError):
        async for _ in steady(stopping()):
            pass


async def test_a_file_that_dribbles_is_not_waited_for_however_fast_it_began() -> None:
    with pytest.raises(TooSlowError):
        await taken([b"x" * 50_000_000, *[b"x"] * 100], pause=1.0)


async def test_a_file_that_comes_slowly_and_steadily_is_whole() -> None:
    pieces = [b"x" * 6_000] * 100
    assert await taken(pieces, pause=1.0) == b"".join(pieces)


async def taken(pieces: list[bytes], pause: float) -> bytes:
    """What is taken of a file of which a piece comes each `pause` seconds, by a clock of its own."""
    now = 0.0

    async def coming() -> AsyncIterator[bytes]:
        nonlocal now
        for piece in pieces:
            now += pause
            yield piece

    return b"".join([piece async for piece in steady(coming(), lambda: now)])
