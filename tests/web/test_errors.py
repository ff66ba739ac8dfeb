"""Errors as problem+json, as a fragment, and as a page; none of them tells what went on inside."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import get, post
from litestar.exceptions import ClientException, InternalServerException, NotAuthorizedException
from litestar.params import FromPath, JSONBody

from tests.fakes.asgi import asking
from webapp.app import ROOT
from webapp.db.outages import DAMAGED, FULL, AwayError
from webapp.web.assets import Assets
from webapp.web.errors import ErrorHandler
from webapp.web.refusals import ConflictError, InvalidError, TooManyError
from webapp.web.templating import Templates

SECRET = "/srv/secret/open-chat.db"
HOSTILE = "<script>alert(1)</script>"

ERRORS: dict[str, Exception] = {
    "conflict": ConflictError("Not now."),
    "too-many": TooManyError("Wait a moment.", retry_after=4.6),
    "soon": TooManyError("Wait a moment.", retry_after=0.1),
    "hostile": InvalidError(f"There is no model {HOSTILE}."),
    "broken": RuntimeError(SECRET),
    "away": ConnectionError(SECRET),
    "full": AwayError(SECRET, FULL),
    "damaged": AwayError(SECRET, DAMAGED),
    "litestar": ClientException(detail=SECRET, status_code=418),
    "litestar-500": InternalServerException(detail=SECRET),
    "unauthorised": NotAuthorizedException(detail=SECRET),
}


@get("/page/{name:str}")
async def page(name: FromPath[str]) -> str:
    raise ERRORS[name]


@get("/api/{name:str}", opt={"api": True})
async def api(name: FromPath[str]) -> str:
    raise ERRORS[name]


@post("/form/{name:str}")
async def form(name: FromPath[str]) -> str:
    raise ERRORS[name]


@post("/api/numbers", opt={"api": True})
async def numbers(data: JSONBody[list[int]]) -> int:
    return sum(data)


@pytest.fixture(scope="module")
def templates() -> Templates:
    return Templates(ROOT / "templates", Assets(ROOT / "static", ROOT / "node_modules"), app_title="Open Chat")


@pytest.fixture
async def client(templates: Templates) -> AsyncIterator[httpx.AsyncClient]:
    async with asking(page, api, form, numbers, exception_handlers={Exception: ErrorHandler(templates)}) as client:
        yield client


HTMX = {"hx-request": "true"}


async def test_a_refusal_of_the_api_is_a_problem(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/conflict")
    assert (answer.status_code, answer.headers["content-type"]) == (409, "application/problem+json")
    assert answer.json() == {"status": 409, "title": "Conflict", "detail": "Not now.", "code": "conflict"}


async def test_a_refusal_for_htmx_is_the_sentence_alone(client: httpx.AsyncClient) -> None:
    answer = await client.get("/page/conflict", headers=HTMX)
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert answer.text.strip() == '<p class="refusal">Not now.</p>'


@pytest.mark.parametrize("headers", [{}, {**HTMX, "hx-request-type": "full"}])
async def test_a_refusal_for_anybody_else_is_a_page(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    answer = await client.get("/page/conflict", headers=headers)
    assert (answer.status_code, answer.headers["content-type"]) == (409, "text/html; charset=utf-8")
    assert "<!doctype html>" in answer.text
    assert "Not now." in answer.text


async def test_who_accepts_json_gets_a_problem_at_any_address(client: httpx.AsyncClient) -> None:
    for path in ("/page/conflict", "/nowhere"):
        answer = await client.get(path, headers={"accept": "application/json"})
        assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(("name", "seconds"), [("too-many", "5"), ("soon", "1")])
async def test_when_to_try_again_is_a_whole_second_at_least(client: httpx.AsyncClient, name: str, seconds: str) -> None:
    assert (await client.get(f"/api/{name}")).headers["retry-after"] == seconds
    assert "retry-after" not in (await client.get("/api/conflict")).headers


@pytest.mark.parametrize("headers", [{}, HTMX])
async def test_a_hostile_sentence_stays_text(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    text = (await client.get("/page/hostile", headers=headers)).text
    assert HOSTILE not in text
    assert "&lt;script&gt;" in text


@pytest.mark.parametrize("path", ["/page/broken", "/api/broken", "/page/litestar-500", "/api/litestar-500"])
@pytest.mark.parametrize("headers", [{}, HTMX, {"accept": "application/json"}])
async def test_a_failure_of_ours_is_logged_and_not_told(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.ERROR):
        answer = await client.get(path, headers=headers)
    assert answer.status_code == 500
    assert "Something went wrong here" in answer.text
    for told in (SECRET, "Traceback", "RuntimeError", "InternalServer"):
        assert told not in answer.text
    route = path.rpartition("/")[0] + "/{name}"  # an address itself may be a secret
    assert [record.message for record in caplog.records] == [f"GET {route} failed"]
    assert SECRET in caplog.text


@pytest.mark.parametrize("name", ["broken", "away", "full"])
async def test_what_a_page_sent_is_in_the_browser_and_nobody_else_reads_that(
    client: httpx.AsyncClient, name: str
) -> None:
    kept = "What you sent is still in your browser; try again in a moment."
    assert kept in (await client.post(f"/form/{name}", headers=HTMX)).text
    for answer in (
        await client.get(f"/page/{name}"),
        await client.get(f"/api/{name}"),
        await client.post(f"/form/{name}", headers={"accept": "application/json"}),
    ):
        assert "browser" not in answer.text
        assert "Try again in a moment." in answer.text


@pytest.mark.parametrize("path", ["/page/away", "/api/away"])
async def test_a_database_that_is_away_is_a_reason_to_try_again(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "The database does not answer just now." in answer.text
    assert SECRET not in answer.text
    assert [(record.levelname, record.exc_info) for record in caplog.records] == [("WARNING", None)]


@pytest.mark.parametrize("path", ["/page/full", "/api/full"])
async def test_an_outage_of_the_disk_has_its_own_sentence_and_is_in_the_log_already(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    answer = await client.get(path)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    assert "The disk is full, so nothing can be saved now." in answer.text
    assert SECRET not in answer.text
    assert caplog.records == []


async def test_of_what_does_not_pass_nobody_is_asked_to_try_again(client: httpx.AsyncClient) -> None:
    answer = await client.get("/api/damaged")
    assert answer.status_code == 503
    assert "retry-after" not in answer.headers
    assert "The database file is damaged" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("method", "path", "status", "sentence"),
    [
        ("GET", "/nowhere", 404, "There is nothing at this address."),
        ("POST", "/page/conflict", 405, "This address does not take requests of that kind."),
        ("GET", "/page/litestar", 418, "I'm a Teapot."),
        ("GET", "/page/unauthorised", 401, "Unauthorized."),
    ],
)
async def test_what_the_framework_refuses_is_told_in_our_words(
    client: httpx.AsyncClient, method: str, path: str, status: int, sentence: str
) -> None:
    answer = await client.request(method, path, headers={"accept": "application/json"})
    assert (answer.status_code, answer.json()["detail"]) == (status, sentence)
    assert SECRET not in answer.text


async def test_a_refusal_of_the_framework_is_not_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        await client.get("/nowhere")
    assert caplog.records == []


@pytest.mark.parametrize(("body", "words"), [(b'["x"]', "Expected `int`"), (b"[1,", "truncated"), (b"{}", "array")])
async def test_a_body_that_does_not_fit_is_told_what_is_wrong(
    client: httpx.AsyncClient, body: bytes, words: str
) -> None:
    answer = await client.post("/api/numbers", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 400
    assert words in answer.json()["detail"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/page/conflict", "/api/conflict", "/nowhere"])
async def test_no_error_is_kept_by_a_cache(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).headers["cache-control"] == "no-store"
