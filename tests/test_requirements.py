"""What is installed: pinned by version and hash, agreed upon by all files, and asked for with its hashes everywhere."""

import re
import tomllib
from itertools import chain
from typing import Any, Final

import pytest

from webapp.app import ROOT
from webapp.operations.lockfiles import Locked, read_npm_lock, read_requirements

PROJECT: Final = "open-chat"
PYPROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text())
GROUPS: Final[dict[str, list[str]]] = PYPROJECT["dependency-groups"]
APP: Final[list[str]] = PYPROJECT["project"]["dependencies"]
# Each requirements file, and what of pyproject.toml it is made from.
MADE_FROM: Final = {
    "requirements.txt": APP,
    "requirements-dev.txt": [*APP, *GROUPS["dev"]],
    "requirements-node.txt": GROUPS["node"],
    "requirements-lock.txt": GROUPS["lock"],
}
INSTALLS: Final = re.compile(r"\binstall\b.* -r \S+")


def locked(name: str) -> dict[str, Locked]:
    return {package.name: package for package in read_requirements((ROOT / name).read_text())}


def asked_for(lines: list[str]) -> dict[str, str]:
    """Package to version, of lines such as `sqlalchemy[asyncio]==2.1.9`."""
    pinned = (line.partition("==") for line in lines)
    return {package.partition("[")[0]: version for package, _, version in pinned}


def test_there_is_no_other_requirements_file() -> None:
    assert {path.name for path in ROOT.glob("requirements*")} == set(MADE_FROM)


@pytest.mark.parametrize("name", MADE_FROM)
def test_each_package_has_hashes_and_no_address(name: str) -> None:
    assert "://" not in (ROOT / name).read_text()
    for package in locked(name).values():
        assert package.hashes, package.name
        assert all((one.alg, len(one.content)) == ("SHA-256", 64) for one in package.hashes), package.name


@pytest.mark.parametrize("name", MADE_FROM)
def test_a_file_has_what_the_project_asks_for_and_what_that_brings_along(name: str) -> None:
    there = locked(name)
    wanted = asked_for(MADE_FROM[name])
    assert {one.name: one.version for one in there.values() if PROJECT in one.asked_for_by} == wanted
    assert set(chain.from_iterable(one.asked_for_by for one in there.values())) <= {PROJECT, *there}
    assert all(one.asked_for_by for one in there.values())


def test_the_tests_run_on_the_very_packages_of_the_app() -> None:
    app, dev = locked("requirements.txt"), locked("requirements-dev.txt")
    assert {name: (one.version, one.hashes) for name, one in app.items()} == {
        name: (one.version, one.hashes) for name, one in dev.items() if name in app
    }


def test_npms_packages_have_hashes_and_no_address() -> None:
    text = (ROOT / "package-lock.json").read_text()
    assert '"resolved"' not in text
    assert "://" not in text
    for package in read_npm_lock(text):
        assert [one.alg for one in package.hashes] == ["SHA-512"], package.name


def test_whatever_installs_them_asks_for_their_hashes() -> None:
    files = [*(ROOT / "bin").iterdir(), ROOT / "Dockerfile", ROOT / "render.yaml", ROOT / ".ci" / "run"]
    papers = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    commands = [
        found[0] for file in (*files, *papers) for found in INSTALLS.finditer(file.read_text().replace("\\\n", ""))
    ]
    assert len(commands) >= 7
    assert [command for command in commands if "--require-hashes" not in command] == []


def test_nothing_else_is_installed_by_pip() -> None:
    """A package that a script names by itself has no hash."""
    for file in (*(ROOT / "bin").iterdir(), ROOT / "Dockerfile", ROOT / ".ci" / "run"):
        for line in file.read_text().splitlines():
            assert "-m pip" not in line or INSTALLS.search(line), f"{file.name}: {line}"
