"""The gate: hosts, other sites, and the headers of every answer."""

import asyncio
from collections.abc import Mapping
from typing import Any, cast

import pytest
from litestar.types import Receive, Scope, Send

from tests.fakes.app_server import AppServer
from webapp.config import Settings
from webapp.web.security import Gate

PUBLIC = {"HOST": "0.0.0.0", "APP_URL": "https://chat.example.org"}


async def app(_scope: Scope, _receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"referrer-policy", b"own")]})
    await send({"type": "http.response.body", "body": b"inside", "more_body": False})


async def ask(
    environ: Mapping[str, str],
    headers: Mapping[str, str] | list[tuple[str, str]],
    method: str = "GET",
    path: str = "/",
) -> tuple[int, dict[str, str], str]:
    sent: list[dict[str, Any]] = []

    async def send(message: Any) -> None:
        sent.append(message)

    pairs = headers.items() if isinstance(headers, Mapping) else headers
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "headers": [(name.encode(), value.encode()) for name, value in pairs],
    }
    await Gate(app, Settings.from_env(environ))(cast("Any", scope), cast("Any", None), send)
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


async def test_the_health_check_knows_no_host() -> None:
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


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("https://chat.example.org", 200),
        ("HTTPS://CHAT.example.org", 200),
        ("http://chat.example.org", 403),
        ("ws://chat.example.org", 403),
        ("chat.example.org", 403),
        ("://chat.example.org", 403),
    ],
)
async def test_a_page_of_our_host_over_plain_http_is_another_site(origin: str, status: int) -> None:
    assert (await ask(PUBLIC, {"host": "chat.example.org", "origin": origin}, method="POST"))[0] == status


async def test_without_app_url_either_scheme_is_ours_and_here_plain_http_is() -> None:
    both = {"ALLOWED_HOSTS": "chat.example.org", "AUTH": "on"}
    for scheme in ("http", "https"):
        headers = {"host": "chat.example.org", "origin": f"{scheme}://chat.example.org"}
        assert (await ask(both, headers, method="POST"))[0] == 200
    here = {"host": "localhost:8000", "origin": "http://localhost:8000"}
    assert (await ask({"APP_URL": "https://chat.example.org"}, here, method="POST"))[0] == 200


@pytest.mark.parametrize("name", ["host", "origin", "sec-fetch-site"])
@pytest.mark.parametrize("path", ["/", "/healthz", "/metrics", "/csp-reports"])
async def test_what_decides_comes_once(name: str, path: str) -> None:
    sent = [("host", "localhost"), ("origin", "http://localhost"), ("sec-fetch-site", "same-origin")]
    again = next(pair for pair in sent if pair[0] == name)
    for method in ("GET", "POST"):
        status, _, body = await ask({}, [*sent, again], method, path)
        assert status == 400
        assert "twice" in body


async def test_a_server_refuses_two_hosts_in_one_request(server: AppServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
    assert (await reader.read()).startswith(b"HTTP/1.1 400 ")
    writer.close()
    await writer.wait_closed()


async def test_every_answer_has_the_security_headers_refusals_too() -> None:
    for host in ("localhost", "evil.example"):
        _, headers, _ = await ask({}, {"host": host})
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"


async def test_only_behind_tls_a_browser_is_held_to_it() -> None:
    _, headers, _ = await ask({}, {"host": "localhost"})
    assert "strict-transport-security" not in headers
    assert "report-to" not in headers["content-security-policy"]
    _, headers, _ = await ask(PUBLIC, {"host": "chat.example.org"})
    assert headers["strict-transport-security"] == "max-age=63072000"
    assert headers["content-security-policy"].endswith("; report-uri /csp-reports; report-to csp")
    assert headers["reporting-endpoints"] == 'csp="/csp-reports"'


async def test_below_a_path_reports_go_there() -> None:
    _, headers, _ = await ask({"ROOT_PATH": "/chat"}, {"host": "localhost"})
    assert headers["content-security-policy"].endswith("; report-uri /chat/csp-reports")


async def test_reports_come_from_our_pages_alone() -> None:
    host = {"host": "chat.example.org"}
    assert (await ask(PUBLIC, host, method="POST", path="/csp-reports"))[0] == 200
    assert (await ask(PUBLIC, {**host, "sec-fetch-site": "cross-site"}, method="POST", path="/csp-reports"))[0] == 403


async def test_an_answer_keeps_a_header_of_its_own() -> None:
    assert (await ask({}, {"host": "localhost"}))[1]["referrer-policy"] == "own"
