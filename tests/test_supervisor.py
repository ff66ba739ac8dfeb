"""Several processes on one address: they share the work, replace their dead, and go down together."""

import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # comes without types
import pytest

from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.postgres import run, url_of, without_rows, without_tables
from tests.test_cli import only_line
from tests.test_cli import run as call
from webapp.db.address import PostgresServer


@pytest.fixture(scope="module")
def environ(postgres: PostgresServer) -> dict[str, str]:
    """Two processes in demo mode, with a stand-in that is slow enough to be interrupted."""
    without_rows(postgres)
    return {
        "DATABASE_URL": url_of(postgres),
        "WEB_CONCURRENCY": "2",
        "DEMO_TOKENS_PER_SECOND": "5",
        "DRAIN_SECONDS": "0",
    }


@pytest.fixture(scope="module")
def app(environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    app = AppServer(tmp_path_factory.mktemp("supervised"), environ)
    app.start()
    yield app
    app.stop()
    assert "Traceback" not in app.log(), app.log()


@pytest.fixture
async def api(app: AppServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=app.url, trust_env=False, timeout=20, verify=False) as api:
        yield api


def workers(app: AppServer) -> list[psutil.Process]:
    found: list[psutil.Process] = psutil.Process(app.pid).children()
    return found


async def ask(api: httpx.AsyncClient) -> str:
    """Sets an answer growing in a new conversation; returns that."""
    conversation = str((await api.post("/conversations")).json()["id"])
    sent = await api.post(f"/conversations/{conversation}/messages", json={"message": "Go"})
    assert sent.status_code == 201, sent.text
    return conversation


async def status(api: httpx.AsyncClient, conversation: str) -> str:
    return str((await api.get(f"/conversations/{conversation}")).json()["messages"][-1]["status"])


async def test_each_process_takes_requests(app: AppServer) -> None:
    """The system deals connections out by their ports, so of forty, both get some."""
    assert len(workers(app)) == 2
    visits = [socket.create_connection(("127.0.0.1", int(app.url.rsplit(":", 1)[1]))) for _ in range(40)]
    try:
        for visit in visits:
            visit.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        assert {visit.recv(12) for visit in visits} == {b"HTTP/1.1 200"}
        open_at = [len(worker.net_connections("tcp")) for worker in workers(app)]
        assert min(open_at) > 5
    finally:
        for visit in visits:
            visit.close()


async def test_one_that_dies_is_replaced_and_nobody_is_turned_away(app: AppServer, api: httpx.AsyncClient) -> None:
    victim, other = workers(app)
    victim.kill()

    async def is_replaced() -> bool:
        now = workers(app)
        return victim not in now and other in now and len(now) == 2

    await eventually(is_replaced)
    for _ in range(20):  # new connections, of which some wait for the one that is just starting
        async with httpx.AsyncClient(base_url=app.url, trust_env=False, timeout=20, verify=False) as visitor:
            assert (await visitor.get("/healthz")).status_code == 200
    assert "ended by itself (SIGKILL)" in app.log()


async def test_at_sigterm_all_drain_and_keep_what_they_have(app: AppServer, api: httpx.AsyncClient) -> None:
    conversations = [await ask(api) for _ in range(3)]
    family = workers(app)
    assert app.terminate() == 0
    assert not any(worker.is_running() for worker in family)
    app.start()
    for conversation in conversations:
        assert await status(api, conversation) == "interrupted"


async def test_workers_do_not_outlive_a_supervisor_that_is_killed(app: AppServer) -> None:
    family = workers(app)
    app.kill()
    gone, left = psutil.wait_procs(family, timeout=15)
    assert (len(gone), left) == (2, [])


# Refusals


def test_several_processes_on_sqlite_are_refused(tmp_path: Path) -> None:
    done = call("serve", environ={"DATA_DIR": str(tmp_path), "PORT": "0", "WEB_CONCURRENCY": "2"})
    assert (done.returncode, done.stdout) == (1, "")
    assert only_line(done.stderr) == (
        "WEB_CONCURRENCY is 2, and an SQLite file takes one process; set DATABASE_URL to a Postgres database, or "
        "WEB_CONCURRENCY to 1.\n"
    )


def test_an_address_that_is_taken_is_refused_also_where_others_share_it(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as taken:
        port = taken.getsockname()[1]
        done = call("serve", environ={**environ, "PORT": str(port), "LOG_LEVEL": "ERROR"})
    assert done.returncode == 1
    assert only_line(done.stderr).startswith(f"Cannot listen on 127.0.0.1:{port}")


def test_a_database_that_cannot_be_used_ends_the_start(environ: dict[str, str], bare_postgres: PostgresServer) -> None:
    run(
        without_tables(bare_postgres),
        "CREATE TABLE alembic_version (version_num text); INSERT INTO alembic_version VALUES ('9999')",
    )
    done = call("serve", environ={**environ, "DATABASE_URL": url_of(bare_postgres), "PORT": "0", "LOG_LEVEL": "ERROR"})
    assert (done.returncode, done.stdout) == (1, "")
    assert only_line(done.stderr).startswith("A newer Open Chat made the database")


def test_a_worker_without_a_supervisor_is_refused() -> None:
    done = call("worker", environ={})
    assert (done.returncode, done.stdout) == (1, "")
    assert "set WEB_CONCURRENCY" in only_line(done.stderr)
