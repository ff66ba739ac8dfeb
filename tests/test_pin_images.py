"""Images are pinned to what their tags are: asked of a stand-in registry, which wants a token as the real ones do."""

import hashlib
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final
from urllib.parse import parse_qs, urlsplit

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


class Registry:
    """Speaks the Registry HTTP API: a token for each repository, then its manifests."""

    def __init__(self) -> None:
        self.manifests: dict[str, bytes] = {}
        self.asked: list[str] = []
        self.lies = False
        self.word_for_token = "token"
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.address = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def has(self, repository: str, tag: str) -> str:
        """Adds a manifest; returns its digest."""
        body = json.dumps({"schemaVersion": 2, "name": repository, "tag": tag}).encode()
        self.manifests[f"/v2/{repository}/manifests/{tag}"] = body
        return digest(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                status, headers, body = registry.answer(self.path, dict(self.headers))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        return Handler

    def answer(self, path: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
        if path.startswith("/token?"):
            query = parse_qs(urlsplit(path).query)
            assert query["service"] == ["registry.test"]
            return 200, {}, json.dumps({self.word_for_token: f"for {query['scope'][0]}"}).encode()
        scope = f"repository:{path.split('/manifests/')[0].removeprefix('/v2/')}:pull"
        if headers.get("Authorization") != f"Bearer for {scope}":
            challenge = f'Bearer realm="{self.address}/token",service="registry.test",scope="{scope}"'
            return 401, {"WWW-Authenticate": challenge}, b"{}"
        self.asked.append(path)
        if path not in self.manifests or "image.index" not in headers["Accept"]:
            return 404, {}, b"{}"
        body = self.manifests[path]
        return 200, {"Docker-Content-Digest": digest(b"another") if self.lies else digest(body)}, body


def digest(body: bytes) -> str:
    return f"sha256:{hashlib.sha256(body).hexdigest()}"


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    yield registry
    registry.close()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "Dockerfile").write_text(DOCKERFILE)
    (tmp_path / "compose.yaml").write_text(COMPOSE)
    return tmp_path


def pin(checkout: Path, registry: str) -> subprocess.CompletedProcess[str]:
    script = ROOT / "bin" / "pin-images"
    return subprocess.run(
        [sys.executable, script, "--folder", checkout, "--registry", registry],
        env={"NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def digests(registry: Registry) -> dict[str, str]:
    return {
        "node:24-slim": registry.has("library/node", "24-slim"),
        "python:3.11-slim": registry.has("library/python", "3.11-slim"),
        "redis:7-alpine": registry.has("library/redis", "7-alpine"),
    }


def with_digests(text: str, digests: dict[str, str]) -> str:
    for name, pinned in digests.items():
        text = text.replace(name, f"{name}@{pinned}")
    return text


@pytest.mark.parametrize("word_for_token", ["token", "access_token"])
def test_each_image_gets_its_digest_and_nothing_else_changes(
    checkout: Path, registry: Registry, digests: dict[str, str], word_for_token: str
) -> None:
    registry.word_for_token = word_for_token
    done = pin(checkout, registry.address)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [f"{name}@{pinned}" for name, pinned in digests.items()]
    assert (checkout / "Dockerfile").read_text() == with_digests(DOCKERFILE, digests)
    assert (checkout / "compose.yaml").read_text() == with_digests(COMPOSE, digests)
    assert len(registry.asked) == len(digests)


def test_a_newer_image_takes_the_place_of_the_one_before(
    checkout: Path, registry: Registry, digests: dict[str, str]
) -> None:
    before = digests | {"python:3.11-slim": digest(b"the one before")}
    (checkout / "Dockerfile").write_text(with_digests(DOCKERFILE, before))
    assert pin(checkout, registry.address).returncode == 0
    assert (checkout / "Dockerfile").read_text() == with_digests(DOCKERFILE, digests)


@pytest.mark.parametrize(
    ("name", "repository", "tag"),
    [
        ("ghcr.io/owner/name:1.2", "owner/name", "1.2"),
        ("owner/name", "owner/name", "latest"),
        ("host.test:5000/name", "name", "latest"),
        ("redis", "library/redis", "latest"),
    ],
)
def test_a_name_is_read_as_docker_reads_it(
    checkout: Path, registry: Registry, name: str, repository: str, tag: str
) -> None:
    (checkout / "Dockerfile").write_text(f"FROM {name}\n")
    (checkout / "compose.yaml").write_text("")
    pinned = registry.has(repository, tag)
    assert pin(checkout, registry.address).stdout == f"{name}@{pinned}\n"


def refusal(checkout: Path, registry: str) -> str:
    done = pin(checkout, registry)
    assert (done.returncode, done.stdout) == (1, "")
    assert (checkout / "Dockerfile").read_text() == DOCKERFILE
    assert (checkout / "compose.yaml").read_text() == COMPOSE
    return done.stderr


def test_where_one_image_is_not_there_nothing_is_changed(
    checkout: Path, registry: Registry, digests: dict[str, str]
) -> None:
    del registry.manifests["/v2/library/redis/manifests/7-alpine"]
    said = refusal(checkout, registry.address)
    assert said == f"library/redis:7-alpine: {registry.address} answered 404. Nothing was changed.\n"


def test_a_manifest_that_is_not_what_the_registry_says_is_refused(
    checkout: Path, registry: Registry, digests: dict[str, str]
) -> None:
    registry.lies = True
    assert "sent something else than it says" in refusal(checkout, registry.address)


def test_a_registry_that_does_not_answer_is_one_line(checkout: Path, registry: Registry) -> None:
    registry.close()
    said = refusal(checkout, registry.address)
    assert "cannot be reached" in said
    assert said.count("\n") == 1
