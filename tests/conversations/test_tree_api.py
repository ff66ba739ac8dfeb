"""The JSON API of single messages: what it does to the tree, and what it says no to."""

import asyncio
import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import AnyStep, Finish, Hold, Say

PAPER = Path(__file__).parent.parent.parent / "docs" / "api.md"
_LINES = re.compile(r"^curl .*$", re.MULTILINE)
_ADDRESS = re.compile(r"^\| `(\w+) (/\S*)` \|", re.MULTILINE)

Json = dict[str, Any]


class Talk(NamedTuple):
    """A conversation with a question and its answer, which was cut at the model's limit."""

    client: httpx.AsyncClient
    id: str
    model: str
    question: str
    answer: str

    def address(self, message: str, act: str = "") -> str:
        return f"/conversations/{self.id}/messages/{message}{act}"

    async def post(self, message: str, act: str, json: Json | None = None) -> httpx.Response:
        return await self.client.post(self.address(message, f"/{act}"), json=json)

    async def read(self) -> None:
        """Waits for the end of the answer that grows."""
        assert '"done":true' in (await self.client.get(f"/conversations/{self.id}/stream")).text

    async def message(self, message: str) -> Json:
        return dict((await self.client.get(self.address(message))).json())

    async def texts(self) -> list[str]:
        """What is shown, from the top."""
        told = (await self.client.get(f"/conversations/{self.id}")).json()
        return [one["content"] for one in told["messages"]]


async def begin(client: httpx.AsyncClient, model: str) -> Talk:
    conversation = (await client.post("/conversations")).json()["id"]
    body = {"message": "One", "model": model}
    sent = (await client.post(f"/conversations/{conversation}/messages", json=body)).json()
    talk = Talk(client, conversation, model, sent["message_id"], sent["answer_id"])
    await talk.read()
    return talk


@pytest.fixture
async def talk(client: httpx.AsyncClient, upstream: Upstream) -> Talk:
    takes: list[list[AnyStep]] = [[Say(f"{word}."), Finish("length")] for word in ("First", "Second", "Third")]
    return await begin(client, await upstream.takes(f"tree-{uuid4()}", *takes))


async def test_another_answer_stands_beside_the_first(talk: Talk, upstream: Upstream) -> None:
    retried = await talk.post(talk.answer, "retry", {})
    assert retried.status_code == 201
    other = retried.json()
    assert (other["role"], other["parent_id"]) == ("assistant", talk.question)
    assert other["versions"] == [talk.answer, other["id"]]
    await talk.read()
    assert await talk.texts() == ["One", "Second."]
    shown = await talk.post(talk.answer, "show")
    assert (shown.status_code, shown.json()["id"]) == (200, talk.answer)
    assert await talk.texts() == ["One", "First."]


async def test_another_model_answers(talk: Talk, upstream: Upstream) -> None:
    other = await upstream.script("another-model", Say("Other."))
    answer = (await talk.post(talk.question, "retry", {"model": other})).json()
    await talk.read()
    told = await talk.message(answer["id"])
    assert (told["content"], told["sent"]["model"], told["sent"]["options"]) == ("Other.", other, {})


@pytest.mark.parametrize("headers", [{}, {"content-type": "application/json"}])
async def test_without_a_body_the_same_model_answers(talk: Talk, headers: dict[str, str]) -> None:
    answer = await talk.client.post(talk.address(talk.answer, "/retry"), headers=headers)
    assert (answer.status_code, answer.json()["versions"][0]) == (201, talk.answer)
    await talk.read()
    assert (await talk.message(answer.json()["id"]))["sent"]["model"] == talk.model
    assert await talk.texts() == ["One", "Second."]


async def test_the_description_says_which_body_may_be_missing(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    may_be_missing = {
        path.rpartition("/")[2]
        for path, operations in paths.items()
        for operation in operations.values()
        if not operation.get("requestBody", {"required": True})["required"]
    }
    assert may_be_missing == {"conversations", "retry"}


async def test_a_question_is_asked_again_in_other_words(talk: Talk) -> None:
    run = (await talk.message(talk.question))["run"]
    asked = await talk.post(talk.question, "edit", {"message": "Two", "run": run})
    assert (asked.status_code, asked.json()["conversation_id"], asked.json()["model"]) == (201, talk.id, talk.model)
    await talk.read()
    assert await talk.texts() == ["Two", "Second."]
    assert (await talk.message(talk.question))["versions"] == [talk.question, asked.json()["message_id"]]
    late = await talk.post(talk.question, "edit", {"message": "Three", "run": run})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")


@pytest.mark.parametrize("role", ["question", "answer"])
async def test_a_text_is_changed_in_place(talk: Talk, role: str) -> None:
    message = getattr(talk, role)
    run = (await talk.message(message))["run"]
    changed = await talk.client.patch(talk.address(message), json={"message": "Changed", "run": run})
    assert (changed.status_code, changed.json()["content"], changed.json()["run"]) == (200, "Changed", run + 1)
    earlier, now = changed.json()["versions"]
    assert (await talk.message(earlier))["content"] in ("One", "First.")
    assert now == message
    late = await talk.client.patch(talk.address(message), json={"message": "Late", "run": run})
    assert (late.status_code, late.json()["code"]) == (409, "conflict")
    assert "Changed" in await talk.texts()


async def test_a_cut_answer_grows_on(talk: Talk) -> None:
    going_on = await talk.post(talk.answer, "continue")
    assert (going_on.status_code, going_on.json()["id"]) == (202, talk.answer)
    await talk.read()
    assert await talk.texts() == ["One", "First.Second."]


async def test_what_is_deleted_comes_back(talk: Talk) -> None:
    assert (await talk.client.delete(talk.address(talk.question))).status_code == 204
    assert await talk.texts() == ["First."]
    assert (await talk.client.get(talk.address(talk.question))).status_code == 404
    back = await talk.post(talk.question, "restore")
    assert (back.status_code, back.json()["content"]) == (200, "One")
    assert await talk.texts() == ["One", "First."]
    assert (await talk.post(talk.question, "restore")).status_code == 200
    gone = await talk.client.delete(talk.address(talk.question), params={"what": "branch"})
    assert (gone.status_code, gone.content) == (204, b"")
    assert await talk.texts() == []
    assert (await talk.post(talk.answer, "restore")).status_code == 200
    assert await talk.texts() == ["One", "First."]


async def test_nothing_is_done_to_an_answer_that_grows(client: httpx.AsyncClient, upstream: Upstream) -> None:
    talk = await begin(client, await upstream.takes("held", [Say("First.")], [Hold("a"), Say("Second.")]))
    growing = (await talk.post(talk.answer, "retry", {})).json()["id"]
    refused = (
        await talk.post(talk.answer, "retry", {}),
        await talk.post(growing, "continue"),
        await client.patch(talk.address(growing), json={"message": "Mine", "run": 0}),
        await client.delete(talk.address(growing)),
    )
    assert [one.status_code for one in refused] == [409] * 4
    await upstream.open("held", "a")
    await talk.read()


async def test_a_message_is_found_in_its_own_conversation_alone(talk: Talk) -> None:
    other = (await talk.client.post("/conversations")).json()["id"]
    for conversation, message in ((other, talk.answer), (talk.id, str(uuid4())), (str(uuid4()), talk.answer)):
        there = Talk(talk.client, conversation, talk.model, message, message)
        found = [
            await talk.client.get(there.address(message)),
            await talk.client.patch(there.address(message), json={"message": "Mine", "run": 1}),
            await talk.client.delete(there.address(message)),
            await there.post(message, "edit", {"message": "Mine", "run": 0}),
            await there.post(message, "retry", {}),
            *[await there.post(message, act) for act in ("restore", "continue", "show")],
        ]
        assert [one.status_code for one in found] == [404] * 8
        assert {one.headers["content-type"] for one in found} == {"application/problem+json"}
    assert await talk.texts() == ["One", "First."]


async def test_a_deletion_is_not_taken_back_by_way_of_another_conversation(talk: Talk) -> None:
    other = (await talk.client.post("/conversations")).json()["id"]
    await talk.client.delete(talk.address(talk.answer))
    refused = await talk.client.post(f"/conversations/{other}/messages/{talk.answer}/restore")
    assert refused.status_code == 404
    assert await talk.texts() == ["One"]


@pytest.mark.parametrize(
    ("method", "act", "body", "status"),
    [
        ("PATCH", "", {"json": {"message": " ", "run": 1}}, 422),
        ("PATCH", "", {"json": {"message": "x"}}, 400),
        ("PATCH", "", {"json": {"message": "x", "run": -1}}, 400),
        ("PATCH", "", {"json": {"message": "x" * 300_000, "run": 1}}, 413),
        ("PATCH", "", {"data": {"message": "x", "run": "1"}}, 415),
        ("POST", "/edit", {"json": {"message": "x", "run": 1}}, 404),  # an answer is no question
        ("POST", "/edit", {"content": b"message=x"}, 415),
        ("POST", "/retry", {"json": {"model": "no/such"}}, 422),
        ("POST", "/retry", {"json": {"model": "x" * 201}}, 400),
        ("POST", "/retry", {"data": {"model": ""}}, 415),
        ("POST", "/edit", {}, 415),
        ("PATCH", "", {}, 415),
        ("DELETE", "?what=everything", {}, 400),
    ],
)
async def test_what_does_not_fit_is_refused(talk: Talk, method: str, act: str, body: Json, status: int) -> None:
    refused = await talk.client.request(method, talk.address(talk.answer, act), **body)
    assert (refused.status_code, refused.headers["content-type"]) == (status, "application/problem+json"), refused.text
    assert await talk.texts() == ["One", "First."]


# The paper


async def test_the_lines_in_the_paper_work(talk: Talk, server: AppServer) -> None:
    names = {"PATH": os.environ["PATH"], "id": talk.id, "question": talk.question, "answer": talk.answer}
    for line in _LINES.findall(PAPER.read_text()):
        command = line.replace("http://127.0.0.1:8000", server.url).replace("curl", "curl --no-progress-meter -f", 1)
        done = await asyncio.to_thread(
            subprocess.run, ["sh", "-c", command], env=names, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, (line, done.stdout, done.stderr)
    assert (await talk.message(talk.answer))["content"] == "First.Second."
    assert (await talk.message(talk.question))["content"] == "Saved"


async def test_the_paper_has_every_address(client: httpx.AsyncClient) -> None:
    paths = (await client.get("/schema/openapi.json")).json()["paths"]
    there = {(method.upper(), path) for path, operations in paths.items() for method in operations}
    assert set(_ADDRESS.findall(PAPER.read_text())) == there
