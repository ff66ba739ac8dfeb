"""What tests of several folders share: a stand-in for OpenRouter, and the app as a server."""

import gc
import logging
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import NoReturn

import httpx
import pytest
from hypothesis import HealthCheck, settings

from tests.fakes import services
from tests.fakes.apart import apart
from tests.fakes.app_server import AppServer
from tests.fakes.database import migrated_file
from tests.fakes.order import long_files_first
from tests.fakes.postgres import own_database, without_rows
from tests.fakes.shared_servers import SharedServers, started
from tests.fakes.upstream import KEY, Upstream, running_standin
from webapp.db.address import Address, PostgresServer
from webapp.db.migrate_postgres import upgrade_server
from webapp.logs import OURS
from webapp.standin.server import StandIn

# Tests may end in mid-answer, and many share a server.
MANY_ANSWERS = {"MAX_LIVE_REPLIES": "1000"}

# The same examples in each run, however slow the machine.
settings.register_profile("steady", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("steady")


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores, as stories also wait; on many cores four, as memory and services are shared."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if hasattr(config, "workerinput"):
        long_files_first(items, Path(__file__).parent)


def pytest_collection_finish() -> None:
    gc.freeze()  # ten thousand tests, which each full collection would look through


@pytest.fixture(autouse=True)
def loggers_as_they_were() -> Iterator[None]:
    """A test that starts the server in this process sets up the log for all that come after it."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    ours = logging.getLogger(OURS).level
    yield
    root.handlers[:], root.level = handlers, level
    logging.getLogger(OURS).setLevel(ours)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    """A real server, on which tests may make databases of their own."""
    with services.postgres() as server:
        if server is None:
            go_without("Postgres", "install postgresql, or name a server in TEST_POSTGRES_URL")
        yield server


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A real server's address. Keys of others may be there."""
    with services.redis() as url:
        if url is None:
            go_without("Redis", "install redis-server, or name a server in TEST_REDIS_URL")
        yield url


@pytest.fixture(scope="session")
def bare_postgres(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """A database of this run's own, for tests that make and drop its tables."""
    with own_database(postgres_server) as database:
        yield database


@pytest.fixture(scope="session")
def postgres(postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """A database of this run's own, with all tables."""
    with own_database(postgres_server) as database:
        apart(upgrade_server(database))
        yield database


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Address:
    """A database with all tables and nothing in them: a file, and then the same on Postgres."""
    if request.param == "sqlite":
        return migrated_file(tmp_path / "test.db")
    postgres: PostgresServer = request.getfixturevalue("postgres")
    return without_rows(postgres)


_WITHOUT: dict[str, str] = {}  # services that were not found, and what to do


def go_without(service: str, remedy: str) -> NoReturn:
    """Skips what needs the service; where CI is set there is no going without."""
    if os.environ.get("CI"):
        pytest.fail(f"CI goes without nothing, and there is no {service}: {remedy}.")
    _WITHOUT[service] = remedy
    pytest.skip(f"no {service} here: {remedy}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for service, remedy in _WITHOUT.items():
        terminalreporter.write_line(f"WENT WITHOUT {service}, and skipped the tests on it: {remedy}.", yellow=True)


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


@pytest.fixture(scope="session")
def shared_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SharedServers]:
    servers = SharedServers(lambda: tmp_path_factory.mktemp("server"))
    yield servers
    servers.stop()


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest,
    standin: StandIn,
    server_environ: dict[str, str],
    shared_servers: SharedServers,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[AppServer]:
    """A real server. Modules with the same settings share one, so each test uses conversations of its own.

    A module that stops its server, or counts on nobody else's traces there, marks its tests as `own_server`.
    """
    environ = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url, **MANY_ANSWERS, **server_environ}
    if request.node.get_closest_marker("own_server"):
        serving = started(tmp_path_factory.mktemp("server"), environ)
    else:
        serving = shared_servers.lent(environ)
    with serving as server:
        yield server


@pytest.fixture
async def client(server: AppServer) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the JSON API."""
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=20) as client:
        yield client
