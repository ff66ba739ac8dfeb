"""Scripts over real HTTP: say, hold, resume, break, and read back what was seen."""

import asyncio
import json
import time

import httpx
import pytest

from tests.fakes.upstream import Upstream
from tests.standin.reading import ask, chunks, finish_reasons, text_in, whole
from webapp.standin.http import Request
from webapp.standin.journal import KEEP_BYTES, KEEP_REQUESTS, Journal
from webapp.standin.steps import (
    Answer,
    Cite,
    Comment,
    Done,
    Drop,
    Error,
    Event,
    Finish,
    Framing,
    Hold,
    Raw,
    Reason,
    Say,
    Show,
    Speed,
    Status,
    Usage,
    Wait,
)


async def test_a_script_is_played_and_closed_properly(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("hello", Say("Hel"), Say("lo"))
    body = (await ask(api, model)).text
    assert [chunk["choices"][0]["delta"]["content"] for chunk in chunks(body)] == ["Hel", "lo", "", ""]
    assert finish_reasons(body) == [None, None, "stop", "stop"]
    assert chunks(body)[-1]["usage"]["completion_tokens"] == 2
    assert body.endswith("data: [DONE]\n\n")


async def test_what_a_script_sends_itself_is_not_sent_again(api: httpx.AsyncClient, upstream: Upstream) -> None:
    usage = Usage("empty", prompt_tokens=7, completion_tokens=9, cost=0.5)
    model = await upstream.script("own", Say("x"), Finish("length", "max_tokens"), usage, Done())
    body = (await ask(api, model)).text
    assert finish_reasons(body) == [None, "length"]
    assert body.count("[DONE]") == 1
    assert chunks(body)[-1]["choices"] == []
    assert chunks(body)[-1]["usage"]["total_tokens"] == 16
    assert chunks(body)[-1]["usage"]["cost"] == 0.5


async def test_a_held_answer_goes_on_when_its_gate_opens(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("held", Say("Hel"), Hold("a"), Say("lo"))
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": "x"}]}
    async with api.stream("POST", "/chat/completions", json=asked) as answer:
        parts = answer.aiter_text()
        assert text_in(await anext(parts)) == "Hel"
        assert (await upstream.reached("held", "a")).ending is None
        await upstream.open("held", "a")
        assert text_in("".join([part async for part in parts])) == "lo"


async def test_headers_wait_for_the_first_step_that_writes(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("late", Hold("headers"), Say("x"))
    asking = asyncio.create_task(ask(api, model))
    assert (await upstream.reached("late", "headers")).writes == 0
    assert not asking.done()
    await upstream.open("late", "headers")
    assert text_in((await asking).text) == "x"


async def test_an_open_gate_stays_open(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("open", Hold("a"), Say("x"))
    await upstream.open("open", "a")
    for _ in range(2):
        assert text_in((await ask(api, model)).text) == "x"


async def test_a_gate_can_be_opened_for_one_request(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("one", Hold("a"), Say("x"))
    first = asyncio.create_task(ask(api, model))
    await upstream.reached("one", "a", request=1)
    second = asyncio.create_task(ask(api, model))
    await upstream.reached("one", "a", request=2)
    await upstream.open("one", "a", request=2)
    assert text_in((await second).text) == "x"
    assert not first.done()
    await upstream.open("one", "a", request=1)
    assert text_in((await first).text) == "x"


async def test_a_gate_that_never_opens_ends_the_answer(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("shut", Say("x"), Hold("a", seconds=0.05))
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(api, model)
    assert (await upstream.ended("shut")).ending == "dropped"


async def test_each_request_plays_the_next_take(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.takes("takes", [Status(503)], [Say("one")], [Say("two")])
    answers = [await ask(api, model) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [503, 200, 200, 200]
    assert [text_in(answer.text) for answer in answers[1:]] == ["one", "two", "two"]


async def test_a_status_takes_the_place_of_an_answer(api: httpx.AsyncClient, upstream: Upstream) -> None:
    status = Status(429, "Slow down", headers={"Retry-After": "7"}, metadata={"raw": "why"})
    model = await upstream.script("refused", Hold("a"), status)
    await upstream.open("refused", "a")
    answer = await ask(api, model)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")
    assert answer.json()["error"]["message"] == "Slow down"
    assert (await upstream.ended("refused")).ending == "complete"


async def test_all_kinds_of_steps_can_be_sent(api: httpx.AsyncClient, upstream: Upstream) -> None:
    steps = (
        Comment("hi", times=2), Framing("\r\n"), Framing(), Speed(1e6), Wait(seconds=0.001), Reason("hm", paced=True),
        Cite("https://example.org", "A"), Say("one two", paced=True), Show(seed=1), Event('{"choices":[]}'),
        Raw(b": \xff\n\n"),
    )  # fmt: skip
    model = await upstream.script("all", *steps)
    body = (await ask(api, model)).content
    assert body.startswith(b": hi\n\n: hi\n\n")
    assert b": \xff\n\n" in body
    assert text_in(body.replace(b"\xff", b"").decode()) == "one two"
    message = (await whole(api, model))["message"]
    assert message["reasoning"] == "hm"
    assert message["annotations"][0]["url_citation"]["title"] == "A"
    assert message["images"][0]["image_url"]["url"].startswith("data:image/png;base64,")


async def test_an_error_ends_a_script(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("failing", Say("x"), Error(500, "Oh", form="finish"))
    body = (await ask(api, model)).text
    assert chunks(body)[-1]["error"]["message"] == "Oh"
    assert "usage" not in body


async def test_a_script_can_include_the_ordinary_answer(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("ordinary", Answer(tokens=5), Drop())
    with pytest.raises(httpx.RemoteProtocolError):
        await ask(api, model)


async def test_the_client_that_goes_is_noticed(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("left", Say("x"), Hold("never"))
    asked = {"model": model, "stream": True, "messages": [{"role": "user", "content": "x"}]}
    async with api.stream("POST", "/chat/completions", json=asked) as answer:
        generation = answer.headers["x-generation-id"]
        await upstream.reached("left", "never")
    seen = await upstream.closed("left")
    assert seen.seconds is not None
    assert seen.seconds < 2
    found = (await api.get("/generation", params={"id": generation})).json()["data"]
    assert found["cancelled"] is True


async def test_the_client_that_goes_before_the_headers_is_noticed(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("waiting", Hold("never"))
    asking = asyncio.create_task(ask(api, model))
    await upstream.reached("waiting", "never")
    asking.cancel()
    assert (await upstream.closed("waiting")).writes == 0


async def test_requests_are_kept_with_headers_and_bodies(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("kept", Say("x"))
    await ask(api, model, "First?", temperature=0.5)
    await ask(api, model, "Second?")
    first, second = await upstream.requests("kept")
    assert (first.number, first.model, first.ending) == (1, model, "complete")
    assert first.json["temperature"] == 0.5
    assert first.headers["authorization"].startswith("Bearer sk-or-v1-")
    assert second.json["messages"] == [{"role": "user", "content": "Second?"}]
    assert (await upstream.arrived("kept", request=0)).number == 2


async def test_requests_to_ordinary_models_are_kept_under_their_ids(api: httpx.AsyncClient, upstream: Upstream) -> None:
    await ask(api, "qwen/qwen3-235b-a22b-2507")
    assert [seen.name for seen in await upstream.requests()] == ["qwen/qwen3-235b-a22b-2507"]


async def test_registering_again_begins_anew(api: httpx.AsyncClient, upstream: Upstream) -> None:
    await upstream.script("again", Hold("a"), Say("old"))
    await upstream.open("again", "a")
    await ask(api, "script/again")
    model = await upstream.script("again", Say("new"))
    assert await upstream.requests("again") == []
    assert text_in((await ask(api, model)).text) == "new"
    assert (await upstream.arrived("again")).number == 1


async def test_reset_forgets_everything(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("gone", Say("x"))
    await ask(api, model)
    await upstream.reset()
    assert await upstream.requests() == []
    assert (await ask(api, model)).status_code == 400


async def test_waiting_in_vain_fails_with_what_is_known(upstream: Upstream, api: httpx.AsyncClient) -> None:
    async with Upstream(upstream.base_url, timeout=0.05) as hasty:
        with pytest.raises(AssertionError, match="has not arrived"):
            await hasty.arrived("nobody")
        await ask(api, await hasty.script("done", Say("x")))
        with pytest.raises(AssertionError, match="complete"):
            await hasty.closed("done")


async def test_writes_can_be_waited_for(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("writing", Say("a"), Say("b"), Hold("end"))
    asking = asyncio.create_task(ask(api, model))
    assert (await upstream.wrote("writing", 2)).writes == 2
    await upstream.open("writing", "end")
    await asking


async def test_the_speed_can_be_set_for_one_request(api: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("paced", Say("one two three four five six", paced=True))
    began = time.monotonic()
    api.headers["X-Standin-Tokens-Per-Second"] = "50"
    await ask(api, model)
    assert time.monotonic() - began >= 6 / 50
    api.headers["X-Standin-Tokens-Per-Second"] = "never"
    assert (await ask(api, model)).status_code == 400


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("x", b"{"),
        ("x", b'{"takes": []}'),
        ("x", b'{"takes": [[{"step": "dance"}]]}'),
        ("x", b'{"takes": [[{"step": "say"}]]}'),
        ("a%20b", b'{"takes": [[]]}'),
    ],
)
async def test_a_wrong_script_is_refused(upstream: Upstream, api: httpx.AsyncClient, name: str, body: bytes) -> None:
    root = upstream.base_url.removesuffix("/api/v1")
    answer = await api.put(f"{root}/standin/scripts/{name}", content=body)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"]


def test_the_journal_keeps_a_bounded_number_of_requests_and_bytes() -> None:
    journal = Journal()
    for number in range(KEEP_REQUESTS + 50):
        journal.begin("x", "x", Request("POST", "/", {}, {}, json.dumps(number).encode()))
    assert len(journal.requests()) == KEEP_REQUESTS
    for _ in range(5):
        journal.begin("x", "x", Request("POST", "/", {}, {}, b"1" * (KEEP_BYTES // 2)))
    assert sum(seen.body_bytes for seen in journal.requests()) <= KEEP_BYTES
    too_large = journal.begin("x", "x", Request("POST", "/", {}, {}, b"1" * (KEEP_BYTES + 1)))
    assert not too_large.body
    assert journal.requests() == [too_large]
