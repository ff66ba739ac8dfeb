"""Documents over HTTP: what they are, that they grow, and that nothing in them runs."""

import re
import zipfile
from io import BytesIO
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.markup import Markup
from tests.fakes.seed import seed
from tests.fakes.upstream import Upstream
from webapp.documents.document import Document
from webapp.standin.steps import Hold, Say

EVIL = "</style></title><script>alert(1)</script><img src=x onerror=alert(1)>"


async def ask(client: httpx.AsyncClient, text: str, model: str) -> dict[str, Any]:
    conversation = (await client.post("/conversations")).json()["id"]
    answer = await client.post(f"/conversations/{conversation}/messages", json={"message": text, "model": model})
    return dict(answer.json())


@pytest.mark.parametrize(
    ("kind", "media_type", "begins"),
    [
        ("md", "text/plain; charset=utf-8", "# Grüße\n\n## You"),
        ("txt", "text/plain; charset=utf-8", "Grüße\n=====\n\nYou, "),
        ("json", "application/json", '{"format":"open-chat","version":1,'),
        ("html", "text/html; charset=utf-8", "<!doctype html>"),
    ],
)
async def test_a_conversation_is_a_document(
    client: httpx.AsyncClient, server: AppServer, kind: str, media_type: str, begins: str
) -> None:
    made = seed(server.database, ["Hi", "Hello **there**."], title="Grüße")
    response = await client.get(f"/c/{made.id}.{kind}", headers={"accept": "image/png"})
    assert (response.status_code, response.headers["content-type"]) == (200, media_type)
    assert response.text.startswith(begins)
    assert response.text.index("Hi") < response.text.index("Hello")
    assert f"Gr%C3%BC%C3%9Fe%20{made.id.hex[-8:]}.{kind}" in response.headers["content-disposition"]
    assert response.headers["x-content-type-options"] == "nosniff"


async def test_json_is_the_document(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, ["Hi", "Hello.", "And?", "Bye."])
    document = msgspec.json.decode((await client.get(f"/c/{made.id}.json")).content, type=Document)
    assert [one.content for one in document.branch] == ["Hi", "Hello.", "And?", "Bye."]
    assert document.active_leaf_id == str(made.messages[-1])


async def test_a_web_page_stands_alone_and_nothing_in_it_runs(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, [EVIL, f"{EVIL} and `code`"], title=EVIL)
    response = await client.get(f"/c/{made.id}.html")
    before, styles, after = re.split(r"</?style>", response.text)  # that is all: none ends earlier
    assert "--paper" in styles
    read = Markup(before + after)
    assert (read.problems, read.open) == ([], [])
    assert "<script" not in response.text
    assert "<img" not in response.text
    assert "<link" not in response.text
    assert "url(" not in response.text
    assert response.headers["content-disposition"].startswith("attachment;")
    assert "sandbox" in response.headers["content-security-policy"]


@pytest.mark.parametrize("kind", ["md", "txt"])
async def test_a_reader_follows_a_growing_answer_to_its_end(
    client: httpx.AsyncClient, upstream: Upstream, kind: str
) -> None:
    model = await upstream.script(f"follow-{kind}", Say("Some "), Hold("a"), Say("more."))
    made = await ask(client, "Go", model)
    await upstream.reached(f"follow-{kind}", "a")
    read = ""
    async with client.stream("GET", f"/c/{made['conversation_id']}.{kind}") as response:
        async for piece in response.aiter_text():
            read += piece
            if read.endswith("Some "):
                await upstream.open(f"follow-{kind}", "a")
    assert read.endswith("\n\nSome more.\n")
    assert read == (await client.get(f"/c/{made['conversation_id']}.{kind}")).text


async def test_how_a_growing_answer_ended_is_told_below_it(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("stops", Say("Half"), Hold("never"))
    made = await ask(client, "Go", model)
    read = ""
    async with client.stream("GET", f"/c/{made['conversation_id']}.md") as response:
        async for piece in response.aiter_text():
            read += piece
            if read.endswith("Half"):
                await client.post(f"/messages/{made['answer_id']}/stop")
    assert read.endswith("\n\nHalf\n\n*Stopped.*\n")


@pytest.mark.parametrize("kind", ["md", "txt", "json", "html"])
async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient, kind: str) -> None:
    assert (await client.get(f"/c/{uuid4()}.{kind}")).status_code == 404


async def test_other_endings_say_which_there_are(client: httpx.AsyncClient, server: AppServer) -> None:
    made = seed(server.database, ["Hi", "Hello."])
    response = await client.get(f"/c/{made.id}.pdf")
    assert response.status_code == 404
    assert ".md, .txt, .json or .html" in response.text


async def test_all_of_them_are_a_zip(client: httpx.AsyncClient, server: AppServer) -> None:
    seed(server.database, ["Hi", "Hello."], title="Taken along")
    assert "/export/all" in (await client.get("/export")).text
    response = await client.get("/export/all")
    assert response.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(response.content)) as archive:
        assert archive.testzip() is None
        assert any("Taken along" in name and name.endswith(".md") for name in archive.namelist())
