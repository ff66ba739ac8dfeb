"""What htmx says of a request: whether a part of a page is asked for, or the whole."""

from typing import Any

import pytest
from litestar import Request, get

from tests.fakes.asgi import asking
from webapp.web.htmx import VARY, wants_fragment


@get("/")
async def answer(request: Request[Any, Any, Any]) -> str:
    return "a part" if wants_fragment(request) else "the whole"


@pytest.mark.parametrize(
    ("headers", "answered"),
    [
        ({}, "the whole"),
        ({"HX-Request": "true"}, "a part"),
        ({"HX-Request": "true", "HX-Request-Type": "partial"}, "a part"),
        ({"HX-Request": "true", "HX-Request-Type": "full"}, "the whole"),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, "the whole"),
        ({"HX-Request": "true", "HX-History-Restore-Request": "false"}, "a part"),
        ({"HX-Request": "false"}, "the whole"),
        ({"HX-Request-Type": "partial"}, "the whole"),
    ],
)
async def test_htmx_asks_for_a_part_except_where_it_says_otherwise(headers: dict[str, str], answered: str) -> None:
    async with asking(answer) as client:
        assert (await client.get("/", headers=headers)).text == answered


def test_caches_are_told_of_every_header_that_matters() -> None:
    assert set(VARY.lower().split(", ")) == {"hx-request", "hx-request-type", "hx-history-restore-request"}
