"""Reads what the stand-in sends, in the simplest way that could be right."""

import json
from typing import Any

import httpx

from tests.fakes.upstream import KEY

Json = dict[str, Any]


def client(base_url: str) -> httpx.AsyncClient:
    """A plain HTTP client with a key."""
    headers = {"Authorization": f"Bearer {KEY}"}
    return httpx.AsyncClient(base_url=base_url, headers=headers, timeout=5, trust_env=False, verify=False)


def chunks(body: str) -> list[Json]:
    """The JSON of each event of a body with ordinary framing, ``[DONE]`` and comments left out."""
    data = [line.removeprefix("data: ") for line in body.split("\n") if line.startswith("data: ")]
    return [json.loads(line) for line in data if line != "[DONE]"]


def text_in(body: str) -> str:
    """The text of the answer."""
    deltas = [choice["delta"] for chunk in chunks(body) for choice in chunk["choices"]]
    return "".join(delta.get("content") or "" for delta in deltas)


def finish_reasons(body: str) -> list[str | None]:
    return [choice["finish_reason"] for chunk in chunks(body) for choice in chunk["choices"]]


async def ask(api: httpx.AsyncClient, model: str, question: str = "What is SSE?", **more: Any) -> httpx.Response:
    """One question, streamed unless ``stream=False``."""
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": question}], **more}
    return await api.post("/chat/completions", json=asked)


async def whole(api: httpx.AsyncClient, model: str, question: str = "What is SSE?", **more: Any) -> Json:
    """The only choice of an answer that is not streamed."""
    answer = await ask(api, model, question, stream=False, **more)
    assert answer.status_code == 200, answer.text
    choice: Json = answer.json()["choices"][0]
    return choice
