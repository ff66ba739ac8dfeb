"""Reports of browsers on breaches of the content policy: read without trust, counted by directive, never kept."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.asgi import asking
from webapp.app import ROOT
from webapp.web.assets import Assets
from webapp.web.errors import ErrorHandler
from webapp.web.forms import WrongTypeError
from webapp.web.refusals import InvalidError
from webapp.web.reports import (
    DIRECTIVES,
    MAX_REPORT_BYTES,
    OTHER,
    REPORTS_PER_MINUTE,
    Breach,
    Reports,
    read_breaches,
    reports_router,
)
from webapp.web.templating import Templates

OLD, NEW = "application/csp-report", "application/reports+json"
ADDRESS = "https://evil.example/path?token=secret#part"
NAMES = st.sampled_from(["csp-report", "effective-directive", "blocked-uri", "type", "body", "blockedURL"])
JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inside: st.lists(inside) | st.dictionaries(NAMES | st.text(), inside),
)


def old(**body: Any) -> bytes:
    return json.dumps({"csp-report": {name.replace("_", "-"): value for name, value in body.items()}}).encode()


def new(*bodies: Any, kind: str = "csp-violation") -> bytes:
    return json.dumps([{"type": kind, "age": 1, "url": ADDRESS, "body": body} for body in bodies]).encode()


@pytest.mark.parametrize(
    ("kind", "body", "breaches"),
    [
        (OLD, old(effective_directive="img-src", blocked_uri=ADDRESS), [Breach("img-src", "https://evil.example")]),
        (OLD, old(violated_directive="script-src 'self'", blocked_uri="inline"), [Breach("script-src", "inline")]),
        (OLD, old(effective_directive="made-up", blocked_uri="x\ny"), [Breach(OTHER, OTHER)]),
        (
            NEW,
            new({"effectiveDirective": "img-src", "blockedURL": ADDRESS}),
            [Breach("img-src", "https://evil.example")],
        ),
        (
            NEW,
            new({"effectiveDirective": "script-src-elem"}, {}),
            [Breach("script-src-elem", OTHER), Breach(OTHER, OTHER)],
        ),
        (NEW, new({}, kind="deprecation"), []),
        (NEW, b"[]", []),
    ],
)
def test_a_report_says_what_was_kept_from_where(kind: str, body: bytes, breaches: list[Breach]) -> None:
    assert read_breaches(body, kind) == breaches


@pytest.mark.parametrize("body", [b"", b"{}", b"[1]", b"\xff", b"[" * 100_000, b'{"csp-report": []}', b'"x"'])
@pytest.mark.parametrize("kind", [OLD, NEW])
def test_what_is_no_report_is_refused(kind: str, body: bytes) -> None:
    with pytest.raises(InvalidError):
        read_breaches(body, kind)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()), st.sampled_from([OLD, NEW, "text/plain"]))
def test_whatever_comes_is_breaches_or_a_refusal(body: bytes, kind: str) -> None:
    try:
        breaches = read_breaches(body, kind)
    except (InvalidError, WrongTypeError):
        return
    assert all(breach.directive in DIRECTIVES | {OTHER} for breach in breaches)


@given(st.text())
def test_nothing_but_a_site_is_told_of_what_was_blocked(blocked: str) -> None:
    for address in (blocked, f"https://{blocked}", f"https://evil.example/{blocked}?{blocked}"):
        told = read_breaches(old(blocked_uri=address), OLD)[0].blocked
        assert told.isascii()
        assert told.isprintable()
        assert " " not in told
        assert "?" not in told


def test_a_minute_takes_so_many() -> None:
    clock = [0.0]
    reports = Reports(lambda _: None, lambda: clock[0])
    assert [reports.has_room() for _ in range(REPORTS_PER_MINUTE + 2)] == [True] * REPORTS_PER_MINUTE + [False] * 2
    clock[0] = 60.0
    assert reports.has_room()


# The address


@pytest.fixture
def counted() -> list[str]:
    return []


@pytest.fixture
async def browser(counted: list[str]) -> AsyncIterator[httpx.AsyncClient]:
    templates = Templates(ROOT / "templates", Assets(ROOT / "static", ROOT / "node_modules"), app_title="Open Chat")
    handler = ErrorHandler(templates)
    async with asking(reports_router(counted.append), exception_handlers={Exception: handler}) as client:
        yield client


async def send(browser: httpx.AsyncClient, body: bytes, kind: str = OLD) -> int:
    return (await browser.post("/csp-reports", content=body, headers={"content-type": kind})).status_code


async def test_a_report_is_counted_and_logged_in_one_line(
    browser: httpx.AsyncClient, counted: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert await send(browser, new({"effectiveDirective": "img-src", "blockedURL": ADDRESS}, {}), NEW) == 204
    assert counted == ["img-src", OTHER]
    assert len(caplog.records) == 1
    assert "img-src" in caplog.text
    assert "https://evil.example" in caplog.text
    assert "secret" not in caplog.text


async def test_too_much_and_too_many_are_refused(browser: httpx.AsyncClient, counted: list[str]) -> None:
    assert await send(browser, b" " * (MAX_REPORT_BYTES + 1)) == 413
    assert await send(browser, old(), "text/plain") == 415
    assert await send(browser, b"{") == 422
    statuses = [await send(browser, old()) for _ in range(REPORTS_PER_MINUTE)]
    assert statuses == [204] * (REPORTS_PER_MINUTE - 3) + [429] * 3
    assert len(counted) == REPORTS_PER_MINUTE - 3
