"""This repository on a platform that knows nothing of it but its Procfile."""

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import httpx
import pytest

from tests.fakes.paas import PUBLIC, DeployError, Platform
from tests.fakes.signed_in import ADMINISTRATOR
from tests.fakes.upstream import KEY, Upstream
from webapp.standin.server import StandIn
from webapp.standin.steps import Hold, Say

PATIENCE = 30.0  # seconds


@pytest.fixture(scope="module")
def platform(standin: StandIn, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("platform")
    config = {
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_BASE_URL": standin.base_url,
        "APP_URL": f"https://{PUBLIC}",
        **ADMINISTRATOR,
        "DATA_DIR": str(folder / "disk"),
        "DRAIN_SECONDS": "0.2",
    }
    platform = Platform(folder, config, grace=10)
    platform.deploy()
    yield platform
    platform.stop()
    assert "Traceback" not in platform.log.read_text()


@pytest.fixture
def client(platform: Platform) -> Iterator[httpx.Client]:
    with platform.client() as client:
        yield client


async def ask(platform: Platform, upstream: Upstream, name: str) -> str:
    """Asks something whose answer stops after its first half; returns the address of the conversation."""
    model = await upstream.script(name, Say("Half "), Hold("gate"), Say("and half."))
    with platform.client() as client:
        address = f"/conversations/{client.post('/conversations').json()['id']}"
        assert client.post(f"{address}/messages", json={"message": "Go", "model": model}).status_code == 201
    await upstream.reached(name, "gate")
    return address


def answer(client: httpx.Client, address: str) -> dict[str, Any]:
    last: dict[str, Any] = client.get(address).json()["messages"][-1]
    return last


def wait_until_stored(platform: Platform, text: str) -> None:
    deadline = time.monotonic() + PATIENCE
    with closing(sqlite3.connect(platform.disk / "open-chat.db")) as database:
        while not database.execute("SELECT 1 FROM messages WHERE content = ?", (text,)).fetchone():
            assert time.monotonic() < deadline, f"{text!r} has not been stored"
            time.sleep(0.02)


def test_it_is_built_released_and_serves_pages_with_all_that_they_load(client: httpx.Client) -> None:
    page = client.get("/")
    assert page.status_code == 200
    loaded = re.findall(r'(?:href|src)="(/assets/[^"#]+)"', page.text)
    assert len(loaded) >= 4
    assert {client.get(address).status_code for address in loaded} == {200}


def test_only_the_public_name_and_who_has_signed_in_get_in(client: httpx.Client) -> None:
    assert client.get("/", headers={"host": "other.example"}).status_code == 421
    stranger = httpx.get(str(client.base_url), headers={"host": PUBLIC}, trust_env=False, verify=False)
    assert (stranger.status_code, stranger.headers["location"]) == (303, "/login?next=/")


async def test_a_restart_keeps_what_an_answer_has_and_it_goes_on(platform: Platform, upstream: Upstream) -> None:
    address = await ask(platform, upstream, "restarted")
    assert not platform.restart()
    await upstream.script("restarted", Say("and the rest."))
    with platform.client() as client:
        left = answer(client, address)
        assert (left["status"], left["content"]) == ("interrupted", "Half ")
        assert client.post(f"/messages/{left['id']}/continue").status_code == 303
        client.get(f"{address}/stream")
        assert answer(client, address)["status"] == "complete"


async def test_who_is_killed_loses_nothing_that_was_stored(platform: Platform, upstream: Upstream) -> None:
    """A grace shorter than DRAIN_SECONDS, against the papers."""
    platform.config["DRAIN_SECONDS"] = "60"
    platform.restart()
    address = await ask(platform, upstream, "killed")
    wait_until_stored(platform, "Half ")
    platform.grace, platform.config["DRAIN_SECONDS"] = 0.5, "0.2"
    assert platform.restart()
    platform.grace = 10
    with platform.client() as client:
        left = answer(client, address)
        assert (left["status"], left["content"]) == ("interrupted", "Half ")


def test_a_release_beside_the_version_that_runs_leaves_the_database_to_the_start(platform: Platform) -> None:
    assert "is in use; the next start brings it up to date." in platform.release()


def test_a_release_that_fails_leaves_the_version_before_it_running(platform: Platform, client: httpx.Client) -> None:
    (platform.disk / "file").write_text("In the way.")
    working, platform.config["DATA_DIR"] = platform.config["DATA_DIR"], str(platform.disk / "file")
    with pytest.raises(DeployError, match="Set DATA_DIR to another folder"):
        platform.release()
    platform.config["DATA_DIR"] = working
    assert client.get("/").status_code == 200


def test_a_setting_that_does_not_do_ends_the_start_with_one_line(platform: Platform) -> None:
    platform.config["AUTH"] = "off"
    before = len(platform.log.read_text())
    with pytest.raises(DeployError, match="AUTH is off"):
        platform.restart()
    assert platform.log.read_text()[before:].strip().splitlines()[-1].startswith("AUTH is off")
    del platform.config["AUTH"]
    platform.restart()
