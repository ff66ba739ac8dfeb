"""Around every request: its id, its line in the log, and what whoever counts is told."""

import logging
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from litestar import Litestar, Response, get
from litestar.params import FromPath
from litestar.response import Stream

from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say
from webapp.web.context import bound_ids
from webapp.web.requests import NO_ROUTE, Requests, Served

SECRET = "do-not-log-this"


@get("/c/{conversation_id:uuid}")
async def show(conversation_id: FromPath[UUID]) -> Response[str]:
    logging.getLogger("webapp.test").info("Inside, with %s", dict(bound_ids()))
    return Response("x" * 100)


@get("/broken")
async def broken() -> None:
    raise ValueError


@get("/stream")
async def stream() -> Stream:
    async def pieces() -> AsyncIterator[bytes]:
        yield b"one"
        yield b"three"

    return Stream(pieces())


async def ask(path: str, headers: dict[str, str] | None = None, method: str = "GET") -> tuple[httpx.Response, Served]:
    told: list[Served] = []
    app = Litestar(route_handlers=[show, broken, stream], openapi_config=None, logging_config=None, debug=False)
    requests: Any = Requests(app, told.append)
    transport = httpx.ASGITransport(requests, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = await client.request(method, path, headers=headers)
    (served,) = told
    return answer, served


CONVERSATION = "/c/019b0000-0000-7000-8000-000000000000"


async def test_a_request_is_told_by_its_route() -> None:
    answer, served = await ask(CONVERSATION)
    assert (served.method, served.route, served.status) == ("GET", "/c/{conversation_id}", 200)
    assert served.size == 100
    assert 0 < served.seconds < 10
    assert len(answer.headers["x-request-id"]) == 16


@pytest.mark.parametrize(("path", "status", "route"), [("/nowhere", 404, NO_ROUTE), ("/broken", 500, "/broken")])
async def test_what_went_wrong_is_told_too(path: str, status: int, route: str) -> None:
    _, served = await ask(path)
    assert (served.status, served.route) == (status, route)


async def test_a_method_of_somebody_s_own_is_no_label() -> None:
    _, served = await ask("/nowhere", method="BREW")
    assert served.method == "other"


async def test_a_stream_is_told_with_all_its_bytes() -> None:
    _, served = await ask("/stream")
    assert (served.status, served.size) == (200, 8)


@pytest.mark.parametrize("given", ["0af7651916cd43dd8448eb211c80319c", "f058ebd6-02f7-4d3f-942e-904344e8cde5"])
async def test_a_proxy_s_id_is_kept(given: str) -> None:
    answer, _ = await ask(CONVERSATION, {"x-request-id": given})
    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "abc", "x" * 101, "a b c d e", '"}{"evil":"1', "../../etc/passwd", "ids\twith"])
async def test_an_id_that_is_none_is_replaced(given: str) -> None:
    answer, _ = await ask(CONVERSATION, {"x-request-id": given})
    assert answer.headers["x-request-id"] != given


async def test_the_line_has_route_ids_and_sizes_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="webapp")
    answer, _ = await ask(f"{CONVERSATION}?token={SECRET}", {"authorization": f"Bearer {SECRET}"})
    inside, line = caplog.records
    assert answer.headers["x-request-id"] in inside.getMessage()
    assert line.getMessage().startswith("GET /c/{conversation_id}: 200, ")
    fields = line.__dict__["fields"]
    assert (fields["route"], fields["status"], fields["bytes"]) == ("/c/{conversation_id}", 200, 100)
    assert SECRET not in caplog.text


async def test_an_address_without_a_route_stays_out_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="webapp")
    await ask(f"/{SECRET}")
    assert SECRET not in caplog.text


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"LOG_FORMAT": "json"}


async def test_all_lines_about_an_answer_have_its_ids(
    client: httpx.AsyncClient, server: AppServer, upstream: Upstream
) -> None:
    model = await upstream.script("logged", Say("Hello "), Say("there."))
    conversation = (await client.post("/conversations")).json()["id"]
    asked = await client.post(
        f"/conversations/{conversation}/messages",
        json={"message": "Hi", "model": model},
        headers={"x-request-id": "the-send"},
    )
    await client.get(f"/conversations/{conversation}/stream")
    lines = [msgspec.json.decode(line) for line in server.log().splitlines()]
    (begun,) = [one for one in lines if one["message"] == f"Starting stream to OpenRouter with model: {model}"]
    (ended,) = [one for one in lines if one["message"].startswith("Stream completed. Total chunks: ")]
    for line in (begun, ended):
        assert (line["request_id"], line["conversation_id"]) == ("the-send", conversation)
        assert line["reply_id"]
    (access,) = [one for one in lines if one.get("route", "").endswith("/messages") and one["status"] == 201]
    assert (access["request_id"], access["conversation_id"]) == ("the-send", conversation)
    assert asked.headers["x-request-id"] == "the-send"
