"""What platforms read of this repository: it names what there is, and sets what the app takes."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from webapp.app import ROOT
from webapp.config import Settings

FLY = tomllib.loads((ROOT / "fly.toml").read_text())
VARIABLES = {field.name.upper() for field in msgspec.structs.fields(Settings)}
ASKED_FOR = {
    "APP_URL": "https://chat.example.org",
    "ADMIN_EMAIL": "you@example.org",
    "ADMIN_PASSWORD": "generated for you",
    "OPENROUTER_API_KEY": "sk",
}


def heroku() -> dict[str, str]:
    return {name: about.get("value", "") for name, about in json.loads((ROOT / "app.json").read_text())["env"].items()}


def render() -> dict[str, str]:
    blueprint = msgspec.yaml.decode((ROOT / "render.yaml").read_bytes())
    return {one["key"]: one.get("value", "") for one in blueprint["services"][0]["envVars"]}


def fly() -> dict[str, str]:
    return {**FLY["env"], **dict.fromkeys(("APP_URL", "ADMIN_EMAIL", "ADMIN_PASSWORD"), "")}  # `fly secrets` sets these


PLATFORMS: Mapping[str, Any] = {"app.json": heroku, "render.yaml": render, "fly.toml": fly}


def procfile() -> dict[str, str]:
    return dict(line.split(": ", 1) for line in (ROOT / "Procfile").read_text().splitlines())


@pytest.mark.parametrize("name", PLATFORMS)
def test_a_platform_sets_what_the_app_takes(name: str) -> None:
    environ = PLATFORMS[name]()
    assert set(environ) <= VARIABLES
    asked = {variable: ASKED_FOR[variable] for variable, value in environ.items() if not value}
    settings = Settings.from_env({**environ, **asked, "HOST": "0.0.0.0"})
    assert settings.hosts == {"chat.example.org"}


def test_a_process_starts_without_a_shell() -> None:
    """Some platforms split the line at spaces, and know neither NAME=value in front nor $PORT."""
    assert set(procfile()) == {"web", "release"}
    for command in procfile().values():
        assert re.fullmatch(r"python -m webapp [a-z0-9. -]+", command)


@pytest.mark.parametrize("process", ["web", "release"])
def test_the_command_line_takes_what_a_process_says(process: str) -> None:
    arguments = procfile()[process].split()[1:]
    done = subprocess.run(
        [sys.executable, *arguments, "--help"], cwd=ROOT, env={"PATH": ""}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith(f"usage: {procfile()[process].partition(' --')[0]}")


def test_render_starts_what_the_procfile_does() -> None:
    service = msgspec.yaml.decode((ROOT / "render.yaml").read_bytes())["services"][0]
    assert service["startCommand"] == procfile()["web"]
    assert service["maxShutdownDelaySeconds"] > float(render()["DRAIN_SECONDS"]) + 5
    assert render()["DATA_DIR"] == service["disk"]["mountPath"]


def test_fly_keeps_data_on_its_volume_and_waits_for_answers() -> None:
    assert FLY["mounts"]["destination"] == FLY["env"]["DATA_DIR"]
    assert FLY["kill_signal"] == "SIGTERM"
    assert float(FLY["kill_timeout"].removesuffix("s")) > float(FLY["env"]["DRAIN_SECONDS"]) + 5
    assert FLY["http_service"]["internal_port"] == Settings().port


def test_health_checks_ask_the_address_that_is_open_to_all() -> None:
    railway = json.loads((ROOT / "railway.json").read_text())["deploy"]["healthcheckPath"]
    dokku = json.loads((ROOT / "app.json").read_text())["healthchecks"]["web"][0]["path"]
    assert {railway, dokku, FLY["http_service"]["checks"][0]["path"]} == {"/healthz"}


def test_the_python_of_platforms_is_one_that_the_app_runs_on() -> None:
    minor = int((ROOT / ".python-version").read_text().strip().removeprefix("3."))
    assert minor >= 11
