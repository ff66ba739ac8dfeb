"""Pages: whole as a rule, and a large one in pieces, between which others have their turn."""

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest
from litestar import Litestar, Response, route
from litestar.config.compression import CompressionConfig
from litestar.params import FromPath

from webapp.conversations.pictures import Picture
from webapp.web.responses import LARGE, PIECE, READ, html, octets


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    @route("/{size:int}", http_method=READ)
    async def page(size: FromPath[int]) -> Response[str]:
        return html("é" * size, {"x-page": "yes"})

    @route("/octets/{size:int}", http_method=READ)
    async def file(size: FromPath[int]) -> Response[bytes]:
        return octets(Picture("image/png", bytes(size)), {"content-type": "image/png", "x-file": "yes"})

    app = Litestar([page, file], compression_config=CompressionConfig("gzip", exclude=["^/octets"]))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://x") as one:  # type: ignore[arg-type]  # ASGI's types
        yield one


@pytest.mark.parametrize("size", [0, 1, LARGE, LARGE + 1, 3 * PIECE + LARGE + 7])
@pytest.mark.parametrize("accepts", ["gzip", "identity"])
async def test_a_page_of_any_size_arrives_whole(client: httpx.AsyncClient, size: int, accepts: str) -> None:
    response = await client.get(f"/{size}", headers={"accept-encoding": accepts})
    assert response.text == "é" * size
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert (response.headers["cache-control"], response.headers["x-page"]) == ("no-store", "yes")


async def test_others_have_their_turn_while_a_large_page_is_sent(client: httpx.AsyncClient) -> None:
    turns = 0

    async def take_turns() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    other = asyncio.create_task(take_turns())
    await client.get(f"/{LARGE}")
    few, turns = turns, 0
    await client.get(f"/{20 * PIECE}")
    other.cancel()
    assert turns >= few + 15


async def test_a_large_page_answers_to_head(client: httpx.AsyncClient) -> None:
    assert (await client.head(f"/{2 * LARGE}")).status_code == 200


@pytest.mark.parametrize("size", [0, 1, LARGE, LARGE + 1, 3 * PIECE + LARGE + 7])
async def test_a_file_of_any_size_arrives_whole(client: httpx.AsyncClient, size: int) -> None:
    for method in READ:
        response = await client.request(method, f"/octets/{size}")
        assert response.content == (bytes(size) if method == "GET" else b"")
        assert response.headers["content-length"] == str(size)
        assert (response.headers["content-type"], response.headers["x-file"]) == ("image/png", "yes")
