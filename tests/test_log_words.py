"""The law of the log: nothing that somebody sent is in it, on good days and bad, at the level that says the most."""

import ast
import io
import json
import logging
import re
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from PIL import Image
from sqlalchemy.exc import IntegrityError

from tests.fakes.app_server import AppServer
from tests.fakes.signed_in import ADMINISTRATOR, NAME, sign_in_async
from tests.fakes.upstream import KEY, Upstream, shows_file
from tests.test_architecture import PACKAGE
from webapp.logs import JsonFormatter, TextFormatter
from webapp.services.errors import name_of
from webapp.standin.server import StandIn
from webapp.standin.steps import (
    AnyStep,
    CallTool,
    Cite,
    Done,
    Error,
    Event,
    Finish,
    Raw,
    Reason,
    Refuse,
    Say,
    Status,
    Whole,
)

MARK: Final = "zq7mark"
NUMBER: Final = "0471 108-1599"  # no id and no time stamp has this by chance
SAID: Final = f"{MARK} I have told nobody; my number is {NUMBER}, call anna.{MARK}@example.org!"
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}


def picture() -> bytes:
    """One whose head has words in it, at which decoders' own logs quote."""
    exif = Image.Exif()
    exif[0x010E] = SAID
    out = io.BytesIO()
    Image.new("RGB", (4, 4)).save(out, "TIFF", exif=exif, description=SAID)
    png = io.BytesIO()
    Image.new("RGB", (4, 4)).save(png, "PNG", exif=exif)
    return png.getvalue()


def odd(data: Any) -> Event:
    return Event(json.dumps(data))


ERRORS: Final = {"message": SAID, "code": SAID, "type": SAID, "param": SAID}
META: Final = {"flagged_input": SAID, "reasons": [SAID], "provider_name": SAID, "raw": SAID, "headers": {"x": SAID}}

# Answers of a model, each of which quotes what was asked wherever there is a field for something.
ANSWERS: Final[dict[str, list[AnyStep]]] = {
    "flagged": [Status(403, SAID, error_type=SAID, metadata=META)],
    "echoed": [Status(400, SAID, metadata=META)],
    "limited": [Status(429, SAID, metadata=META, headers={"x-request-id": "req-1", "retry-after": "0"})],
    "overloaded": [Status(503, SAID, metadata=META)],
    "text": [Status(400, body=SAID, content_type="text/plain")],
    "list": [Status(422, body=json.dumps({"detail": [{"loc": ["body", SAID], "msg": SAID, "input": SAID}]}))],
    "deep": [Status(500, body=json.dumps({"error": json.dumps({"error": ERRORS})}))],
    "half": [Say("Half "), Error(code=SAID, message=SAID, error_type=SAID)],
    "alone": [Error(message=SAID, error_type=SAID, form="alone")],
    "shapes": [odd({"error": {**ERRORS, "metadata": META}})],
    "broken": [Raw(f"data: {{{SAID}\n\n".encode()), Raw(f"{SAID}\n\n".encode()), Say("Yes."), Done()],
    "types": [odd({"choices": SAID, "id": [SAID]}), odd({"choices": [{"delta": {"content": {SAID: SAID}}}]})],
    "names": [odd({"id": SAID, "model": SAID, "provider": SAID, "choices": [{"delta": {"content": "Hm"}}]})],
    "finishes": [Finish(SAID, SAID), Done()],
    "whole": [Whole(), Reason(SAID), Say(SAID), Cite(f"https://example.org/{MARK}", SAID), Refuse(SAID)],
    "tool": [CallTool(SAID, [SAID], SAID), Finish("tool_calls"), Done()],
    "header": [Raw(f"data: x\nretry: {SAID}\nevent: {SAID}\n\n".encode()), Done()],
    "picture": [Say(SAID), shows_file(picture()), shows_file(b"\x89PNG\r\n\x1a\n" + SAID.encode())],
}


@pytest.fixture(params=["text", "json"])
def server(request: pytest.FixtureRequest, standin: StandIn, tmp_path: Path) -> Iterator[AppServer]:
    environ = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url, "AUTH": "on", **ADMINISTRATOR}
    environ |= {"LOG_LEVEL": "DEBUG", "LOG_FORMAT": request.param, "SECRET_KEY": "s" * 32}
    environ |= {"SMTP_URL": "smtp://127.0.0.1:1", "MAIL_FROM": "chat@example.org", "SIGNUP_DOMAINS": "example.org"}
    server = AppServer(tmp_path, {**environ, "TITLE_MODEL": "standin/error-429"})
    server.start()
    yield server
    server.stop()


async def asks(client: httpx.AsyncClient, upstream: Upstream) -> list[str]:
    """Every answer, as it comes. Returns the addresses of the conversations."""
    places = []
    for name, steps in ANSWERS.items():
        model = await upstream.script(name, *steps)
        sent = await client.post("/c", data={"message": SAID, "model": model})
        assert sent.status_code == 303, (name, sent.text)
        places.append(str(sent.headers["location"]))
        page = (await client.get(places[-1])).text
        for message in re.findall(r"/messages/([0-9a-f-]{36})/events", page):
            await client.get(f"/messages/{message}/events")
    sent = await client.post("/c", data={"message": SAID, "model": SAID})
    assert sent.status_code in (303, 422)
    return places


async def writes(client: httpx.AsyncClient, place: str) -> None:
    """What people name, note, look for and bring in."""
    number = place.removeprefix("/c/")
    for path in (f"{place}/title", f"{place}/settings", "/library/prompts", "/library/personas", "/account/name"):
        names = ("title", "name", "full_name", "text", "system_prompt", "model", "stop", "tags", "tag")
        await client.post(path, data=dict.fromkeys(names, SAID))
    for key in ("/account/tokens", "/settings/key", "/account/password", "/admin/invitations", "/admin/settings"):
        await client.post(key, data=dict.fromkeys(("name", "key", "password", "current", "new", "email"), SAID))
    for words in (SAID, f'"{SAID}', f"title:{MARK}", f"({MARK} OR", f"{MARK}*", "\0" + MARK, f"-{MARK}"):
        await client.get("/search", params={"q": words})
    await client.post("/conversations", json={"title": SAID, "model": SAID, SAID: SAID})
    await client.post(f"/conversations/{number}/messages", content=f'{{"message": "{SAID}'.encode())
    await client.patch(f"/conversations/{number}", json={SAID: [SAID]})
    await client.post("/temporary", data={"message": SAID, "said": SAID, "model": SAID})


async def imports(client: httpx.AsyncClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr(f"{SAID}.json", f'[{{"{SAID}": ')
        archive.writestr("conversations.json", json.dumps([{"mapping": {SAID: {"message": SAID}}, "title": SAID}]))
    files = (
        packed.getvalue(),
        packed.getvalue()[:-30],
        SAID.encode(),
        f'{{"format": "open-chat", "title": "{SAID}"}}'.encode(),
    )
    for data in files:
        sent = await client.post("/import", files={"file": (f"{SAID}.zip", data)})
        assert sent.status_code < 500


async def strangers(client: httpx.AsyncClient) -> None:
    """Those who aren't signed in, and send whatever they like."""
    plain = {"cookie": f"session={MARK}; {MARK}={MARK}"}
    for path in ("/login", "/signup", "/forgotten", "/join", "/password", "/setup", "/login/passkey", "/login/oidc"):
        form = dict.fromkeys(("name", "password", "token", "full_name", "next", "credential", "kept"), SAID)
        await client.post(path, data=form, headers=plain)
        await client.get(path, params=form, headers=plain)
        await client.post(path, content=SAID.encode(), headers={**plain, "content-type": SAID.replace(";", "")})
    await client.post("/signup", data={"name": f"anna.{MARK}@example.org"}, headers=plain)
    await client.post("/forgotten", data={"name": NAME}, headers=plain)
    for name in (
        "user-agent",
        "referer",
        "accept",
        "authorization",
        "x-forwarded-for",
        "hx-current-url",
        "x-request-id",
    ):
        await client.get("/", headers={**plain, name: SAID})
        await client.post("/c", data={"message": SAID}, headers={**plain, name: f"Bearer {SAID}"})
    for path in (f"/s/{MARK}", f"/{MARK}", f"/c/{MARK}", f"/login?next=/{MARK}", f"/join?token={MARK}"):
        await client.get(path, headers=plain)
    await client.get("/", headers={**plain, "host": f"{MARK}.example"})
    await client.post("/c", headers={**plain, "origin": f"https://{MARK}.example", "sec-fetch-site": "cross-site"})
    report = {"csp-report": {"blocked-uri": f"https://cdn.example/{MARK}?{MARK}", "violated-directive": SAID}}
    await client.post("/csp-reports", json=report, headers={"content-type": "application/csp-report"})


async def test_nothing_that_somebody_sent_is_in_the_log(server: AppServer, upstream: Upstream) -> None:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=30) as client:
        await strangers(client)
        await sign_in_async(client)
        places = await asks(client, upstream)
        await writes(client, places[0])
        await imports(client)
        await strangers(client)
    server.terminate()
    log = server.log()
    assert "moderated (status 403" in log  # what was wrong is told
    assert [line for line in log.splitlines() if MARK in line or NUMBER in line or NAME in line] == []


# What errors say


class _ToldError(Exception):
    pass


def _raised(error: BaseException, cause: BaseException | None = None) -> BaseException:
    try:
        raise error from cause
    except BaseException as caught:
        return caught


ERRORS_WITH_WORDS: Final = [
    ValueError(SAID),
    KeyError(SAID),
    RuntimeError(SAID),
    OSError(SAID),
    ConnectionError(SAID),
    FileNotFoundError(2, "No such file or directory", SAID),
    UnicodeEncodeError("ascii", SAID, 0, 1, "ordinal not in range"),
    IntegrityError(SAID, {"name": SAID}, ValueError(SAID)),
    ExceptionGroup(SAID, [ValueError(SAID), _ToldError(SAID)]),
    _ToldError(SAID),
]


@pytest.mark.parametrize("formatter", [TextFormatter("%(message)s"), JsonFormatter()], ids=["text", "json"])
@pytest.mark.parametrize("error", ERRORS_WITH_WORDS, ids=lambda one: type(one).__name__)
def test_an_error_is_in_the_log_by_its_kind_and_place(formatter: logging.Formatter, error: Exception) -> None:
    caught = _raised(_ToldError(SAID), _raised(error))
    record = logging.LogRecord("webapp.x", logging.ERROR, "", 0, "It failed: %s", (error,), (_ToldError, caught, None))
    line = formatter.format(record)
    assert MARK not in line
    assert f"It failed: {type(error).__name__}" in line
    assert "in _raised" in line


def test_what_asyncio_says_of_a_task_has_no_error_in_it() -> None:
    said = f"Task exception was never retrieved\nfuture: <Task finished exception=ValueError('{SAID}')>"
    record = logging.LogRecord("asyncio", logging.ERROR, "", 0, said, None, None)
    assert TextFormatter("%(message)s").format(record) == "Task exception was never retrieved"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (TypeError("can only concatenate str"), "TypeError: can only concatenate str"),
        (ConnectionRefusedError(111, "Connection refused"), "ConnectionRefusedError: Connection refused"),
        (LookupError(), "LookupError"),
    ],
)
def test_what_speaks_of_code_or_of_the_system_is_told(error: Exception, told: str) -> None:
    record = logging.LogRecord("webapp.x", logging.ERROR, "", 0, "%s", (error,), None)
    assert TextFormatter("%(message)s").format(record) == told


@pytest.mark.parametrize("name", ["openai/gpt-5-mini:free", "Amazon Bedrock", "Google AI Studio", "gen-17-ab.c", "~x"])
def test_names_and_ids_are_told(name: str) -> None:
    assert name_of(name) == name


@pytest.mark.parametrize("text", [SAID, "a@example.org", "a b c d", "x" * 121, "a\nb", None, 5, "Yes, I am"])
def test_what_is_no_name_is_not(text: Any) -> None:
    assert name_of(text) in ("?", "-")


LEVELS: Final = frozenset({"debug", "info", "warning", "error", "exception", "critical", "log"})


def test_no_line_of_the_log_is_put_together_before_the_formatter_sees_it() -> None:
    """An error in an f-string, or made a text, is past all that takes its words out."""
    made = [
        f"{path.name}:{call.lineno}"
        for path in sorted(PACKAGE.rglob("*.py"))
        for call in ast.walk(ast.parse(path.read_text()))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS
        if "logger" in ast.unparse(call.func.value)
        for part in ast.walk(ast.Tuple(call.args, ast.Load()))
        if (isinstance(part, ast.FormattedValue) and part.format_spec is None)  # numbers have one
        or (isinstance(part, ast.Call) and isinstance(part.func, ast.Name) and part.func.id in ("str", "repr"))
    ]
    assert made == []
