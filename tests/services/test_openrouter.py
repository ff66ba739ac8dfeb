"""Calls to OpenRouter over a real socket."""

import asyncio
import gzip
import logging
from contextlib import aclosing
from functools import partial
from typing import Any

import httpx
import pytest

from tests.fakes.turns import longest_share
from tests.services.conftest import KEY, clock_that_notes
from tests.services.samples import DONE, SAMPLES, STARTED, STOP, Sample, chunk, error, no_choices, text
from tests.services.test_chunks import whole
from tests.services.wire import CHUNKED, CLOSE, HEAD, LAST_CHUNK, RESET, Server, Step, framed, response
from webapp.config import Settings
from webapp.services import answer, transport
from webapp.services.call import MOST_WARNINGS, Retries
from webapp.services.errors import MissingKeyError, NetworkError, OpenRouterError, SlowError, StatusError
from webapp.services.events import Finish, Metrics, Retrying, Started, StreamEvent, Text
from webapp.services.listings import Credits
from webapp.services.openrouter import OpenRouter
from webapp.services.sse import Decoder
from webapp.services.transport import joined, open_client

QUESTION = [{"role": "user", "content": "Hello!"}]
MODEL = "openai/gpt-5-mini"
ANSWER = text("Hel") + text("lo") + chunk("stop", "completed", content="") + DONE
ANSWERED: tuple[StreamEvent, ...] = (STARTED, Text("Hel"), Text("lo"), STOP)
OVERLOADED = response(503, {"error": error(503, "Overloaded")})


async def events_of(
    openrouter: OpenRouter, *, after_text: asyncio.Event | None = None, **options: Any
) -> tuple[tuple[StreamEvent, ...], OpenRouterError | None]:
    """The events of a call, and the error that it ended in. ``after_text`` is a gate to open once text has come."""
    events: list[StreamEvent] = []
    try:
        async for event in openrouter.stream_events(QUESTION, MODEL, **options):
            events.append(event)
            if after_text and isinstance(event, Text):
                after_text.set()
    except OpenRouterError as failure:
        return tuple(events), failure
    return tuple(events), None


async def failure_of(openrouter: OpenRouter) -> OpenRouterError:
    _, failure = await events_of(openrouter)
    assert failure is not None
    return failure


# Streams


async def test_an_answer_streams(server: Server, openrouter: OpenRouter) -> None:
    server.script(HEAD, ANSWER, CLOSE)
    (*events, metrics), failure = await events_of(openrouter)
    assert (tuple(events), failure) == (ANSWERED, None)
    assert isinstance(metrics, Metrics)
    assert (metrics.outcome, metrics.retries, metrics.chunks, metrics.malformed) == ("complete", 0, 3, 0)
    assert 0 < (metrics.time_to_first_token or 0) <= metrics.duration


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES.keys())
async def test_every_known_stream_arrives(
    server: Server, client: httpx.AsyncClient, settings: Settings, sample: Sample
) -> None:
    server.script(HEAD, sample.body, CLOSE)
    (*events, metrics), failure = await events_of(OpenRouter(client, settings, retries=Retries(most=0)))
    assert tuple(events) == sample.events
    assert (failure.code if failure else "") == sample.code
    assert isinstance(metrics, Metrics)
    assert metrics.outcome == ("failed" if sample.code else "complete")


async def test_a_piece_is_given_before_the_next_one_is_sent(server: Server, openrouter: OpenRouter) -> None:
    gate = asyncio.Event()
    server.script(CHUNKED, framed(text("Hel")), gate, framed(text("lo") + DONE), LAST_CHUNK)
    async with aclosing(openrouter.stream_events(QUESTION, MODEL)) as events:
        assert [await anext(events), await anext(events)] == [STARTED, Text("Hel")]
        gate.set()
        assert await anext(events) == Text("lo")


async def test_the_request_is_what_openrouter_expects(
    server: Server, openrouter: OpenRouter, settings: Settings
) -> None:
    server.script(HEAD, ANSWER, CLOSE)
    await events_of(openrouter, temperature=0.5, max_tokens=100, stop=["\n"], seed=None, provider={"zdr": True})
    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/api/v1/chat/completions")
    assert request.json == {
        "model": MODEL,
        "messages": QUESTION,
        "stream": True,
        "temperature": 0.5,
        "max_tokens": 100,
        "stop": ["\n"],
        "provider": {"zdr": True},
    }
    expected = transport.headers_for(settings) | {"Accept-Encoding": "identity"}
    assert {name.lower(): value for name, value in expected.items()}.items() <= request.headers.items()


async def test_what_arrives_together_comes_as_one_batch(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, body=ANSWER, content_type="text/event-stream"))
    batches = [batch async for batch in openrouter.stream_batches(QUESTION, MODEL)]
    assert batches[0] == [STARTED, Text("Hello")]
    assert [type(event) for batch in batches[1:] for event in batch] == [Finish, Metrics]
    assert all(batches)


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "text/html"])
async def test_json_in_place_of_a_stream_is_read(server: Server, openrouter: OpenRouter, content_type: str) -> None:
    server.script(response(200, body=whole(role="assistant", content="Hi"), content_type=content_type))
    events, failure = await events_of(openrouter)
    assert (events[:2], failure) == ((STARTED, Text("Hi")), None)


async def test_a_page_in_place_of_a_stream_is_malformed(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, body=b"<html>Sign in</html>", content_type="text/html"))
    assert (await failure_of(openrouter)).code == "malformed"


async def test_a_compressed_stream_is_refused(server: Server, openrouter: OpenRouter) -> None:
    """It was not asked for, and a little of it can be a lot."""
    head = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
    server.script(head, gzip.compress(ANSWER), CLOSE)
    assert (await failure_of(openrouter)).code == "malformed"


@pytest.mark.parametrize("head", [HEAD, HEAD.replace(b"text/event-stream", b"application/json")])
async def test_an_answer_without_end_is_given_up(
    server: Server, openrouter: OpenRouter, monkeypatch: pytest.MonkeyPatch, head: bytes
) -> None:
    monkeypatch.setattr("webapp.services.transport.MAX_ANSWER_BYTES", 20_000)
    server.script(head, b": nothing new\n\n" * 5_000, CLOSE)
    assert (await failure_of(openrouter)).code == "malformed"


async def test_a_malformed_chunk_is_logged_and_skipped(
    server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(HEAD, text("Hel") + b"data: {secret\n\n" + text("lo") + DONE, CLOSE)
    events, failure = await events_of(openrouter)
    assert (events[1:3], failure) == ((Text("Hel"), Text("lo")), None)
    warnings = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert len(warnings) == 1
    assert "malformed chunk" in warnings[0]
    assert "secret" not in warnings[0]


async def test_of_many_malformed_chunks_the_first_are_logged(
    server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture
) -> None:
    server.script(HEAD, text("Hi") + b"data: {\n\n" * 500 + DONE, CLOSE)
    events, failure = await events_of(openrouter)
    assert (events[1], failure) == (Text("Hi"), None)
    assert len([one for one in caplog.records if "malformed chunk" in one.getMessage()]) == MOST_WARNINGS


async def test_a_whole_answer_that_is_too_large_is_refused(
    server: Server, openrouter: OpenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webapp.services.openrouter.joined", partial(joined, limit=20_000))
    server.script(response(200, body=b'{"error": "' + b"x" * 50_000 + b'"}'))
    assert (await failure_of(openrouter)).code == "malformed"


async def test_an_endless_event_is_refused(
    server: Server, openrouter: OpenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answer, "Decoder", partial(Decoder, 1000))
    server.script(HEAD, b"data: " + b"x" * 2000, asyncio.Event())
    assert (await failure_of(openrouter)).code == "malformed"


async def test_others_have_their_turn_while_an_answer_comes_faster_than_it_is_read(
    server: Server, openrouter: OpenRouter
) -> None:
    async def reads() -> None:
        server.script(HEAD, text("x") * 60_000 + DONE, CLOSE)
        events, failure = await events_of(openrouter)
        assert failure is None
        assert sum(isinstance(event, Text) for event in events) == 60_000

    assert await longest_share(reads) < 0.2


async def test_the_connection_serves_the_next_call(server: Server, openrouter: OpenRouter) -> None:
    for _ in range(2):
        server.script(CHUNKED, framed(ANSWER), LAST_CHUNK)
        await events_of(openrouter)
    assert [request.connection for request in server.requests] == [1, 1]


async def test_a_connection_held_after_the_answer_holds_nobody(
    server: Server, openrouter: OpenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LINGER", 0.01)
    server.script(CHUNKED, framed(ANSWER), asyncio.Event())
    async with asyncio.timeout(2):  # less than the patience for data
        events, failure = await events_of(openrouter)
        await server.left.wait()
    assert (events[:-1], failure) == (ANSWERED, None)


async def test_many_streams_at_once_do_not_mix(server: Server, openrouter: OpenRouter) -> None:
    for number in range(50):
        server.script(CHUNKED, framed(text(str(number))), framed(text(str(number)) + DONE), LAST_CHUNK)
    results = await asyncio.gather(*(events_of(openrouter) for _ in range(50)))
    texts = ["".join(event.text for event in events if isinstance(event, Text)) for events, _ in results]
    assert sorted(texts) == sorted(2 * str(number) for number in range(50))


# Failures


@pytest.mark.parametrize(
    ("head", "last", "code"),
    [
        pytest.param(HEAD, (CLOSE,), "cut", id="end"),
        pytest.param(HEAD, (RESET,), "cut", id="reset"),
        pytest.param(CHUNKED, (CLOSE,), "cut", id="end without the last chunk"),
        pytest.param(CHUNKED, (b"ff\r\ndata:", CLOSE), "cut", id="end inside a chunk"),
        pytest.param(CHUNKED, (b"nonsense\r\n", CLOSE), "cut", id="no chunk"),
        pytest.param(HEAD, (no_choices(error=error(429, "Slow")),), "rate_limited", id="told"),
    ],
)
async def test_a_failure_in_mid_stream_keeps_what_came(
    server: Server, openrouter: OpenRouter, head: bytes, last: tuple[Step, ...], code: str
) -> None:
    first = text("Hi") if head == HEAD else framed(text("Hi"))
    gate = asyncio.Event()
    server.script(head, first, gate, *last)
    events, failure = await events_of(openrouter, after_text=gate)
    assert events[:2] == (STARTED, Text("Hi"))
    assert isinstance(events[-1], Metrics)
    assert events[-1].outcome == "failed"
    assert failure is not None
    assert failure.code == code
    assert len(server.requests) == 1


async def test_a_reset_after_the_finish_does_no_harm(server: Server, openrouter: OpenRouter) -> None:
    gate = asyncio.Event()
    server.script(HEAD, chunk("stop", "completed", content="Hi"), gate, RESET)
    events, failure = await events_of(openrouter, after_text=gate)
    assert (events[:-1], failure) == ((STARTED, Text("Hi"), STOP), None)


async def test_silence_is_a_timeout(server: Server, settings: Settings) -> None:
    impatient = Settings(openrouter_api_key=KEY, openrouter_base_url=server.url, openrouter_timeout=0.05)
    server.script(HEAD, text("Hi"), asyncio.Event())
    async with open_client(impatient) as client:
        events, failure = await events_of(OpenRouter(client, impatient))
    assert events[:2] == (STARTED, Text("Hi"))
    assert isinstance(failure, SlowError)
    assert failure.code == "timeout"
    assert isinstance(failure.__cause__, httpx.ReadTimeout)


async def test_silence_instead_of_an_answer_is_a_timeout_and_not_tried_again(server: Server) -> None:
    impatient = Settings(openrouter_api_key=KEY, openrouter_base_url=server.url, openrouter_timeout=0.05)
    server.script(asyncio.Event())
    async with open_client(impatient) as client:
        failure = await failure_of(OpenRouter(client, impatient))
    assert failure.code == "timeout"
    assert len(server.requests) == 1


async def test_a_redirect_is_not_followed(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(308, body=b"", location="http://127.0.0.1:9/"))
    failure = await failure_of(openrouter)
    assert (failure.code, failure.status) == ("malformed", 308)


async def test_an_error_whose_body_does_not_end_is_told(
    server: Server, openrouter: OpenRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ERROR_BODY_TIMEOUT", 0.01)
    server.script(b"HTTP/1.1 401 No\r\nTransfer-Encoding: chunked\r\n\r\n", asyncio.Event())
    assert (await failure_of(openrouter)).code == "unauthorised"


async def test_a_huge_error_body_is_not_read_to_its_end(server: Server, openrouter: OpenRouter) -> None:
    head = b"HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.script(head, framed(b"x" * transport.MAX_ERROR_BYTES), asyncio.Event())
    async with asyncio.timeout(2):  # less than the patience for the rest of it
        assert (await failure_of(openrouter)).status == 400
        await server.left.wait()


@pytest.mark.parametrize("key", [KEY, "hunter2"], ids=["like a key", "like none"])
async def test_a_repeated_key_is_shown_nowhere(
    server: Server, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, key: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="webapp")
    openrouter = OpenRouter(client, Settings(openrouter_api_key=key, openrouter_base_url=server.url))
    server.script(response(401, {"error": error(401, f"Bad key {key}")}))
    server.script(HEAD, text("Hi") + no_choices(error=error(401, f"Bad key {key}")), CLOSE)
    for _ in range(2):
        failure = await failure_of(openrouter)
        assert failure.code == "unauthorised"
        assert key not in failure.sentence + failure.reason + failure.detail + str(failure) + repr(failure)
    assert key not in caplog.text


async def test_a_status_error_carries_the_response(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(402, {"error": error(402, "Insufficient credits")}))
    failure = await failure_of(openrouter)
    assert isinstance(failure, StatusError)
    assert (failure.response.status_code, failure.request.method) == (402, "POST")


# Retries


@pytest.mark.parametrize(
    "script",
    [
        pytest.param((response(408, {"error": error(408, "Slow")}),), id="408"),
        pytest.param((response(429, {"error": error(429, "Slow")}, retry_after="1"),), id="429 with Retry-After"),
        pytest.param((response(500, {"error": error(500, "Oops")}),), id="500"),
        pytest.param((response(502, body=b"<html>", content_type="text/html"),), id="502"),
        pytest.param((OVERLOADED,), id="503"),
        pytest.param((response(504, {"error": error(504, "Slow")}),), id="504"),
        pytest.param((response(524, body=b""),), id="524"),
        pytest.param((response(529, {"error": error(529, "Busy")}),), id="529"),
        pytest.param((response(200, {"error": error(502, "Gone")}),), id="JSON error in a 200"),
        pytest.param((HEAD, no_choices(error=error(502, "Gone")), CLOSE), id="error first in the stream"),
        pytest.param((HEAD, chunk("stop", "network_error", content="") + DONE, CLOSE), id="empty answer"),
        pytest.param((HEAD, CLOSE), id="empty stream"),
        pytest.param((CLOSE,), id="no answer"),
        pytest.param((RESET,), id="reset"),
    ],
)
async def test_a_passing_failure_is_tried_again(
    server: Server, openrouter: OpenRouter, slept: list[float], script: tuple[Step, ...]
) -> None:
    server.script(*script)
    server.script(HEAD, ANSWER, CLOSE)
    events, failure = await events_of(openrouter)
    kinds = [type(event) for event in events if not isinstance(event, Started)]
    assert kinds == [Retrying, Text, Text, Finish, Metrics]
    assert failure is None
    assert isinstance(events[-1], Metrics)
    assert events[-1].retries == len(slept) == 1


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422, 429])
async def test_a_lasting_failure_is_not_tried_again(server: Server, openrouter: OpenRouter, status: int) -> None:
    server.script(response(status, {"error": error(status, "No")}))
    events, failure = await events_of(openrouter)
    assert [type(event) for event in events] == [Metrics]
    assert isinstance(failure, StatusError)
    assert failure.status == status


async def test_retries_are_few_and_wait_longer_each_time(
    server: Server, openrouter: OpenRouter, slept: list[float]
) -> None:
    for _ in range(3):
        server.script(OVERLOADED)
    events, failure = await events_of(openrouter)
    assert events[:2] == (
        Retrying(1, 0.5, "The model is overloaded at the moment (Overloaded)."),
        Retrying(2, 1.0, "The model is overloaded at the moment (Overloaded)."),
    )
    assert slept == [0.5, 1.0]
    assert failure is not None
    assert failure.code == "overloaded"
    assert len(server.requests) == 3


async def test_a_wait_that_openrouter_asks_for_is_kept(
    server: Server, openrouter: OpenRouter, slept: list[float]
) -> None:
    server.script(response(429, {"error": error(429, "Slow")}, retry_after="7"))
    server.script(HEAD, ANSWER, CLOSE)
    await events_of(openrouter)
    assert slept == [7.5]


async def test_too_long_a_wait_is_left_to_the_user(server: Server, openrouter: OpenRouter, slept: list[float]) -> None:
    server.script(response(429, {"error": error(429, "Slow")}, retry_after="15"))
    server.script(response(429, {"error": error(429, "Slow")}, retry_after="15"))
    failure = await failure_of(openrouter)
    assert slept == [15.5]
    assert "try again in 15 s" in failure.sentence
    assert failure.retry_after == 15


@pytest.mark.parametrize("first", [text("Hi"), chunk(reasoning="Hm")], ids=["text", "reasoning"])
async def test_nothing_is_tried_again_after_the_first_token(
    server: Server, openrouter: OpenRouter, slept: list[float], first: bytes
) -> None:
    server.script(HEAD, first + no_choices(error=error(503, "Busy")), CLOSE)
    failure = await failure_of(openrouter)
    assert (failure.code, failure.retryable, slept) == ("overloaded", True, [])


async def test_an_unreachable_server_is_tried_again_and_told(settings: Settings, slept: list[float]) -> None:
    nowhere = Settings(openrouter_api_key=KEY, openrouter_base_url="http://127.0.0.1:1/api/v1")
    async with open_client(nowhere) as client:
        failure = await failure_of(OpenRouter(client, nowhere, clock=clock_that_notes(slept)))
    assert isinstance(failure, NetworkError)
    assert failure.code == "unreachable"
    assert isinstance(failure.__cause__, httpx.ConnectError)
    assert len(slept) == 2


# Leaving


async def test_closing_the_generator_closes_the_connection(server: Server, openrouter: OpenRouter) -> None:
    server.script(HEAD, text("Hi"), asyncio.Event())
    events = openrouter.stream_events(QUESTION, MODEL)
    assert [await anext(events), await anext(events)] == [STARTED, Text("Hi")]
    await events.aclose()
    await asyncio.wait_for(server.left.wait(), 30)


@pytest.mark.parametrize(
    ("script", "sign"),
    [((), "Message count"), ((HEAD,), "Stream established"), ((HEAD, text("Hi")), "STARTED")],
    ids=["for headers", "for a token", "in the middle"],
)
async def test_cancelling_closes_the_connection(
    server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture, script: tuple[Step, ...], sign: str
) -> None:
    caplog.set_level(logging.DEBUG, logger="webapp")
    server.script(*script, asyncio.Event())
    reader = asyncio.create_task(read_to_the_end(openrouter))
    async with asyncio.timeout(30):
        await server.asked.wait()
        while sign not in caplog.text:  # noqa: ASYNC110  (a log record sets no event)
            await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    await asyncio.wait_for(server.left.wait(), 30)
    assert "Call cancelled: " in caplog.text


async def read_to_the_end(openrouter: OpenRouter) -> None:
    async for event in openrouter.stream_events(QUESTION, MODEL):
        logging.getLogger("webapp").info("%s", type(event).__name__.upper())


async def test_cancelling_while_waiting_for_another_try_ends_the_call(
    server: Server, client: httpx.AsyncClient, settings: Settings
) -> None:
    asleep = asyncio.Event()

    async def sleep(_seconds: float) -> None:
        asleep.set()
        await asyncio.Event().wait()

    server.script(OVERLOADED)
    clock = clock_that_notes([])._replace(sleep=sleep)
    reader = asyncio.create_task(read_to_the_end(OpenRouter(client, settings, clock=clock)))
    await asleep.wait()
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader
    assert len(server.requests) == 1


# Answers in one piece, and the other endpoints


async def test_an_answer_in_one_piece(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, body=whole(role="assistant", content="Hi", reasoning="Hm")))
    completion = await openrouter.complete(QUESTION, MODEL, max_tokens=20)
    assert (completion.text, completion.reasoning, completion.finish) == ("Hi", "Hm", Finish("stop", "stop"))
    assert completion.usage is not None
    assert server.requests[0].json == {"model": MODEL, "messages": QUESTION, "stream": False, "max_tokens": 20}


async def test_an_answer_in_one_piece_is_tried_again_too(server: Server, openrouter: OpenRouter) -> None:
    server.script(OVERLOADED)
    server.script(response(200, body=whole(role="assistant", content="Hi")))
    assert (await openrouter.complete(QUESTION, MODEL)).text == "Hi"


async def test_models_are_listed_as_they_are(server: Server, openrouter: OpenRouter) -> None:
    models = [{"id": "a/b", "name": "B", "pricing": {"prompt": "-1"}, "new": [1]}, {"odd": True}]
    server.script(response(200, {"data": models, "total_count": 2}))
    assert await openrouter.models() == models
    assert server.requests[0].target == "/api/v1/models"


async def test_one_model_is_looked_up(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, {"data": {"id": "~a/b:free"}}))
    server.script(response(404, {"error": error(404, "No such model")}))
    assert await openrouter.model("~a/b:free") == {"id": "~a/b:free"}
    assert await openrouter.model("a/ b?c#d%") is None
    targets = [request.target for request in server.requests]
    assert targets == ["/api/v1/model/~a/b:free", "/api/v1/model/a/%20b%3Fc%23d%25"]


async def test_a_look_up_that_fails_is_no_missing_model(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(404, body=b"<html>", content_type="text/html"))
    with pytest.raises(OpenRouterError) as caught:
        await openrouter.model("a/b")
    assert caught.value.code == "malformed"


async def test_the_key_describes_itself(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, {"data": {"label": "sk-or-v1-012...def", "limit": None, "usage": 0.125, "new": {}}}))
    info = await openrouter.key_info()
    assert (info.label, info.limit, str(info.usage)) == ("sk-or-v1-012...def", None, "0.125")


async def test_a_bad_key_is_told(server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture) -> None:
    server.script(response(401, {"error": error(401, "User not found.")}))
    with pytest.raises(OpenRouterError, match="does not accept the API key"):
        await openrouter.key_info()
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_a_key_of_its_own_goes_with_a_call_and_into_no_error_and_no_log(
    server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture
) -> None:
    own = "odd-key-of-a-user"
    caplog.set_level("DEBUG")
    server.script(response(401, {"error": error(401, f"{own} is no key of ours")}))
    server.script(response(401, {"error": error(401, f"{own} is no key of ours")}))
    with pytest.raises(OpenRouterError) as of_check:
        await openrouter.key_info(own)
    with pytest.raises(OpenRouterError) as of_call:
        async for _ in openrouter.stream_batches(QUESTION, MODEL, key=own):
            pass
    assert [request.headers["authorization"] for request in server.requests] == [f"Bearer {own}"] * 2
    told = [str(one.value) + one.value.sentence + one.value.detail for one in (of_check, of_call)]
    assert own not in "".join(told) + caplog.text


async def test_a_key_of_its_own_does_without_the_settings_one(server: Server, client: httpx.AsyncClient) -> None:
    server.script(response(200, {"data": {"label": "own"}}))
    bare = Settings(openrouter_base_url=f"{server.url}/api/v1")
    assert (await OpenRouter(client, bare).key_info("sk-or-v1-own")).label == "own"


async def test_a_code_is_exchanged_for_a_key_without_showing_any(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, {"key": "sk-or-v1-new", "user_id": None}))
    assert await openrouter.exchange_code("code", "verifier") == "sk-or-v1-new"
    request = server.requests[0]
    assert (request.method, request.target) == ("POST", "/api/v1/auth/keys")
    assert request.json == {"code": "code", "code_verifier": "verifier", "code_challenge_method": "S256"}
    assert "authorization" not in request.headers


@pytest.mark.parametrize(("status", "body"), [(403, {"error": error(403, "Invalid code")}), (200, {"no": "key"})])
async def test_a_code_that_gives_no_key_is_an_error(
    server: Server, openrouter: OpenRouter, status: int, body: dict[str, object]
) -> None:
    server.script(response(status, body))
    with pytest.raises(OpenRouterError):
        await openrouter.exchange_code("code", "verifier")


async def test_credit_is_known_or_not(server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture) -> None:
    server.script(response(200, {"data": {"total_credits": 10, "total_usage": 2.5}}))
    server.script(response(403, {"error": error(403, "Only management keys")}))
    found = await openrouter.credits()
    assert isinstance(found, Credits)
    assert str(found.remaining) == "7.5"
    assert await openrouter.credits() is None
    assert not caplog.records


async def test_a_generation_is_waited_for(server: Server, openrouter: OpenRouter, slept: list[float]) -> None:
    for _ in range(2):
        server.script(response(404, {"error": error(404, "Not yet")}))
    server.script(response(200, {"data": {"id": "gen-1", "total_cost": 0.001, "cancelled": True}}))
    found = await openrouter.generation("gen-1&x")
    assert found is not None
    assert (found.id, str(found.total_cost), found.cancelled) == ("gen-1", "0.001", True)
    assert slept == [0.5, 1.0]
    assert server.requests[0].target == "/api/v1/generation?id=gen-1%26x"


async def test_a_generation_that_stays_unknown_is_none(
    server: Server, openrouter: OpenRouter, slept: list[float]
) -> None:
    for _ in range(5):
        server.script(response(404, {"error": error(404, "Not yet")}))
    assert await openrouter.generation("gen-1") is None
    assert slept == [0.5, 1.0, 2.0, 4.0]


@pytest.mark.parametrize("body", [b"", b"<html>", b"{}", b'{"data": 7}', b'{"data": [1]}'])
async def test_a_list_that_is_none_is_malformed(server: Server, openrouter: OpenRouter, body: bytes) -> None:
    server.script(response(200, body=body))
    with pytest.raises(OpenRouterError) as caught:
        await openrouter.models()
    assert caught.value.code == "malformed"


@pytest.mark.parametrize(
    ("body", "ids"),
    [
        (b"[]", []),
        (b'{"object": "list", "data": null}', []),
        (b' [\n {"id": "a"}, null, {"id": "b"}]', ["a", "b"]),
        (b'{"data": ["a", "b"]}', ["a", "b"]),
        (b'{"models": [{"id": "a"}]}', ["a"]),
    ],
)
async def test_a_list_of_models_may_have_another_shape(
    server: Server, openrouter: OpenRouter, body: bytes, ids: list[str]
) -> None:
    server.script(response(200, body=body))
    assert [model["id"] for model in await openrouter.models()] == ids


@pytest.mark.parametrize("body", [b"[" + b"[]," * 200_000 + b"{}]", b'{"data": ["' + b"x" * 9_000_000 + b'"]}'])
async def test_a_list_that_is_too_much_is_malformed(server: Server, openrouter: OpenRouter, body: bytes) -> None:
    server.script(response(200, body=body))
    with pytest.raises(OpenRouterError) as caught:
        await openrouter.models()
    assert caught.value.code == "malformed"


async def test_a_list_that_breaks_off_is_told(server: Server, openrouter: OpenRouter) -> None:
    server.script(response(200, body=b"{}", content_length="100"), CLOSE)
    with pytest.raises(OpenRouterError) as caught:
        await openrouter.models()
    assert caught.value.code == "cut"


# Settings


async def test_without_a_key_nothing_is_asked(server: Server, client: httpx.AsyncClient) -> None:
    openrouter = OpenRouter(client, Settings(openrouter_base_url=server.url))
    with pytest.raises(MissingKeyError):
        await events_of(openrouter)
    with pytest.raises(MissingKeyError):
        await openrouter.models()
    assert server.requests == []


async def test_a_proxy_is_not_asked_for_a_local_server(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    server.script(HEAD, ANSWER, CLOSE)
    settings = Settings(openrouter_api_key=KEY, openrouter_base_url=server.url)
    async with open_client(settings) as client:
        _, failure = await events_of(OpenRouter(client, settings))
    assert failure is None


async def test_the_client_waits_sixty_seconds_for_data_and_ten_for_a_connection() -> None:
    async with open_client(Settings()) as client:
        assert (client.timeout.read, client.timeout.connect) == (60.0, 10.0)


def test_the_address_in_the_headers_is_ascii() -> None:
    settings = Settings(openrouter_api_key=KEY, app_url="https://münchen.example/")
    assert transport.headers_for(settings)["HTTP-Referer"] == "https://m%C3%BCnchen.example"


async def test_a_call_leaves_one_line_of_figures(
    server: Server, openrouter: OpenRouter, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="webapp")
    server.script(HEAD, SAMPLES["plain"].body, CLOSE)
    await events_of(openrouter)
    lines = [line for line in caplog.messages if line.startswith("Call complete: ")]
    assert len(lines) == 1
    for figure in ("model=openai/gpt-5-mini", "provider='OpenAI'", "generation=gen-1", "cost=0.0077585", "retries=0"):
        assert figure in lines[0]
