"""The Dockerfile: what it says, and what comes of it, run with nothing to write to but its folder for data."""

import json
import os
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.fakes.image import Image, is_sent, read_dockerfile
from tests.fakes.signed_in import ADMINISTRATOR, sign_in
from tests.fakes.upstream import KEY
from webapp.app import ROOT
from webapp.config import Settings
from webapp.standin.server import StandIn
from webapp.web.assets import HTMX_FILES, MERMAID_FILE

# Root may write anywhere, also where nothing may be written; without its capabilities it may not.
UNPRIVILEGED = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []

STAGES = read_dockerfile()
LAST = STAGES[-1]


# What it says


def test_node_and_pip_stay_in_the_stages_before() -> None:
    assert [stage.base.partition(":")[0] for stage in STAGES] == ["node", "python", "python"]
    assert STAGES[1].base == LAST.base
    assert not any(word in command for command in LAST.all("RUN") for word in ("npm", "pip", "apt"))


def test_bases_are_named_with_their_versions() -> None:
    python = (ROOT / ".python-version").read_text().strip()
    names = [stage.base.partition("@")[0] for stage in STAGES]
    assert names == ["node:24-slim", f"python:{python}-slim", f"python:{python}-slim"]


def test_images_are_all_pinned_by_a_digest_or_none_is() -> None:
    """bin/pin-images writes them, and the same for the same name."""
    services = msgspec.yaml.decode((ROOT / "compose.yaml").read_text())["services"].values()
    images = {*(stage.base for stage in STAGES), *(one["image"] for one in services if "image" in one)}
    pinned = {image for image in images if re.fullmatch(r"[a-z]+:[\w.-]+@sha256:[0-9a-f]{64}", image)}
    assert pinned in (images, set())
    assert len({image.partition("@")[0] for image in images}) == len(images)
    assert pinned or not any("@" in image for image in images)


def test_it_runs_as_somebody_who_is_not_root() -> None:
    (user,), (default,) = LAST.all("USER"), LAST.all("ARG")
    name, _, value = default.partition("=")
    assert user == f"${name}"
    assert int(value) >= 1000


def test_signals_arrive_and_nothing_is_called_that_is_not_there() -> None:
    (command,), (health,) = LAST.all("CMD"), LAST.all("HEALTHCHECK")
    assert json.loads(command) == ["python", "-m", "webapp", "serve"]
    assert json.loads(health.partition(" CMD ")[2])[:2] == ["python", "-c"]


def test_pages_get_all_that_they_need_of_npm_and_nothing_else() -> None:
    copied = {line.split()[1] for line in LAST.all("COPY") if line.startswith("--from=packages ")}
    assert copied == {f"/app/node_modules/{name}" for name in (*HTMX_FILES, MERMAID_FILE)}


@pytest.mark.parametrize(
    "path",
    [".env", ".git/config", "data/open-chat.db", "tests/conftest.py", "docs/settings.md", "webapp/__pycache__/a"],
)
def test_secrets_data_and_what_is_not_run_never_reach_a_builder(path: str) -> None:
    assert not is_sent(path)


def test_what_runs_reaches_it() -> None:
    assert all(map(is_sent, ("webapp/db/migrations/versions/0001_first_tables.py", "static/css/20-base.css")))


def test_services_beside_it_have_volumes_checks_and_no_secrets() -> None:
    text = (ROOT / "compose.yaml").read_text()
    services = msgspec.yaml.decode(text)["services"]
    app, postgres, redis = services["app"], services["postgres"], services["redis"]
    assert set(app["environment"]) <= {field.name.upper() for field in msgspec.structs.fields(Settings)} | {"REDIS_URL"}
    assert app["read_only"] is True
    assert app["volumes"] == ["data:/data"]
    assert set(app["depends_on"]) == {"postgres", "redis"}
    assert all("healthcheck" in one for one in (postgres, redis))
    assert postgres["environment"]["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert "open_chat:${POSTGRES_PASSWORD:?" in app["environment"]["DATABASE_URL"]


# What comes of it


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Image]:
    folder = tmp_path_factory.mktemp("image")
    yield Image(folder)
    subprocess.run(["chmod", "-R", "u+w", str(folder)], check=True)  # so that it can be removed
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def environ(image: Image, standin: StandIn) -> dict[str, str]:
    """That of the image, in the folder that stands for it, and what an operator sets."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    return {
        "PATH": str(Path(image.find("python")).parent),
        **{name: value.replace("/data", str(image.data)) for name, value in image.environ.items() if name != "PATH"},
        "PORT": str(port),
        "APP_URL": "https://chat.example.org",
        **ADMINISTRATOR,
        "OPENROUTER_API_KEY": KEY,
        "OPENROUTER_BASE_URL": standin.base_url,
    }


def run(image: Image, environ: dict[str, str], *command: str) -> subprocess.Popen[str]:
    program = [shutil.which(UNPRIVILEGED[0]) or "", *UNPRIVILEGED[1:]] if UNPRIVILEGED else []
    return subprocess.Popen(
        [*program, image.find(command[0]), *command[1:]],
        cwd=image.workdir,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def output(process: subprocess.Popen[str]) -> tuple[int, str]:
    text = process.communicate(timeout=30)[0]
    return process.returncode, text


@pytest.fixture(scope="module")
def process(image: Image, environ: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    process = run(image, environ, *image.command)
    assert process.stdout is not None
    for line in process.stdout:
        if line.endswith(" is at https://chat.example.org\n"):
            break
    yield process
    if process.poll() is None:
        process.kill()
        process.communicate()


def test_nothing_can_be_written_where_it_runs(image: Image, environ: dict[str, str]) -> None:
    code, text = output(run(image, environ, "python", "-c", "open('webapp/new', 'w')"))
    assert code == 1
    assert "PermissionError" in text


def test_it_has_what_it_takes_to_list_what_is_in_it(image: Image, environ: dict[str, str]) -> None:
    code, text = output(run(image, environ, "python", "-m", "webapp", "sbom"))
    assert code == 0
    assert {"litestar", "htmx.org", "@mermaid-js/tiny"} <= {
        one["name"] for one in msgspec.json.decode(text)["components"]
    }


def test_it_serves_and_says_that_it_is_well(
    image: Image, environ: dict[str, str], process: subprocess.Popen[str]
) -> None:
    assert output(run(image, environ, *image.health)) == (0, "")
    address = f"http://127.0.0.1:{environ['PORT']}"
    host = {"host": "chat.example.org"}
    with httpx.Client(base_url=address, headers=host, trust_env=False, verify=False) as client:
        sign_in(client)
        conversation = client.post("/conversations").json()["id"]
        client.post(f"/conversations/{conversation}/messages", json={"message": "Hello!"})
        assert client.get(f"/conversations/{conversation}/stream").text.endswith('data: {"done":true}\n\n')
        assert client.get(f"/c/{conversation}").status_code == 200
        assert client.get("/diagram").status_code == 200


def test_it_ends_at_once_when_told_and_has_written_nowhere_but_to_its_data(
    image: Image, environ: dict[str, str], process: subprocess.Popen[str]
) -> None:
    before = image.written()
    began = time.monotonic()
    process.terminate()
    code, text = output(process)
    assert (code, "Traceback" in text) == (0, False)
    assert time.monotonic() - began < 10
    assert image.written() == before
    assert (image.data / "open-chat.db").is_file()
    assert output(run(image, environ, *image.health))[0] != 0
