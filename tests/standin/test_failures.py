"""Every failure model shows its failure."""

import json

import httpx
import pytest

from tests.fakes.upstream import Upstream
from tests.standin.reading import Json, ask, chunks, finish_reasons, text_in, whole
from webapp.standin.failures import NAMES, UNICODE_TEXT, failure
from webapp.standin.steps import Answer

STATUSES = (400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 504, 524, 529)


async def broken(api: httpx.AsyncClient, model: str) -> tuple[str, str]:
    """The body of a stream that ends in an exception, and the exception's name ("" if none)."""
    body = b""
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": "What is SSE?"}]}
    try:
        async with api.stream("POST", "/chat/completions", json=asked) as answer:
            async for data in answer.aiter_bytes():
                body += data
    except httpx.HTTPError as error:
        return body.decode(), type(error).__name__
    return body.decode(), ""


def error_of(answer: httpx.Response) -> Json:
    error: Json = answer.json()["error"]
    return error


@pytest.mark.parametrize("status", STATUSES)
async def test_each_status_comes_with_openrouters_body(api: httpx.AsyncClient, status: int) -> None:
    for stream in (True, False):
        answer = await ask(api, f"standin/error-{status}", stream=stream)
        assert answer.status_code == error_of(answer)["code"] == status
        assert error_of(answer)["message"]
        assert error_of(answer)["metadata"]["error_type"]


async def test_too_many_requests_say_when_to_come_back(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/error-429")
    assert answer.headers["retry-after"] == "2"
    assert error_of(answer)["metadata"]["raw"]


async def test_the_daily_limit_says_when_it_ends(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/error-429-daily")
    assert "free-models-per-day" in error_of(answer)["message"]
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert error_of(answer)["metadata"]["headers"]["X-RateLimit-Reset"] == answer.headers["x-ratelimit-reset"]
    assert "retry-after" not in answer.headers


async def test_unavailable_models_say_whether_to_retry(api: httpx.AsyncClient) -> None:
    assert error_of(await ask(api, "standin/error-404"))["availability"]["fallback_models"] == ["openai/gpt-5-mini"]
    assert error_of(await ask(api, "standin/error-503"))["availability"]["retryable"] is True


async def test_the_cdn_answers_in_html(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/error-html")
    assert answer.status_code == 502
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


async def test_an_error_may_have_no_code(api: httpx.AsyncClient) -> None:
    assert error_of(await ask(api, "standin/error-uncoded"))["http_status"] == 503


@pytest.mark.parametrize(("name", "code"), [("mid-stream-error", 502), ("string-code", "server_error")])
async def test_an_error_in_mid_stream_ends_it(api: httpx.AsyncClient, name: str, code: object) -> None:
    answer = await ask(api, f"standin/{name}")
    last = chunks(answer.text)[-1]
    assert len(text_in(answer.text)) > 100
    assert last["error"]["code"] == code
    assert last["choices"][0]["finish_reason"] == "error"
    assert "[DONE]" not in answer.text


async def test_an_error_in_mid_answer_keeps_what_came_without_a_stream(api: httpx.AsyncClient) -> None:
    choice = await whole(api, "standin/mid-stream-error")
    assert choice["error"]["code"] == 502
    assert choice["finish_reason"] == "error"
    assert len(choice["message"]["content"]) > 100


async def test_an_error_may_come_without_choices(api: httpx.AsyncClient) -> None:
    [chunk] = chunks((await ask(api, "standin/empty-choices")).text)
    assert chunk["choices"] == []
    assert chunk["error"]["code"] == 502
    assert (await ask(api, "standin/empty-choices", stream=False)).status_code == 502


async def test_an_error_may_come_alone(api: httpx.AsyncClient) -> None:
    [chunk] = chunks((await ask(api, "standin/error-alone")).text)
    assert list(chunk) == ["error"]


async def test_a_cut_at_the_limit_may_come_as_an_error(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/length-as-error")
    assert finish_reasons(answer.text)[-2:] == ["length", None]
    last = chunks(answer.text)[-1]
    assert last["error"]["message"] == "Token limit reached"
    assert "usage" in last
    assert answer.text.endswith("data: [DONE]\n\n")


async def test_a_failure_may_look_like_a_finish(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/network-error")
    assert chunks(answer.text)[-1]["choices"][0]["native_finish_reason"] == "network_error"
    assert text_in(answer.text) == ""
    assert "usage" not in answer.text


@pytest.mark.parametrize(
    ("name", "error"),
    [("drop", "RemoteProtocolError"), ("reset", "ReadError"), ("refused", "RemoteProtocolError")],
)
async def test_the_connection_breaks(api: httpx.AsyncClient, upstream: Upstream, name: str, error: str) -> None:
    body, raised = await broken(api, f"standin/{name}")
    assert raised == error
    assert (body == "") == (name == "refused")
    assert (await upstream.ended(f"standin/{name}")).ending == "dropped"


@pytest.mark.parametrize(("name", "first"), [("silent", ""), ("comments-only", ": OPEN"), ("stall", ": OPEN")])
async def test_silence_lasts_until_the_client_goes(
    api: httpx.AsyncClient, upstream: Upstream, name: str, first: str
) -> None:
    api.timeout = httpx.Timeout(0.15)
    body, raised = await broken(api, f"standin/{name}")
    assert raised == "ReadTimeout"
    assert body.startswith(first)
    assert bool(text_in(body)) == (name == "stall")
    assert (await upstream.closed(f"standin/{name}")).ending == "closed"


@pytest.mark.parametrize(("name", "finish"), [("no-done", "stop"), ("no-finish", None)])
async def test_a_stream_may_end_early_but_properly(api: httpx.AsyncClient, name: str, finish: str | None) -> None:
    body, raised = await broken(api, f"standin/{name}")
    assert raised == ""
    assert "[DONE]" not in body
    assert finish_reasons(body)[-1] == finish


async def test_one_chunk_of_many_may_be_malformed(api: httpx.AsyncClient) -> None:
    lines = [line.removeprefix("data: ") for line in (await ask(api, "standin/malformed")).text.split("\n\n")]
    bad = [line for line in lines if line.startswith("{") and not _parses(line)]
    assert len(bad) == 1
    assert lines.index(bad[0]) > 5
    assert lines[-2] == "[DONE]"


def _parses(line: str) -> bool:
    try:
        json.loads(line)
    except ValueError:
        return False
    return True


async def test_json_may_come_in_place_of_a_stream(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/json")
    assert answer.headers["content-type"] == "application/json"
    assert "stand-in" in answer.json()["choices"][0]["message"]["content"]
    failed = await ask(api, "standin/json-error")
    assert (failed.status_code, error_of(failed)["code"]) == (200, 502)


async def test_an_answer_may_be_empty(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/empty")
    assert text_in(answer.text) == ""
    assert chunks(answer.text)[-1]["usage"]["completion_tokens"] == 0


async def test_what_fails_once_works_the_second_time(api: httpx.AsyncClient, upstream: Upstream) -> None:
    await upstream.reset()
    assert [(await ask(api, "standin/flaky")).status_code for _ in range(4)] == [503, 200, 503, 200]


async def test_the_speed_can_be_chosen_by_name(api: httpx.AsyncClient, upstream: Upstream) -> None:
    quick = await ask(api, "standin/speed-100000", "Say 'x'")
    assert text_in(quick.text).startswith("x")
    assert failure("standin/speed-0") is None
    api.timeout = httpx.Timeout(0.15)
    _, raised = await broken(api, "standin/slow")
    assert raised == "ReadTimeout"


@pytest.mark.parametrize(("name", "line_end"), [("crlf", "\r\n"), ("cr", "\r")])
async def test_lines_may_end_otherwise(api: httpx.AsyncClient, name: str, line_end: str) -> None:
    body = (await ask(api, f"standin/{name}")).text
    assert f"data: [DONE]{line_end}{line_end}" in body
    assert text_in(body.replace(line_end, "\n")) == text_in((await ask(api, "standin/speed-100000")).text)
    assert "\n" not in body.replace(line_end, "")


async def test_the_space_after_data_may_be_missing(api: httpx.AsyncClient) -> None:
    body = (await ask(api, "standin/no-space")).text
    assert "data: " not in body.replace('data: "', "")
    assert "data:[DONE]" in body


@pytest.mark.parametrize(("name", "size"), [("bytes", 1), ("unicode", 3)])
async def test_bytes_may_come_in_small_pieces(api: httpx.AsyncClient, name: str, size: int) -> None:
    asked = {"model": f"standin/{name}", "stream": True, "messages": [{"role": "user", "content": "x"}]}
    async with api.stream("POST", "/chat/completions", json=asked) as answer:
        pieces = [piece async for piece in answer.aiter_raw()]
    assert max(len(piece) for piece in pieces) == size
    assert text_in(b"".join(pieces).decode())


async def test_unusual_characters_arrive_unharmed(api: httpx.AsyncClient) -> None:
    body = (await ask(api, "standin/unicode")).text
    assert text_in(body) == UNICODE_TEXT
    assert "\u2028" in body


async def test_a_model_may_refuse(api: httpx.AsyncClient) -> None:
    choice = await whole(api, "standin/refusal")
    assert choice["message"]["refusal"] == "I cannot help with that."
    assert choice["message"]["content"] is None
    assert choice["finish_reason"] == "content_filter"


async def test_a_tool_call_comes_in_pieces(api: httpx.AsyncClient) -> None:
    answer = await ask(api, "standin/tool-call")
    deltas = [chunk["choices"][0]["delta"] for chunk in chunks(answer.text)]
    calls = [delta["tool_calls"][0] for delta in deltas if "tool_calls" in delta]
    assert calls[0]["function"] == {"name": "weather", "arguments": ""}
    assert json.loads("".join(call["function"]["arguments"] for call in calls)) == {"city": "Paris"}
    assert finish_reasons(answer.text)[-1] == "tool_calls"


async def test_a_picture_may_be_large(api: httpx.AsyncClient) -> None:
    body = (await ask(api, "standin/large-picture")).text
    assert max(len(line) for line in body.split("\n")) > 1_800_000
    assert finish_reasons(body)[-2:] == ["stop", None]


async def test_chunks_may_be_odd(api: httpx.AsyncClient) -> None:
    body = (await ask(api, "standin/odd-chunks")).text
    assert '"choices":null' in body
    assert '"delta":null' in body
    assert 'data: {"id":"gen-odd",\ndata: "choices"' in body
    assert body.count('"usage"') == 2
    assert "novel_reason" in body


def test_every_name_has_a_script() -> None:
    assert all(failure(f"standin/{name}") for name in NAMES)
    assert failure("standin/unheard-of") is None
    assert failure("openai/gpt-5.6") is None


def test_what_breaks_off_is_the_beginning_of_the_whole_answer() -> None:
    for name in ("stall", "drop", "mid-stream-error", "no-finish"):
        found = failure(f"standin/{name}")
        assert found
        assert isinstance(found.take(1)[0], Answer)
