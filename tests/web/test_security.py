"""The gate: hosts, the password, other sites, and the headers of every answer."""

import asyncio
import base64
from collections.abc import Mapping
from typing import Any, cast

import pytest
from litestar.types import Receive, Scope, Send

from webapp.config import Settings
from webapp.web.security import Gate

PUBLIC = {"HOST": "0.0.0.0", "ACCESS_PASSWORD": "correct horse", "APP_URL": "https://chat.example.org"}


async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"referrer-policy", b"own")]})
    await send({"type": "http.response.body", "body": b"inside", "more_body": False})


async def ask(
    environ: Mapping[str, str], headers: Mapping[str, str], method: str = "GET", path: str = "/"
) -> tuple[int, dict[str, str], str]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }
    await Gate(app, Settings.from_env(environ), guess_seconds=0)(cast("Any", scope), cast("Any", None), send)
    answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], answered, sent[1]["body"].decode()


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"])
async def test_our_own_hosts_pass(host: str) -> None:
    assert (await ask({}, {"host": host}))[0] == 200


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example:80", "", "[::2]"])
async def test_another_host_is_refused(host: str) -> None:
    status, _, body = await ask({}, {"host": host})
    assert status == 421
    assert "APP_URL" in body


async def test_the_password_is_asked_for_and_taken() -> None:
    host = {"host": "chat.example.org"}
    status, headers, _ = await ask(PUBLIC, host)
    assert (status, headers["www-authenticate"].split()[0]) == (401, "Basic")
    right = base64.b64encode(b"anyone:correct horse").decode()
    assert (await ask(PUBLIC, {**host, "authorization": f"Basic {right}"}))[0] == 200


@pytest.mark.parametrize(
    "authorization",
    ["Basic", "Basic !!", "Bearer correct horse", "Basic " + base64.b64encode(b"x:wrong").decode(), "Basic Zm9v", ""],
)
async def test_anything_else_is_not_the_password(authorization: str) -> None:
    assert (await ask(PUBLIC, {"host": "chat.example.org", "authorization": authorization}))[0] == 401


async def test_the_health_check_knows_neither_host_nor_password() -> None:
    assert (await ask(PUBLIC, {"host": "10.0.0.7:8000"}, path="/healthz"))[0] == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "http://localhost:8000"}, 403),
        ({"origin": "http://localhost:8000"}, 200),
        ({"origin": "http://localhost:9000"}, 403),
        ({"origin": "https://evil.example"}, 403),
        ({"origin": "null"}, 403),
        ({"origin": "http://["}, 403),
        ({"origin": "http://localhost:8000/evil"}, 403),
        ({}, 200),  # no browser
    ],
)
async def test_a_post_from_another_site_is_refused(headers: dict[str, str], status: int) -> None:
    assert (await ask({}, {"host": "localhost:8000", **headers}, method="POST"))[0] == status


async def test_every_answer_has_the_security_headers_refusals_too() -> None:
    for host in ("localhost", "evil.example"):
        _, headers, _ = await ask({}, {"host": host})
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_an_answer_keeps_a_header_of_its_own() -> None:
    assert (await ask({}, {"host": "localhost"}))[1]["referrer-policy"] == "own"


async def test_guessing_is_slow_and_bounded() -> None:
    gate = Gate(app, Settings.from_env(PUBLIC), guess_seconds=0.05)

    async def guess(password: str) -> int:
        statuses: list[int] = []

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))

        code = base64.b64encode(f"x:{password}".encode())
        headers = [(b"host", b"chat.example.org"), (b"authorization", b"Basic " + code)]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
        await gate(cast("Any", scope), cast("Any", None), send)
        return statuses[0]

    began = asyncio.get_running_loop().time()
    guesses = [asyncio.create_task(guess(f"wrong {number}")) for number in range(60)]
    await asyncio.sleep(0)
    assert await guess("correct horse") == 200
    assert sum(one.done() for one in guesses) <= 10  # the right one did not wait for the others
    answered = await asyncio.gather(*guesses)
    assert (answered.count(401), answered.count(429)) == (50, 10)
    assert asyncio.get_running_loop().time() - began >= 0.05 * 50 / 5 * 0.9
