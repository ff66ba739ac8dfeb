"""JSON is read straight into what a handler takes, and answered as Litestar answers."""

from typing import Annotated, Any

import msgspec
import pytest
from litestar import Request, Response, post
from litestar.exceptions import HTTPException
from litestar.params import BodyKwarg
from msgspec import Meta, Struct

from tests.fakes.asgi import asking
from webapp.web.typed import TypedRequest


class Sent(Struct, forbid_unknown_fields=True):
    message: str
    run: Annotated[int, Meta(ge=0)] = 0
    model: Annotated[str, Meta(max_length=9)] = ""


@post("/", status_code=200)
async def take(data: Annotated[Sent, BodyKwarg()]) -> dict[str, Any]:
    return msgspec.structs.asdict(data)


@post("/if-any", status_code=200)
async def take_if_any(data: Annotated[Sent | None, BodyKwarg()] = None) -> dict[str, Any]:
    return {} if data is None else msgspec.structs.asdict(data)


def refused(_request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, Any]]:
    faults = (
        [(one.get("key"), one["message"]) for one in error.extra] if isinstance(error.extra, list) else error.detail
    )
    return Response({"faults": faults}, status_code=error.status_code)


async def answered(body: bytes, path: str, request_class: type[Request[Any, Any, Any]]) -> tuple[int, Any]:
    handlers = {HTTPException: refused}
    async with asking(take, take_if_any, exception_handlers=handlers, request_class=request_class) as client:
        answer = await client.post(path, content=body, headers={"content-type": "application/json"})
    return answer.status_code, answer.json()


@pytest.mark.parametrize("path", ["/", "/if-any"])
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"{}",
        b"[[], []]",
        b'"x"',
        b"nul",
        b"{message: 1}",
        b'{"message": "x"',
        b'{"message": "x"} x',
        b'{"message": "\\ud800"}',
        b'{"message": "a - at `$.b`", "model": 3}',
        '{"message": "Grüße, [{日本}]", "run": "2"}'.encode(),
        b'{"message": null}',
        b'{"message": "x", "run": -1}',
        b'{"message": "x", "run": 1.0}',
        b'{"message": "x", "run": 1.5}',
        b'{"message": "x", "run": true}',
        b'{"message": "x", "model": [[]]}',
        b'{"message": "x", "model": "1234567890"}',
        b'{"message": "x", "nope": [1]}',
        b'{"message": "x", "a - b": 1}',
        b'{"message": "x", "message": "y"}',
    ],
)
async def test_a_body_is_answered_as_litestar_answers_it(body: bytes, path: str) -> None:
    assert await answered(body, path, TypedRequest) == await answered(body, path, Request)


@pytest.mark.parametrize("path", ["/", "/if-any"])
@pytest.mark.parametrize(
    ("body", "fault"),
    [
        (b'{"message": "x", "model": [' + b"[]," * 9, ["model", "Expected `str`, got `array`"]),
        (b'{"message": ' + b"[" * 100_000, ["message", "Expected `str`, got `array`"]),
        (b'{"a": {' + b'"b": {},' * 9, ["data", "Object contains unknown field `a`"]),
    ],
)
async def test_what_does_not_fit_is_not_read_on(body: bytes, fault: list[str], path: str) -> None:
    """Each body is cut off behind its fault, and that is never noticed."""
    assert await answered(body, path, TypedRequest) == (400, {"faults": [fault]})
