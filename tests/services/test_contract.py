"""The four functions of the documented service contract: names, signatures, errors, headers and log lines."""

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator
from pathlib import Path

import httpx
import pytest

from tests.services.conftest import KEY
from tests.services.samples import COMMENT, DONE, chunk, error, no_choices, text
from tests.services.test_chunks import whole
from tests.services.wire import CLOSE, HEAD, RESET, Server, response
from webapp.services import openrouter
from webapp.services.openrouter import (
    get_available_models,
    get_openrouter_headers,
    send_to_openrouter,
    send_to_openrouter_no_stream,
)

MESSAGES = [{"role": "user", "content": "What is Python?"}]
MODEL = "openai/gpt-3.5-turbo"


@pytest.fixture(autouse=True)
def environment(server: Server, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)  # away from any .env
    monkeypatch.setenv("OPENROUTER_API_KEY", KEY)
    monkeypatch.setenv("OPENROUTER_BASE_URL", server.url)
    monkeypatch.setenv("APP_TITLE", "Open Chat API")
    monkeypatch.setenv("APP_URL", "http://localhost:8001")


async def text_of(chunks: AsyncGenerator[str, None]) -> list[str]:
    return [chunk async for chunk in chunks]


async def test_text_is_streamed_in_chunks(server: Server) -> None:
    pieces = chunk(role="assistant", content="") + text("A ") + text("language.") + chunk("stop", content="")
    server.script(HEAD, COMMENT + pieces + DONE, CLOSE)
    assert await text_of(send_to_openrouter(MESSAGES, MODEL)) == ["A ", "language."]
    assert server.requests[0].json == {"model": MODEL, "messages": MESSAGES, "stream": True}


async def test_options_are_sent(server: Server) -> None:
    server.script(HEAD, text("Hi") + DONE, CLOSE)
    await text_of(send_to_openrouter(MESSAGES, MODEL, temperature=0.2, max_tokens=50))
    assert server.requests[0].json["temperature"] == 0.2
    assert server.requests[0].json["max_tokens"] == 50


async def test_an_answer_in_one_piece_is_text(server: Server) -> None:
    server.script(response(200, body=whole(role="assistant", content="A language.")))
    assert await send_to_openrouter_no_stream(MESSAGES, MODEL) == "A language."
    assert server.requests[0].json == {"model": MODEL, "messages": MESSAGES, "stream": False}


async def test_models_are_dictionaries(server: Server) -> None:
    server.script(response(200, {"data": [{"id": MODEL, "name": "GPT-3.5 Turbo"}]}))
    assert [f"{model['id']}: {model['name']}" for model in await get_available_models()] == [f"{MODEL}: GPT-3.5 Turbo"]


def test_the_headers_are_four() -> None:
    assert get_openrouter_headers() == {
        "Authorization": f"Bearer {KEY}",
        "Content-Type": "application/json",
        "HTTP-Referer": "http://localhost:8001",
        "X-Title": "Open Chat API",
    }


def test_the_signatures_are_the_documented_ones() -> None:
    for function in (send_to_openrouter, send_to_openrouter_no_stream):
        parameters = inspect.signature(function).parameters.values()
        required = [one.name for one in parameters if one.kind is one.POSITIONAL_OR_KEYWORD]
        assert required == ["messages", "model"]
        assert all(one.default is one.empty for one in parameters)
    assert inspect.isasyncgenfunction(send_to_openrouter)
    assert not inspect.signature(get_available_models).parameters
    assert not inspect.signature(get_openrouter_headers).parameters


async def test_without_a_key_each_raises_a_value_error(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("OPENROUTER_API_KEY")
    with pytest.raises(ValueError, match="OPENROUTER_API_KEY"):
        await anext(send_to_openrouter(MESSAGES, MODEL))
    with pytest.raises(ValueError, match="OPENROUTER_API_KEY"):
        await send_to_openrouter_no_stream(MESSAGES, MODEL)
    with pytest.raises(ValueError, match="OPENROUTER_API_KEY"):
        await get_available_models()
    with pytest.raises(ValueError, match="OPENROUTER_API_KEY"):
        get_openrouter_headers()
    assert [record.levelname for record in caplog.records] == 4 * ["ERROR"]
    assert server.requests == []


async def test_a_wrong_setting_is_a_value_error(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OPENROUTER_BASE_URL", "nowhere")
    with pytest.raises(ValueError, match="OPENROUTER_BASE_URL"):
        await get_available_models()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404])
async def test_a_refusal_is_an_http_status_error(server: Server, status: int) -> None:
    for _ in range(3):
        server.script(response(status, {"error": error(status, "No")}))
    with pytest.raises(httpx.HTTPStatusError) as caught:
        await text_of(send_to_openrouter(MESSAGES, MODEL))
    assert caught.value.response.status_code == status
    with pytest.raises(httpx.HTTPStatusError):
        await send_to_openrouter_no_stream(MESSAGES, MODEL)
    with pytest.raises(httpx.HTTPStatusError):
        await get_available_models()


async def test_every_other_failure_is_an_http_error(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()
    server.script(HEAD, text("Hi"), gate, RESET)
    chunks = send_to_openrouter(MESSAGES, MODEL)
    assert await anext(chunks) == "Hi"
    gate.set()
    with pytest.raises(httpx.HTTPError):
        await anext(chunks)
    server.script(HEAD, text("Hi") + no_choices(error=error("server_error", "Oops")), CLOSE)
    with pytest.raises(httpx.HTTPError):
        await text_of(send_to_openrouter(MESSAGES, MODEL))
    monkeypatch.setenv("OPENROUTER_BASE_URL", "http://127.0.0.1:1/api/v1")
    with pytest.raises(httpx.HTTPError):
        await get_available_models()


async def test_what_came_before_a_failure_is_given(server: Server) -> None:
    server.script(HEAD, text("Half an"), CLOSE)
    chunks = send_to_openrouter(MESSAGES, MODEL)
    assert await anext(chunks) == "Half an"
    with pytest.raises(httpx.HTTPError):
        await anext(chunks)


async def test_closing_the_chunks_closes_the_connection(server: Server) -> None:
    server.script(HEAD, text("Half an"), asyncio.Event())
    chunks = send_to_openrouter(MESSAGES, MODEL)
    assert await anext(chunks) == "Half an"
    await chunks.aclose()
    await asyncio.wait_for(server.left.wait(), 30)


async def test_a_stream_logs_its_course(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger=openrouter.__name__)
    server.script(HEAD, text("Hello") + text(" world!!") + DONE, CLOSE)
    await text_of(send_to_openrouter([*MESSAGES, *MESSAGES, *MESSAGES], MODEL))
    lines = [(record.levelname, record.getMessage()) for record in caplog.records if record.name == openrouter.__name__]
    assert lines == [
        ("INFO", "Starting stream to OpenRouter with model: openai/gpt-3.5-turbo"),
        ("DEBUG", "Message count: 3"),
        ("INFO", "Stream established successfully"),
        ("DEBUG", "Yielding chunk 1: 5 chars"),
        ("DEBUG", "Yielding chunk 2: 8 chars"),
        ("INFO", "Stream completed. Total chunks: 2"),
    ]


async def test_failures_log_at_their_levels(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    server.script(HEAD, text("Hi") + b"data: {oops\n\n" + DONE, CLOSE)
    await text_of(send_to_openrouter(MESSAGES, MODEL))
    server.script(response(401, {"error": error(401, "No")}))
    with pytest.raises(httpx.HTTPError):
        await text_of(send_to_openrouter(MESSAGES, MODEL))
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


async def test_fetching_models_is_logged(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger=openrouter.__name__)
    server.script(response(200, {"data": [{"id": MODEL}]}))
    await get_available_models()
    assert caplog.messages == ["Fetching available models from OpenRouter", "Fetched 1 models"]
