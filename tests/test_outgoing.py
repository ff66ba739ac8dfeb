"""Addresses in what people and models say are shown, and nobody goes there: the server has one address to call."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.fakes.app_server import ROOT, AppServer
from tests.fakes.upstream import Upstream, shows
from webapp.standin.steps import Cite, Reason, Say


class Listener:
    """A server that is named everywhere, and hopes for a visit."""

    def __init__(self) -> None:
        self.visits = 0
        self.url = ""

    async def visited(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.visits += 1
        writer.close()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    listener = Listener()
    async with await asyncio.start_server(listener.visited, "127.0.0.1", 0) as server:
        listener.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield listener


async def test_the_listener_notices(listener: Listener) -> None:
    with pytest.raises(httpx.HTTPError):
        await httpx.AsyncClient(trust_env=False, verify=False).get(listener.url)
    assert listener.visits == 1


async def test_no_address_that_was_said_is_ever_called(
    server: AppServer, client: httpx.AsyncClient, upstream: Upstream, listener: Listener, tmp_path: Path
) -> None:
    url = listener.url
    said = f"{url}/bare <{url}/auto> [link]({url}/link) ![picture]({url}/p.png) [ref]\n\n[ref]: {url}/ref\n\n"
    markup = f'<img src="{url}/i"><link rel="preload" href="{url}/l"><iframe src="{url}/f"></iframe>\n\n'
    code = f"```mermaid\ngraph TD\n  A@{{ img: '{url}/m' }}\n```\n\n```html\n<script src='{url}/s'></script>\n```\n"
    model = await upstream.script(
        "addresses",
        Reason(said + markup),
        Say(said + markup + code),
        Cite(f"{url}/cited", said),
        shows(f"{url}/picture.png"),
        shows(f"data:image/png;base64,{url}"),
    )
    page = await client.post("/c", data={"message": said + markup, "model": model}, headers={"referer": f"{url}/from"})
    address = page.headers["location"].partition("#")[0]
    conversation = address.removeprefix("/c/")
    stream = await client.get(f"/conversations/{conversation}/stream")
    assert '"done":true' in stream.text
    await client.post(f"/c/{conversation}/title", data={"title": url})
    shown = (await client.get(address)).text
    assert all(f"{url}/{part}" in shown for part in ("bare", "link", "cited"))
    await client.get("/", headers={"x-forwarded-host": url, "forwarded": f"host={url}", "origin": url})
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "webapp", "export", str(tmp_path / "all.zip")],
        cwd=ROOT,
        env={"PATH": "/usr/bin:/bin", "DATA_DIR": str(server.database.parent)},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert listener.visits == 0
