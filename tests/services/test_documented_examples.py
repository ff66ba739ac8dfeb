"""The examples of the documented service contract, as they are written there, against the stand-in."""

import json
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.fakes.upstream import KEY
from webapp.services.openrouter import (
    get_available_models,
    get_openrouter_headers,
    send_to_openrouter,
    send_to_openrouter_no_stream,
)
from webapp.standin.server import StandIn


@pytest.fixture(autouse=True)
def environment(standin: StandIn, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from any .env
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", standin.base_url)
    monkeypatch.setenv("APP_TITLE", "Open Chat API")
    monkeypatch.setenv("APP_URL", "http://localhost:8001")


@pytest.mark.asyncio
async def test_send_to_openrouter() -> None:
    messages = [{"role": "user", "content": "Say 'test'"}]

    chunks = []
    async for chunk in send_to_openrouter(messages, "openai/gpt-3.5-turbo"):
        chunks.append(chunk)  # noqa: PERF401  # as the documentation has it

    full_response = "".join(chunks)
    assert len(full_response) > 0
    assert "test" in full_response.lower()


async def test_a_question_is_streamed(capsys: pytest.CaptureFixture[str]) -> None:
    messages = [
        {"role": "user", "content": "What is Python?"}
    ]  # fmt: skip

    async for chunk in send_to_openrouter(messages, "openai/gpt-3.5-turbo"):
        print(chunk, end="", flush=True)  # noqa: T201  # the same

    assert "Python" in capsys.readouterr().out


async def test_chunks_become_events() -> None:
    messages, model = [{"role": "user", "content": "Hello!"}], "openai/gpt-3.5-turbo"

    async def event_generator() -> AsyncGenerator[str, None]:
        async for chunk in send_to_openrouter(messages, model):
            yield f"data: {json.dumps({'content': chunk})}\n\n"
        yield f"data: {json.dumps({'done': True})}\n\n"

    events = [event async for event in event_generator()]
    assert len(events) > 2
    assert events[-1] == 'data: {"done": true}\n\n'


async def test_an_answer_in_one_piece() -> None:
    messages = [{"role": "user", "content": "Hello!"}]
    response = await send_to_openrouter_no_stream(messages, "openai/gpt-3.5-turbo")
    assert len(response) > 0


async def test_models_have_an_id_and_a_name() -> None:
    models = await get_available_models()
    for model in models:
        assert f"{model['id']}: {model['name']}"
    assert len(models) >= 12


async def test_pieces_make_the_same_answer_as_one_piece() -> None:
    messages, model = [{"role": "user", "content": "Compare tea and coffee"}], "openai/gpt-3.5-turbo"
    full_response = ""
    async for chunk in send_to_openrouter(messages, model):
        full_response += chunk
    assert full_response == await send_to_openrouter_no_stream(messages, model)


def test_headers_name_key_and_app() -> None:
    assert get_openrouter_headers() == {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "application/json",
        "HTTP-Referer": "http://localhost:8001",
        "X-Title": "Open Chat API",
    }


async def test_errors_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [{"role": "user", "content": "Hello!"}]
    with pytest.raises(httpx.HTTPError):
        async for _ in send_to_openrouter(messages, "standin/error-401"):
            pass
    monkeypatch.setenv("OPENROUTER_API_KEY", "")
    with pytest.raises(ValueError, match="OPENROUTER_API_KEY"):
        async for _ in send_to_openrouter(messages, "openai/gpt-3.5-turbo"):
            pass
