"""Forms as browsers send them, and whatever else is sent in their place."""

from collections.abc import AsyncIterator
from typing import Any
from unittest.mock import patch
from urllib.parse import quote, unquote

import httpx
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Request, Response, post
from msgspec import Struct

from tests.fakes.asgi import asking
from tests.fakes.turns import longest_share
from webapp.background import Turns
from webapp.web.forms import MAX_FIELDS, read_form, text_of
from webapp.web.refusals import RefusalError

LIMIT = 1_000
FORM = "application/x-www-form-urlencoded"


class Form(Struct):
    message: str = ""
    model: str = "default"
    count: int = 0


class Pieces:
    """A body without a length, which counts what is read of it."""

    def __init__(self, number: int) -> None:
        self._number = number
        self.read = 0

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for _ in range(self._number):
            self.read += 1
            yield b"x" * 400


@post("/", status_code=200)
async def echo(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return msgspec.structs.asdict(await read_form(request, Form, limit=LIMIT))


@post("/refined", status_code=200)
async def refined(request: Request[Any, Any, Any]) -> dict[str, Any]:
    return msgspec.structs.asdict(await read_form(request, Form, limit=LIMIT, may_be_missing=True))


def refused(_request: Request[Any, Any, Any], refusal: RefusalError) -> Response[str]:
    return Response(refusal.sentence, status_code=refusal.status)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with asking(echo, refined, exception_handlers={RefusalError: refused}) as client:
        client.headers["content-type"] = FORM
        yield client


async def test_a_form_is_read_into_its_struct(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", data={"message": "Grüße & 1+1=2 日本 🙂", "count": "3"})
    assert answer.json() == {"message": "Grüße & 1+1=2 日本 🙂", "model": "default", "count": 3}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", ""),
        ("message=", ""),
        ("message", ""),
        ("other=x&message=a+b", "a b"),
        ("message=one&message=two", "two"),
        ("message=a%0D%0Ab%0Ac", "a\nb\nc"),
        ("message=%00", "\0"),
        ("message=a;b%26c", "a;b&c"),
        ("message=Gr\u00fc\u00dfe", "Grüße"),
    ],
)
async def test_what_may_stand_in_a_body(client: httpx.AsyncClient, body: str, message: str) -> None:
    answer = await client.post("/", content=body.encode())
    assert answer.status_code == 200, answer.text
    assert answer.json()["message"] == message


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80), st.sets(st.integers(0, 79)))
async def test_a_value_is_the_same_however_it_is_escaped_and_wherever_it_is_cut(text: str, bare: set[int]) -> None:
    escaped = "".join(quote(one, safe="") for one in text)
    mixed = "".join(
        one if place in bare and one not in "%&+=;" else quote(one, safe="") for place, one in enumerate(text)
    )
    for coded in (escaped, mixed, "%" + mixed, mixed + "%4", "%zz" + mixed):
        for step in (3, 4, 5, 7, 10_000):
            with patch("webapp.web.forms.STEP", step):
                assert await text_of(coded.encode(), Turns()) == unquote(coded.replace("+", " "))


async def test_others_have_their_turn_while_a_form_of_escapes_is_read() -> None:
    assert await longest_share(lambda: text_of(b"%41" * 300_000, Turns())) < 0.2


@pytest.mark.parametrize("kind", [FORM, f"{FORM}; charset=UTF-8", FORM.upper(), f"{FORM};x"])
async def test_the_type_may_be_written_in_several_ways(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/", content=b"message=a", headers={"content-type": kind})
    assert answer.json()["message"] == "a"


@pytest.mark.parametrize("kind", ["", "text/plain", "application/json", "multipart/form-data; boundary=x", f"x{FORM}"])
async def test_another_type_is_refused(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/", content=b"message=a", headers={"content-type": kind})
    assert (answer.status_code, answer.text) == (415, f"A form is sent as {FORM}.")


@pytest.mark.parametrize("body", [b"message=\xff", b"message=%FF", b"message=%ED%A0%80", b"%C3=a", b"message=%C3"])
async def test_text_that_is_not_utf_8_is_refused(client: httpx.AsyncClient, body: bytes) -> None:
    answer = await client.post("/", content=body)
    assert (answer.status_code, answer.text) == (422, "The text is not valid UTF-8.")


@pytest.mark.parametrize("kind", [FORM, "", "text/plain"])
async def test_a_form_that_may_be_missing_has_its_defaults(client: httpx.AsyncClient, kind: str) -> None:
    answer = await client.post("/refined", headers={"content-type": kind})
    assert (answer.status_code, answer.json()) == (200, {"message": "", "model": "default", "count": 0})


@pytest.mark.parametrize("body", [b"message=a", Pieces(1)], ids=["with a length", "in pieces"])
async def test_a_body_that_comes_has_to_be_a_form(client: httpx.AsyncClient, body: bytes | Pieces) -> None:
    answer = await client.post("/refined", content=body, headers={"content-type": "text/plain"})
    assert answer.status_code == 415


async def test_a_form_that_is_needed_is_not_missing(client: httpx.AsyncClient) -> None:
    assert (await client.post("/", headers={"content-type": ""})).status_code == 415


async def test_a_field_that_does_not_fit_is_named(client: httpx.AsyncClient) -> None:
    answer = await client.post("/", content=b"count=many")
    assert answer.status_code == 422
    assert "count" in answer.text


async def test_too_many_fields_are_refused(client: httpx.AsyncClient) -> None:
    fields = "&".join(["f="] * MAX_FIELDS)
    assert (await client.post("/", content=fields.encode())).status_code == 200
    answer = await client.post("/", content=f"{fields}&one=more".encode())
    assert answer.status_code == 422


async def test_a_body_up_to_the_limit_is_taken(client: httpx.AsyncClient) -> None:
    body = b"message=" + b"x" * (LIMIT - len("message="))
    assert (await client.post("/", content=body)).status_code == 200
    answer = await client.post("/", content=body + b"x")
    assert (answer.status_code, answer.text) == (413, "That is more than this server takes at once: at most 1 kB.")


async def test_a_body_without_a_length_is_counted_and_not_read_on(client: httpx.AsyncClient) -> None:
    short, long = Pieces(2), Pieces(1_000)
    assert (await client.post("/", content=short)).status_code == 200
    assert (await client.post("/", content=long)).status_code == 413
    assert long.read == 3


async def test_a_body_that_says_it_is_too_long_is_not_read(client: httpx.AsyncClient) -> None:
    body = Pieces(1_000)
    answer = await client.post("/", content=body, headers={"content-length": "400000"})
    assert answer.status_code == 413
    assert body.read == 0


@pytest.mark.parametrize("length", ["0", "1", "999"])
async def test_a_length_that_is_not_true_is_no_way_in(client: httpx.AsyncClient, length: str) -> None:
    body = Pieces(1_000)
    answer = await client.post("/", content=body, headers={"content-length": length})
    assert answer.status_code == 413
    assert body.read == 3
