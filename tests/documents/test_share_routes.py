"""Shares over HTTP: made, read without anything of their owner's, watched, withdrawn."""

import re
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.seed import seed
from tests.fakes.upstream import Upstream
from webapp.documents.shares.store import PAGE
from webapp.standin.steps import Hold, Say

TOKEN = re.compile(r"/s/([\w-]{27})\"")


async def share(client: httpx.AsyncClient, conversation: object, **boxes: str) -> str:
    """The path of a new share."""
    response = await client.post(f"/c/{conversation}/shares", data={"nothing": "", **boxes})
    assert response.status_code == 303, response.text
    place = response.headers["location"]
    page = (await client.get("/shares")).text.partition(f'id="{place.partition("#")[2]}"')[2]
    found = TOKEN.search(page)
    assert found is not None
    return f"/s/{found[1]}"


async def revoke(client: httpx.AsyncClient, path: str) -> None:
    page = (await client.get("/shares")).text
    key = re.search(r'action="(/shares/[0-9a-f-]+/revoke)"', page[page.index(path) :])
    assert key is not None
    assert (await client.post(key[1])).status_code == 303


async def growing(client: httpx.AsyncClient, upstream: Upstream, name: str) -> dict[str, Any]:
    """An answer that has said "Some " and waits at gate a before it says the rest."""
    model = await upstream.script(name, Say("Some "), Hold("a"), Say("more."))
    conversation = (await client.post("/conversations")).json()["id"]
    sent = await client.post(f"/conversations/{conversation}/messages", json={"message": "Go", "model": model})
    await upstream.reached(name, "a")
    return dict(sent.json())


async def test_who_has_the_address_reads_the_branch(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, ["Hi", "Hello **there**."], title="Shared one")
    response = await client.get(await share(client, made.id))
    assert response.status_code == 200
    assert "Hello <strong>there</strong>." in response.text
    assert response.headers["x-robots-tag"] == "noindex, nofollow"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert response.headers["cache-control"] == "no-store"
    assert "set-cookie" not in response.headers


async def test_it_is_read_and_nothing_else(client: httpx.AsyncClient, server: AppServer) -> None:
    seed(server.database, ["Other", "Secret."], title="Not shared")
    made = seed(server.database, ["Hi", "Hello."])
    page = (await client.get(await share(client, made.id))).text
    for private in ("<form", "Not shared", 'class="sidebar', str(made.id), "/c/", "local"):
        assert private not in page


async def test_long_ones_are_read_in_parts(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, [f"Number {place}." for place in range(100)])
    path = await share(client, made.id)
    page = (await client.get(path)).text
    assert "Number 99." in page
    assert "Number 1." not in page
    earlier = re.search(rf'href="({path}\?before=[0-9a-f-]+)"', page)
    assert earlier is not None
    assert "Number 1." in (await client.get(earlier[1])).text


async def test_it_is_watched_as_it_grows(client: httpx.AsyncClient, upstream: Upstream) -> None:
    made = await growing(client, upstream, "shared-live")
    path = await share(client, made["conversation_id"], live="yes")
    page = (await client.get(path)).text
    address = re.search(r'hx-sse:connect="([^"]+)"', page)
    assert address is not None
    read = ""
    async with client.stream("GET", address[1].replace("&amp;", "&")) as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.headers["x-robots-tag"] == "noindex, nofollow"
        async for piece in response.aiter_text():
            if not read:
                await upstream.open("shared-live", "a")
            read += piece
    assert "more." in read
    assert read.endswith("event: done\ndata: \n\n")
    fragment = {"hx-request": "true"}
    done = await client.get(f"{path}/messages/{made['answer_id']}", headers=fragment)
    assert "Some more." in done.text
    assert "<form" not in done.text


async def test_the_growing_document_is_shared_too(client: httpx.AsyncClient, upstream: Upstream) -> None:
    made = await growing(client, upstream, "shared-document")
    path = await share(client, made["conversation_id"], live="yes")
    await upstream.open("shared-document", "a")
    document = (await client.get(f"{path}/messages/{made['answer_id']}/live")).text
    assert "Some more." in document
    assert "/c/" not in document


async def test_without_that_box_an_answer_is_read_when_it_has_ended(
    client: httpx.AsyncClient, upstream: Upstream
) -> None:
    made = await growing(client, upstream, "shared-later")
    path = await share(client, made["conversation_id"])
    page = (await client.get(path)).text
    assert "Some" not in page
    assert "still being written" in page
    assert (await client.get(f"{path}/events?answer={made['answer_id']}")).status_code == 404
    assert (await client.get(f"{path}/messages/{made['answer_id']}/live")).status_code == 404
    await upstream.open("shared-later", "a")
    await client.get(f"/conversations/{made['conversation_id']}/stream")
    assert "Some more." in (await client.get(path)).text


async def test_who_watches_when_it_is_withdrawn_sees_no_more(client: httpx.AsyncClient, upstream: Upstream) -> None:
    made = await growing(client, upstream, "shared-revoked")
    path = await share(client, made["conversation_id"], live="yes")
    read = ""
    async with client.stream("GET", f"{path}/events?answer={made['answer_id']}") as response:
        async for piece in response.aiter_text():
            if not read:
                await revoke(client, path)
            read += piece
    assert read.endswith("event: done\ndata: \n\n")
    assert "more." not in read
    for gone in (path, f"{path}/messages/{made['answer_id']}", f"{path}/events?answer={made['answer_id']}"):
        assert (await client.get(gone)).status_code == 404
    await upstream.open("shared-revoked", "a")


@pytest.mark.parametrize("part", ["", "?before={other}", "/messages/{other}", "/messages/{other}/live"])
async def test_messages_of_other_conversations_are_not_reached(
    client: httpx.AsyncClient, server: AppServer, part: str
) -> None:
    other = seed(server.database, ["Other", "Secret."])
    path = await share(client, seed(server.database, ["Hi", "Hello."]).id, live="yes")
    response = await client.get(path + part.format(other=other.messages[1]), headers={"hx-request": "true"})
    assert "Secret." not in response.text
    assert response.status_code == (404 if part else 200)
    events = await client.get(f"{path}/events?answer={other.messages[1]}")
    assert events.status_code == 404


async def test_an_address_that_was_never_given_is_not_found(client: httpx.AsyncClient) -> None:
    for path in (f"/s/{'x' * 27}", "/s/x", f"/s/x/events?answer={uuid4()}", f"/s/x/pictures/{uuid4()}"):
        assert (await client.get(path)).status_code == 404


async def test_the_log_does_not_know_the_address(client: httpx.AsyncClient, server: AppServer) -> None:
    path = await share(client, seed(server.database, ["Hi", "Hello."]).id)
    await client.get(path)
    assert "/s/{token}" in server.log()
    assert path not in server.log()


async def test_each_share_is_on_a_page_of_their_list(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, ["Hi", "Hello."], title="Shared often")
    paths = {await share(client, made.id) for _ in range(PAGE + 2)}
    listed, place = set[str](), "/shares"
    while place:
        page = (await client.get(place)).text
        found = {f"/s/{token}" for token in TOKEN.findall(page)}
        assert 0 < len(found) <= PAGE
        assert not found & listed
        listed |= found
        older = re.search(r'href="(/shares\?before=[0-9a-f-]+)"', page)
        place = older[1] if older else ""
    assert paths <= listed
    assert (await client.get("/shares?before=nonsense")).status_code == 404
