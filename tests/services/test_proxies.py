"""The recipes for nginx and Caddy: what grows is not held back by them, and addresses lead where they should.

They are tested where the programs are installed; `bin/proxies` sees to that, and CI does not go without.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.reverse_proxies import RECIPES, Recipe, in_front_of
from tests.fakes.signed_in import ADMINISTRATOR, sign_in_async
from tests.fakes.upstream import KEY, Upstream
from webapp.standin.server import StandIn
from webapp.standin.steps import Hold, Say

ALL = (
    Recipe("nginx", "nginx.conf", "chat.example.org", ""),
    Recipe("nginx", "nginx-below-a-path.conf", "example.org", "/chat"),
    Recipe("caddy", "Caddyfile", "chat.example.org", ""),
    Recipe("caddy", "Caddyfile-below-a-path", "example.org", "/chat"),
)
HERE = [recipe for recipe in ALL if recipe.path]
HOSTS = sorted({recipe.host for recipe in ALL})
STREAMS = ("/messages/{answer}/events", "/messages/{answer}/live", "/conversations/{id}/stream")
PATIENCE = 30.0  # seconds


def test_every_recipe_is_known_here_and_ci_tests_them_all() -> None:
    files = {path.name for path in RECIPES.iterdir() if path.name.startswith(("nginx", "Caddyfile"))}
    assert files == {recipe.file for recipe in ALL}
    assert list(ALL) == HERE or not os.environ.get("CI"), "bin/proxies installs what is missing"


# The app on its own comes first: what holds for it is to hold behind each of them.
@pytest.fixture(scope="module", params=[None, *HERE], ids=lambda recipe: recipe.file if recipe else "none")
def recipe(request: pytest.FixtureRequest) -> Recipe | None:
    found: Recipe | None = request.param
    return found


@pytest.fixture(scope="module")
def servers(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, AppServer]]:
    """The app with the host to itself and below a path, by the paths."""
    started = {}
    for root in sorted({recipe.root for recipe in ALL}):
        public = {"ALLOWED_HOSTS": ",".join(HOSTS), "ROOT_PATH": root, **ADMINISTRATOR}
        environ = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url, "LOG_LEVEL": "WARNING", **public}
        started[root] = AppServer(tmp_path_factory.mktemp("server"), environ)
        started[root].start()
    yield started
    for server in started.values():
        server.stop()
        assert "Traceback" not in server.log()


@pytest.fixture(scope="module")
def address(
    recipe: Recipe | None, servers: dict[str, AppServer], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """Where people find the app: behind the proxy, if there is one."""
    if recipe is None:
        yield servers[""].url
        return
    with in_front_of(servers[recipe.root].port, recipe, tmp_path_factory.mktemp("proxy")) as url:
        yield url + recipe.root


@pytest.fixture
async def client(address: str, recipe: Recipe | None) -> AsyncIterator[httpx.AsyncClient]:
    headers = {"host": recipe.host if recipe else HOSTS[0]}
    async with httpx.AsyncClient(
        base_url=address, headers=headers, trust_env=False, verify=False, timeout=20
    ) as client:
        await sign_in_async(client)
        yield client


@pytest.mark.parametrize("stream", STREAMS)
async def test_each_word_is_read_before_the_next_is_there(
    client: httpx.AsyncClient, upstream: Upstream, stream: str
) -> None:
    """The model waits for the test, and the test for each word: who holds one back is found out."""
    words = ["One", "two", "three", "four"]
    model = await upstream.script("words", *(step for word in words for step in (Say(f"{word} "), Hold(word))))
    number = (await client.post("/conversations")).json()["id"]
    sent = await client.post(f"/conversations/{number}/messages", json={"message": "Go", "model": model})
    read = ""
    async with client.stream("GET", stream.format(id=number, answer=sent.json()["answer_id"])) as response:
        chunks = response.aiter_text()
        for word in words:
            async with asyncio.timeout(PATIENCE):
                while word not in read:
                    read += await anext(chunks)
            await upstream.open("words", word)


async def test_a_form_leads_to_the_page_and_the_page_to_its_files(
    client: httpx.AsyncClient, recipe: Recipe | None, address: str
) -> None:
    sent = await client.post("/c", data={"message": "Hello"})
    place = sent.headers["location"]
    root = recipe.root if recipe else ""
    assert place.startswith(f"{root}/c/")
    page = await client.get(place.removeprefix(root))
    assert page.status_code == 200
    assert page.headers.get("server", "").lower().partition("/")[0] == (recipe.program if recipe else "")
    stylesheet = page.text.partition('<link rel="stylesheet" href="')[2].partition('"')[0]
    assert (await client.get(stylesheet.removeprefix(root))).status_code == 200


async def test_the_longest_message_passes(client: httpx.AsyncClient) -> None:
    """Each of its characters is three bytes, and each byte three in a form."""
    sent = await client.post("/c", data={"message": "語" * 85_000})
    assert sent.status_code == 303


async def test_another_host_gets_no_page(client: httpx.AsyncClient) -> None:
    assert "<html" not in (await client.get("/", headers={"host": "evil.example"})).text
