"""Whatever comes from outside, what reads it gives a value or says no, and never breaks in a way of its own."""

import base64
import json
from contextlib import suppress
from typing import Any, Final, cast
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request, Response, post
from litestar.types import Receive, Scope, Send
from msgspec import Struct

from tests.fakes.asgi import asking
from webapp.config import SettingError, Settings
from webapp.conversations.pictures import read_picture
from webapp.conversations.routes import read_message_id
from webapp.conversations.views import Cursor
from webapp.db.address import AddressError, parse
from webapp.services import refusals
from webapp.services.listings import Credits, Generation, KeyInfo, read
from webapp.web.cookies import Cookies
from webapp.web.forms import read_form
from webapp.web.refusals import NotFoundError, RefusalError
from webapp.web.requests import Requests
from webapp.web.root_path import RootPath, is_below, outside
from webapp.web.security import Gate

NAMES: Final = st.sampled_from(
    ["data", "id", "usage", "limit", "total_credits", "total_usage", "error", "code", "metadata"]
)
JSON: Final = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(NAMES | st.text(), inside, max_size=4),
    max_leaves=12,
)
BYTES: Final = st.binary() | JSON.map(lambda value: json.dumps(value).encode())
DEEP: Final = (b"[" * 100_000, b'{"data":' * 100_000, b"[" * 50_000 + b"]" * 50_000)


# What OpenRouter says


def answered(status: int, headers: dict[str, str]) -> httpx.Response:
    return httpx.Response(status, headers=headers, request=httpx.Request("POST", "https://openrouter.ai/api/v1"))


@given(BYTES, st.sampled_from([KeyInfo, Credits, Generation]))
def test_a_listing_is_read_or_a_value_error(body: bytes, kind: type[object]) -> None:
    with suppress(ValueError):
        assert isinstance(read(body, kind), kind)


LIMITS: Final = st.dictionaries(st.sampled_from(["retry-after", "x-ratelimit-reset"]), st.text("0123456789.-GMT:, eE"))


@given(st.integers(100, 599), BYTES, LIMITS)
def test_a_refusal_is_a_sentence_whatever_its_body(status: int, body: bytes, headers: dict[str, str]) -> None:
    error = refusals.from_response(answered(status, headers), body, 1_700_000_000.0)
    assert str(error)
    assert error.code


@pytest.mark.parametrize("body", DEEP)
def test_depth_is_a_refusal_too(body: bytes) -> None:
    assert refusals.from_response(answered(500, {}), body, 0.0).code
    with pytest.raises((ValueError, RecursionError)):
        read(body, KeyInfo)


@given(st.text() | st.binary().map(lambda data: "data:image/png;base64," + base64.b64encode(data).decode()))
def test_a_data_url_is_a_picture_or_none(url: str) -> None:
    picture = read_picture(url)
    assert picture is None or picture.media_type in {"image/png", "image/jpeg", "image/gif", "image/webp"}


# What a browser says


@given(st.text() | st.from_regex(r"-?\d+-\d+-?", fullmatch=True))
def test_a_cursor_is_two_numbers(text: str) -> None:
    cursor = Cursor.parse(text)
    assert Cursor.parse(str(cursor)) == cursor
    assert all(number >= 0 for number in cursor)


@given(st.text() | st.uuids().map(str))
def test_a_message_s_id_is_one_or_not_there(text: str) -> None:
    try:
        found = read_message_id(text)
    except NotFoundError:
        return
    assert (found is None) == (text == "")


class Form(Struct):
    message: str = ""
    count: int = 0


@post("/", status_code=200)
async def echo(request: Request[Any, Any, Any]) -> str:
    return (await read_form(request, Form, limit=10_000)).message


def refused(_request: Request[Any, Any, Any], refusal: RefusalError) -> Response[str]:
    return Response(refusal.sentence, status_code=refusal.status)


@given(
    st.binary()
    | st.dictionaries(st.sampled_from(["message", "count"]) | st.text(), st.text()).map(
        lambda f: urlencode(f).encode()
    ),
    st.sampled_from(["application/x-www-form-urlencoded", "application/json", "multipart/form-data; boundary=x", ""]),
)
async def test_a_form_is_read_or_refused(body: bytes, kind: str) -> None:
    async with asking(echo, exception_handlers={RefusalError: refused}) as client:
        answer = await client.post("/", content=body, headers={"content-type": kind})
    assert answer.status_code in (200, 413, 415, 422)


# What stands before every route


KNOWN: Final = [b"host", b"authorization", b"origin", b"sec-fetch-site", b"x-request-id", b"cookie", b"accept"]
SAID: Final = [b"localhost", b"Basic ", b"Basic Og==", b"Bearer ", b"http://[", b"\xff", b"[::1", b"__Host-a=b; ;="]
HEADERS: Final = st.lists(
    st.tuples(st.sampled_from(KNOWN) | st.binary(), st.sampled_from(SAID) | st.binary()), max_size=6
)
PUBLIC: Final = {"HOST": "0.0.0.0", "APP_URL": "https://example.org/chat"}


@given(
    st.sampled_from([{}, PUBLIC, {**PUBLIC, "METRICS_TOKEN": "0123456789abcdef"}]),
    st.sampled_from(["/", "/metrics", "/healthz", "/chat/status", "/assets/x"]) | st.text(),
    st.sampled_from(["GET", "POST", "TRACE"]) | st.text(),
    HEADERS,
)
async def test_whatever_is_asked_is_answered_once(
    environ: dict[str, str], path: str, method: str, headers: list[tuple[bytes, bytes]]
) -> None:
    sent: list[Any] = []

    async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        sent.append(message)

    settings = Settings.from_env(environ)
    gate = Requests(Gate(app, settings), lambda _: None)
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(errors="replace"),
        "headers": headers,
    }
    await RootPath(Cookies(gate, settings), settings.root)(cast("Any", scope), cast("Any", None), send)
    assert [message["type"] for message in sent] == ["http.response.start", "http.response.body"]
    assert sent[0]["status"] in (200, 400, 401, 403, 404, 421)
    assert all(b"\n" not in value and b"\r" not in value for _, value in sent[0]["headers"])


@given(st.text(), st.sampled_from(["", "/chat", "/a/b"]))
def test_an_address_gets_its_root_once(address: str, root: str) -> None:
    once = outside(address, root)
    assert outside(once, root) == once
    assert not address.startswith("/") or address.startswith("//") or is_below(once, root)


# What an operator says


@given(st.text() | st.text().map(lambda text: f"postgresql://{text}") | st.text().map(lambda text: f"sqlite:///{text}"))
def test_a_database_s_address_is_one_or_refused(url: str) -> None:
    with suppress(AddressError):
        parse(url)


@pytest.mark.parametrize("rest", ["pa?ss@host/db", "secret?sslmode=secret@host/db", "x@host/db?password=secret"])
def test_what_is_refused_of_it_tells_no_password(rest: str) -> None:
    with pytest.raises(AddressError) as raised:
        parse(f"postgresql://user:{rest}")
    assert "ss@" not in str(raised.value)
    assert "secret" not in str(raised.value)


@given(st.dictionaries(st.sampled_from([name.upper() for name in Settings.__struct_fields__]), st.text(), max_size=3))
def test_any_environment_is_settings_or_refused(environ: dict[str, str]) -> None:
    with suppress(SettingError):
        repr(Settings.from_env(environ))
