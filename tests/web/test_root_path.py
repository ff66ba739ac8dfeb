"""The app below a path of its host: what comes in without it, what goes out with it."""

import re
from typing import Any, cast

import httpx
import pytest
from litestar.types import Receive, Scope, Send

from tests.fakes.upstream import Upstream
from webapp.app import ROOT
from webapp.standin.steps import Say, Show
from webapp.web.root_path import RootPath, is_below, outside

Headers = list[tuple[bytes, bytes]]


async def ask(root: str, path: str, answer: Headers | None = None, raw: bytes | None = None) -> tuple[Scope, Headers]:
    """What the app inside gets for a path, and the headers that get out."""
    got: list[Scope] = []
    sent: list[Any] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        got.append(scope)
        await send({"type": "http.response.start", "status": 200, "headers": answer or []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": path, "raw_path": raw or path.encode(), "headers": []}
    await RootPath(app, root)(cast("Any", scope), cast("Any", None), send)
    return got[0], sent[0]["headers"]


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("/chat", "/"),
        ("/chat/", "/"),
        ("/chat/c/1", "/c/1"),
        ("/c/1", "/c/1"),
        ("/chatter", "/chatter"),
        ("/healthz", "/healthz"),
        ("/x/chat/c", "/x/chat/c"),
        ("/chat/chat", "/chat"),
    ],
)
async def test_a_proxy_may_strip_the_path_or_leave_it(path: str, inside: str) -> None:
    scope, _ = await ask("/chat", path)
    assert (scope["path"], scope["raw_path"]) == (inside, inside.encode())


async def test_an_escape_is_left_as_it_came() -> None:
    scope, _ = await ask("/chat", "/chat/a b", raw=b"/chat/a%20b")
    assert (scope["path"], scope["raw_path"]) == ("/a b", b"/a%20b")


async def test_without_a_path_all_is_as_it_was() -> None:
    headers = [(b"location", b"/c/1"), (b"set-cookie", b"a=b; Path=/")]
    scope, sent = await ask("", "/c/1", headers)
    assert (scope["path"], sent) == ("/c/1", headers)


@pytest.mark.parametrize(
    ("header", "sent"),
    [
        (("location", "/c/1?at=2#m-2"), "/chat/c/1?at=2#m-2"),
        (("location", "/"), "/chat/"),
        (("location", "/chat/c/1"), "/chat/c/1"),
        (("location", "/chat?x=1"), "/chat?x=1"),
        (("location", "https://example.org/c"), "https://example.org/c"),
        (("location", "//example.org/c"), "//example.org/c"),
        (("hx-push-url", "/c/1"), "/chat/c/1"),
        (("hx-push-url", "false"), "false"),
        (("hx-redirect", "/"), "/chat/"),
        (("set-cookie", "a=/; HttpOnly; Path=/; SameSite=lax"), "a=/; HttpOnly; Path=/chat; SameSite=lax"),
        (("set-cookie", "a=b; path=/"), "a=b; path=/chat"),
        (("set-cookie", "a=b; Path=/c"), "a=b; Path=/c"),
        (("link", "/c/1"), "/c/1"),
    ],
)
async def test_addresses_in_headers_get_it_once(header: tuple[str, str], sent: str) -> None:
    _, headers = await ask("/chat", "/", [(header[0].encode(), header[1].encode())])
    assert headers == [(header[0].encode(), sent.encode())]


def test_below_is_a_whole_segment() -> None:
    assert [is_below(address, "/a/b") for address in ("/a/b", "/a/b/c", "/a/b?c", "/a/bc", "/a")] == [
        True,
        True,
        True,
        False,
        False,
    ]
    assert outside("/a", "/a/b") == "/a/b/a"


def test_scripts_and_styles_name_no_address_that_begins_at_the_host() -> None:
    for file in [*ROOT.glob("static/**/*.js"), *ROOT.glob("static/**/*.css")]:
        code = re.sub(r"^\s*//.*$|/\*.*?\*/", "", file.read_text(), flags=re.MULTILINE | re.DOTALL)
        assert re.findall(r"""(?:["'`]|url\()/\w[^"'`)]*""", code) == [], file.name


# The whole app


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {"ROOT_PATH": "/chat"}


async def test_the_api_tells_where_it_is_and_where_pictures_are(client: httpx.AsyncClient, upstream: Upstream) -> None:
    """The client has the address of the host, and asks below the path."""
    assert (await client.get("/chat/schema/openapi.json")).json()["servers"] == [{"url": "/chat"}]
    address = f"/chat/conversations/{(await client.post('/chat/conversations')).json()['id']}"
    model = await upstream.script("picture", Say("Here:"), Show(seed=3))
    await client.post(f"{address}/messages", json={"message": "Draw", "model": model})
    await client.get(f"{address}/stream")
    (picture,) = (await client.get(address)).json()["messages"][-1]["pictures"]
    assert picture.startswith("/chat/pictures/")
    assert (await client.get(picture)).headers["content-type"].startswith("image/")


@pytest.mark.parametrize("path", ["/healthz", "/chat/healthz"])
async def test_a_platform_may_ask_for_its_health_past_the_proxy(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers={"host": "10.0.0.7"})).status_code == 200


async def test_files_keep_their_headers_below_the_path(client: httpx.AsyncClient) -> None:
    page = (await client.get("/chat/")).text
    (script,) = re.findall(r'src="(/chat/assets/app-[^"]+)"', page)
    assert "immutable" in (await client.get(script)).headers["cache-control"]
