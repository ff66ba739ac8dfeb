"""What tests of several folders share: a stand-in for OpenRouter, and the app as a server."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.upstream import KEY, Upstream, running_standin
from webapp.standin.server import StandIn


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    with running_standin() as standin:
        yield standin


@pytest.fixture
async def upstream(standin: StandIn) -> AsyncIterator[Upstream]:
    async with Upstream(standin.base_url) as upstream:
        yield upstream
        await upstream.reset()


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    """Settings of the module's server, for a module to change."""
    return {}


@pytest.fixture(scope="module")
def server(
    standin: StandIn, server_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[AppServer]:
    """One real server for a whole module; each test uses conversations of its own."""
    environ = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url, **server_environ}
    server = AppServer(tmp_path_factory.mktemp("server"), environ)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
async def client(server: AppServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the JSON API."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=20) as client:
        yield client
