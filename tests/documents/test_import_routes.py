"""A file over HTTP: sent, looked at, brought in; and all that is not taken."""

import asyncio
import re
import time
import zipfile
from collections.abc import AsyncIterator
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.fakes import exports
from tests.fakes.app_server import AppServer

MB = 1_000_000


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"MAX_IMPORT_BYTES": str(2 * MB)}


async def send(client: httpx.AsyncClient, data: bytes, name: str = "conversations.json") -> httpx.Response:
    return await client.post("/import", files={"file": (name, data)})


async def sent(client: httpx.AsyncClient, value: Any, name: str = "conversations.json") -> str:
    """The address of the import, when the file was read."""
    response = await send(client, value if isinstance(value, bytes) else msgspec.json.encode(value), name)
    assert response.status_code == 303, response.text
    address = response.headers["location"]
    await settled(client, address)
    return str(address)


async def settled(client: httpx.AsyncClient, address: str) -> str:
    """The page when nobody works on it any more."""
    deadline = time.monotonic() + 30
    while 'aria-busy="true"' in (page := (await client.get(address)).text):
        assert time.monotonic() < deadline, page
        await asyncio.sleep(0.05)
    return page


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


async def test_a_file_is_looked_at_and_then_brought_in(client: httpx.AsyncClient) -> None:
    broken = exports.chatgpt(key="x", title="<b>Rings</b>")
    broken["mapping"]["call"]["parent"] = "call"
    address = await sent(
        client, [exports.chatgpt(key=str(uuid4()), title="Brought in") | {"is_archived": False}, broken]
    )
    page = (await client.get(address)).text
    assert "1 conversation with 4 messages can be brought in." in words(page)
    assert "be imported; the reason is below." in words(page)
    assert "&lt;b&gt;Rings&lt;/b&gt; Its messages answer each other in a ring" in words(page)
    assert "Brought in" not in (await client.get("/")).text
    response = await client.post(f"{address}/confirm")
    assert response.status_code == 303
    page = await settled(client, address)
    assert "1 conversation was brought in." in words(page)
    assert "Brought in" in (await client.get("/")).text
    place = re.search(r'href="(/c/[0-9a-f-]{36})">Brought in<', page)
    assert place is not None
    assert (await client.get(place[1])).status_code == 200


async def test_what_is_here_already_stays_as_it_is(client: httpx.AsyncClient) -> None:
    value = exports.claude(key=str(uuid4()))
    await client.post(f"{await sent(client, [value])}/confirm")
    await settled(client, (await send_again(client, value)))
    page = await settled(client, await send_again(client, value))
    assert "There is nothing new in the file." in words(page)
    assert "1 is here already" in words(page)


async def send_again(client: httpx.AsyncClient, value: Any) -> str:
    """As soon as the import before is done with."""
    deadline = time.monotonic() + 30
    while (response := await send(client, msgspec.json.encode(value))).status_code == 409:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    return str(response.headers["location"])


async def test_all_that_was_taken_along_is_here_already(client: httpx.AsyncClient) -> None:
    address = await sent(client, [exports.openwebui(key=str(uuid4()))])
    await client.post(f"{address}/confirm")
    await settled(client, address)
    archive = (await client.get("/export/all")).content
    page = await settled(client, await sent(client, archive, "all.zip"))
    assert "There is nothing new in the file." in words(page)
    assert "be imported;" not in words(page)


async def test_what_a_conversation_has_grown_by_is_brought_in(client: httpx.AsyncClient) -> None:
    value = exports.claude(key=str(uuid4()))
    await client.post(f"{await sent(client, [value])}/confirm")
    more = {"uuid": "more", "sender": "human", "text": "And now?", "created_at": "2025-04-01T10:00:00Z"}
    value["chat_messages"].append(more)
    address = await send_again(client, [value])
    page = words(await settled(client, address))
    assert "1 conversation with 1 message can be brought in." in page
    assert "New in a conversation that&#39;s here already." in page
    await client.post(f"{address}/confirm")
    assert "1 conversation was brought in." in words(await settled(client, address))


async def test_what_cannot_come_is_counted_before_it_is_brought_in(client: httpx.AsyncClient) -> None:
    page = words((await client.get(await sent(client, [exports.claude(key=str(uuid4()))]))).text)
    assert "1 image and 1 use of a tool can&#39;t be imported, and are only named." in page


async def test_what_is_let_go_of_is_gone(client: httpx.AsyncClient) -> None:
    address = await sent(client, [exports.librechat(key=str(uuid4()))])
    assert (await client.post(f"{address}/delete")).headers["location"] == "/import"
    assert (await client.get(address)).status_code == 404


async def test_imported_text_is_as_hostile_as_a_model_s(client: httpx.AsyncClient) -> None:
    value = exports.claude(key=str(uuid4()))
    value["name"] = "<script>alert(1)</script>"
    value["chat_messages"][1]["content"] = [
        {"type": "text", "text": "<script>alert(1)</script> [x](javascript:alert(1))"}
    ]
    address = await sent(client, [value])
    await client.post(f"{address}/confirm")
    await settled(client, address)
    page = (await client.get("/c")).text
    place = re.search(r'href="(/c/[0-9a-f-]{36})"[^>]*>&lt;script&gt;', page)
    assert place is not None
    shown = (await client.get(place[1])).text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert "<script>alert" not in page + shown
    assert 'href="javascript' not in shown


# What is not taken


def form(data: bytes, *, field: str = "file") -> dict[str, Any]:
    head = f'--b\r\ncontent-disposition: form-data; name="{field}"; filename="a.json"\r\n\r\n'.encode()
    return {"content": head + data, "headers": {"content-type": "multipart/form-data; boundary=b"}}


@pytest.mark.parametrize(
    ("request_", "status", "reason"),
    [
        ({"data": {"file": "x"}}, 415, "multipart/form-data"),
        ({"files": {"other": b"[]"}}, 422, "no file in the form"),
        ({"files": {"file": ("a.json", b"")}}, 422, "nothing in the file"),
        (form(b"[] and no end"), 422, "did not come as a whole"),
        ({"content": b"", "headers": {"content-type": "multipart/form-data; boundary=b"}}, 422, "as a whole"),
        ({"files": {"file": ("a.json", b" " * (2 * MB + 1))}}, 413, "conversations.json alone is enough"),
    ],
)
async def test_what_is_no_such_form_is_refused_with_a_reason(
    client: httpx.AsyncClient, request_: dict[str, Any], status: int, reason: str
) -> None:
    response = await client.post("/import", **request_)
    assert (response.status_code, reason in response.text) == (status, True), response.text


async def test_a_file_without_end_is_read_up_to_the_limit(client: httpx.AsyncClient) -> None:
    async def endless() -> AsyncIterator[bytes]:
        yield form(b"")["content"]
        for _ in range(100):
            yield b" " * 100_000

    response = await client.post("/import", content=endless(), headers=form(b"")["headers"])
    assert response.status_code == 413


async def test_one_that_says_that_it_is_a_gigabyte_is_not_waited_for(server: AppServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = f"POST /import HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Length: 1000000000\r\n"
    writer.write(f"{head}Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode())
    async with asyncio.timeout(30):
        assert b" 413 " in await reader.readline()
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"Dear aunt,", "Nothing in this file could be read."),
        (b"PK\x03\x04" + b"x" * 50, "The zip is cut off"),
        (b'[{"mapping": ', "t valid JSON, or it"),
    ],
)
async def test_a_file_that_cannot_be_read_says_why(client: httpx.AsyncClient, data: bytes, reason: str) -> None:
    address = await sent(client, data)
    assert reason in words((await client.get(address)).text)
    assert (await client.post(f"{address}/confirm")).status_code in (303, 409)


async def test_a_bomb_is_not_unpacked(client: httpx.AsyncClient) -> None:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("conversations.json", b"[" + b" " * (50 * MB))
    address = await sent(client, packed.getvalue(), "bomb.zip")
    assert "two hundred times its size" in words((await client.get(address)).text)


async def test_another_site_cannot_send_one(client: httpx.AsyncClient) -> None:
    response = await client.post("/import", files={"file": b"[]"}, headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 403
