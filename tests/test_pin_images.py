"""Images are pinned to what their tags are, as a `docker` says that is on the path of the test."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from webapp.app import ROOT

DOCKERFILE: Final = """\
# FROM nothing
FROM node:24-slim AS packages
RUN true
FROM python:3.11-slim AS build
FROM python:3.11-slim
COPY --from=build /venv /venv
"""
COMPOSE: Final = """\
services:
  app:
    build: .
  redis:
    image: redis:7-alpine
    restart: always
"""
DOCKER: Final = f"""\
#!{sys.executable}
import sys
if sys.argv[1:4] != ["buildx", "imagetools", "inspect"] or sys.argv[5:] != ["--format", "{{{{.Manifest.Digest}}}}"]:
    sys.exit("a command that it doesn't know")
for line in open("digests"):
    name, digest = line.split()
    if name == sys.argv[4]:
        print(digest)
        break
else:
    sys.exit(f"looking it up\\nERROR: {{sys.argv[4]}}: not found")
"""


def digest(words: str) -> str:
    return f"sha256:{hashlib.sha256(words.encode()).hexdigest()}"


DIGESTS: Final = {name: digest(name) for name in ("node:24-slim", "python:3.11-slim", "redis:7-alpine")}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "docker").write_text(DOCKER)
    (tmp_path / "bin" / "docker").chmod(0o755)
    has(tmp_path, DIGESTS)
    return tmp_path


def has(checkout: Path, digests: dict[str, str]) -> None:
    """The images that the registry has."""
    (checkout / "digests").write_text("".join(f"{name} {one}\n" for name, one in digests.items()))


def pin(checkout: Path, path: str = "bin") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "bin" / "pin-images"],
        env={**os.environ, "PATH": str(checkout / path)},
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


def with_digests(text: str, digests: dict[str, str]) -> str:
    for name, pinned in digests.items():
        text = text.replace(name, f"{name}@{pinned}")
    return text


def refusal(checkout: Path, path: str = "bin") -> str:
    done = pin(checkout, path)
    assert (done.returncode, done.stdout) == (1, "")
    assert (checkout / "Dockerfile").read_text() == DOCKERFILE
    assert (checkout / "compose.yaml").read_text() == COMPOSE
    return done.stderr


def test_each_image_gets_its_digest_and_nothing_else_changes(checkout: Path) -> None:
    done = pin(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{name}@{pinned}" for name, pinned in DIGESTS.items()]
    assert (checkout / "Dockerfile").read_text() == with_digests(DOCKERFILE, DIGESTS)
    assert (checkout / "compose.yaml").read_text() == with_digests(COMPOSE, DIGESTS)


def test_a_newer_image_takes_the_place_of_the_one_before(checkout: Path) -> None:
    before = DIGESTS | {"python:3.11-slim": digest("the one before")}
    (checkout / "Dockerfile").write_text(with_digests(DOCKERFILE, before))
    assert pin(checkout).returncode == 0
    assert (checkout / "Dockerfile").read_text() == with_digests(DOCKERFILE, DIGESTS)


def test_where_one_image_is_not_there_nothing_is_changed(checkout: Path) -> None:
    has(checkout, {name: one for name, one in DIGESTS.items() if name != "redis:7-alpine"})
    assert refusal(checkout) == "redis:7-alpine: ERROR: redis:7-alpine: not found\nNothing was changed.\n"


def test_what_is_no_digest_is_not_written(checkout: Path) -> None:
    has(checkout, dict.fromkeys(DIGESTS, "sha256:abc"))
    assert refusal(checkout) == "node:24-slim: sha256:abc\nNothing was changed.\n"


def test_without_docker_it_says_so(checkout: Path) -> None:
    assert refusal(checkout, path="elsewhere").startswith("There is no `docker` here")
