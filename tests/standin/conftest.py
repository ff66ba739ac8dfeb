"""One stand-in for all tests of this folder, its controls, and a plain HTTP client for it."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from tests.fakes.upstream import Upstream, running_standin
from tests.standin.reading import client
from webapp.standin.server import StandIn


@pytest.fixture(scope="session")
def standin() -> Iterator[StandIn]:
    with running_standin() as running:
        yield running


@pytest.fixture
async def upstream(standin: StandIn) -> AsyncIterator[Upstream]:
    async with Upstream(standin.base_url) as upstream:
        yield upstream
        await upstream.reset()


@pytest.fixture
async def api(standin: StandIn) -> AsyncIterator[httpx.AsyncClient]:
    async with client(standin.base_url) as api:
        yield api
