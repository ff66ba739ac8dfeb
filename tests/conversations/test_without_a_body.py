"""Requests of pages without a body: done by default where fields only refine them, and refused where they'd clear."""

from typing import NamedTuple

import httpx
import pytest

from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say


class Talk(NamedTuple):
    id: str
    model: str
    question: str
    answer: str


@pytest.fixture
async def talk(client: httpx.AsyncClient, upstream: Upstream) -> Talk:
    model = await upstream.takes("bare", [Say("First.")], [Say("Second.")])
    conversation = (await client.post("/conversations")).json()["id"]
    sent = await client.post(f"/conversations/{conversation}/messages", json={"message": "One", "model": model})
    await client.get(f"/conversations/{conversation}/stream")
    return Talk(conversation, model, sent.json()["message_id"], sent.json()["answer_id"])


async def texts(client: httpx.AsyncClient, talk: Talk) -> list[str]:
    await client.get(f"/conversations/{talk.id}/stream")
    return [one["content"] for one in (await client.get(f"/conversations/{talk.id}")).json()["messages"]]


async def test_retry_asks_the_same_model(client: httpx.AsyncClient, talk: Talk) -> None:
    assert (await client.post(f"/messages/{talk.answer}/retry")).status_code == 303
    assert await texts(client, talk) == ["One", "Second."]
    retried = (await client.get(f"/conversations/{talk.id}")).json()["messages"][-1]
    assert (retried["versions"][0], retried["sent"]["model"]) == (talk.answer, talk.model)


async def test_delete_takes_the_message_alone(client: httpx.AsyncClient, talk: Talk) -> None:
    assert (await client.post(f"/messages/{talk.question}/delete")).status_code == 303
    assert [one["content"] for one in (await client.get(f"/conversations/{talk.id}")).json()["messages"]] == ["First."]


async def test_a_share_is_of_what_is_there_now(client: httpx.AsyncClient, talk: Talk) -> None:
    assert (await client.post(f"/c/{talk.id}/shares")).headers["location"].startswith("/shares#share-")


@pytest.mark.parametrize("act", ["settings", "title", "pin", "archive", "messages"])
async def test_what_would_clear_or_say_needs_its_form(client: httpx.AsyncClient, talk: Talk, act: str) -> None:
    assert (await client.post(f"/c/{talk.id}/{act}")).status_code == 415
    assert await texts(client, talk) == ["One", "First."]
