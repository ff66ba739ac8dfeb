"""What nobody is to read is nowhere to be read: logs, pages, errors, figures, exports, the terminal, `repr`.

Each secret gets a value that is known again. A new secret setting is tried too, as soon as `VALUES` has one for it.
"""

import io
import os
import re
import secrets
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest
from msgspec.structs import replace

from tests.fakes.app_server import ROOT, AppServer
from tests.fakes.postgres import own_database, run, url_of
from tests.fakes.signed_in import sign_in_async
from tests.fakes.upstream import Upstream
from webapp.config import SettingError, Settings, describe
from webapp.db.address import PostgresServer, address_of
from webapp.standin.server import StandIn
from webapp.standin.steps import Reason, Say

SECRETS: Final = [field.name for field in msgspec.structs.fields(Settings) if describe(field.name)["secret"]]
MARK: Final = "mark7f3a9"  # in each value, so that a part of it is found too
VALUES: Final = {
    "openrouter_api_key": f"sk-or-v1-{MARK}-key",
    "admin_password": f"{MARK} password",
    "metrics_token": f"{MARK}-metrics-token",
    "database_url": f"postgresql://somebody:{MARK}-database@127.0.0.1:5432/none",
    "smtp_url": f"smtp://somebody:{MARK}-mail@127.0.0.1:1",
    "secret_key": f"{MARK}-a-key-of-thirty-two-characters-or-more",
    "oidc_client_secret": f"{MARK}-client-secret",
    "redis_url": f"redis://somebody:{MARK}-redis@127.0.0.1:1/0",
}
# What people say and send is theirs: it stands on their pages and in an export, and nowhere else.
WORDS: Final = {"question": "marked-question-51", "answer": "marked-answer-52", "thought": "marked-thought-53"}
SENT: Final = {"x-forwarded-for": "marked-address-55"}
SENT_MARKS: Final = ("marked-cookie-54", "marked-address-55")
NAME: Final = "admin@example.org"


def test_each_secret_setting_has_a_value_to_be_known_by() -> None:
    assert set(VALUES) == set(SECRETS)
    assert all(MARK in value for value in VALUES.values())


@pytest.mark.parametrize("name", SECRETS)
def test_neither_repr_nor_a_wrong_value_shows_a_secret(name: str) -> None:
    settings = Settings(**{name: VALUES[name]})  # type: ignore[arg-type]  # all of them texts
    assert MARK not in f"{settings!r} {settings} {address_of(settings)!r} {address_of(settings)}"
    wrong = f"{MARK} \x01" if name in ("openrouter_api_key", "oidc_client_secret") else MARK[:7]
    with pytest.raises(SettingError) as raised:
        Settings.from_env({name.upper(): wrong})
    assert MARK[:7] not in str(raised.value)


# The whole app, in good days and bad


@contextmanager
def known_by_a_password(server: PostgresServer) -> Iterator[tuple[PostgresServer, PostgresServer]]:
    """A database and its owner, who has the marked password; first as its owner sees it, then as everybody's master."""
    user = f"open_chat_{secrets.token_hex(6)}"
    run(server, f"CREATE ROLE {user} LOGIN PASSWORD '{MARK}-database'")
    try:
        with own_database(server) as database:
            run(server, f"ALTER DATABASE {database.database} OWNER TO {user}")
            yield replace(database, user=user, password=f"{MARK}-database"), database
    finally:
        run(server, f"DROP ROLE {user}")


class Installation:
    """A server with all secrets set, and everything that it has ever said."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder, self.environ = folder, environ
        self.server = AppServer(folder, environ)
        self.said: dict[str, str] = {}

    def heard(self, where: str, answer: httpx.Response) -> httpx.Response:
        self.said[where] = f"{answer.headers} {answer.text}"
        return answer

    def runs(self, *verb: str) -> None:
        """A verb of the operator's, in a process of its own."""
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environ = {**inherited, "DATA_DIR": str(self.folder), **self.environ}
        done = subprocess.run(
            [sys.executable, "-m", "webapp", *verb], cwd=ROOT, env=environ, capture_output=True, text=True, timeout=60
        )
        self.said[" ".join(verb)] = done.stdout + done.stderr


@pytest.fixture(params=["text", "json"])
def installation(
    request: pytest.FixtureRequest, standin: StandIn, postgres_server: PostgresServer, tmp_path: Path
) -> Iterator[tuple[Installation, PostgresServer]]:
    with known_by_a_password(postgres_server) as (owned, master):
        environ = {name.upper(): value for name, value in VALUES.items()}
        environ |= {"DATABASE_URL": url_of(owned), "OPENROUTER_BASE_URL": standin.base_url}
        environ |= {"MAIL_FROM": "chat@example.org"}
        environ |= {"AUTH": "on", "ADMIN_EMAIL": NAME, "LOG_LEVEL": "DEBUG", "LOG_FORMAT": request.param}
        installation = Installation(tmp_path, environ)
        installation.server.start()
        try:
            yield installation, master
        finally:
            installation.server.stop()


async def good_days(installation: Installation, client: httpx.AsyncClient, upstream: Upstream) -> str:
    """An answer, on its page and in the API; and answers that fail in the ways that there are."""
    model = await upstream.script("secret", Reason(WORDS["thought"]), Say(WORDS["answer"]))
    page = await client.post("/c", data={"message": WORDS["question"], "model": model}, headers=SENT)
    address = page.headers["location"]
    for failing in ("error-401", "error-402", "error-429", "error-html", "drop", "json-error"):
        sent = await client.post("/c", data={"message": WORDS["question"], "model": f"test/{failing}"}, headers=SENT)
        assert sent.status_code in (303, 422)
    message = re.findall(r"/messages/([0-9a-f-]+)/events", (await client.get(address)).text)
    for each in message:
        await client.get(f"/messages/{each}/events", headers=SENT)
    assert WORDS["answer"] in (await client.get(address)).text
    return str(address)


async def refusals(installation: Installation, client: httpx.AsyncClient) -> None:
    for where, headers in {
        "a wrong token": {**SENT, "authorization": f"Bearer oc_{MARK}-bearer"},
        "another scheme": {**SENT, "authorization": f"Basic {MARK}-basic"},
        "another host": {**SENT, "host": "evil.example"},
        "another site": {**SENT, "sec-fetch-site": "cross-site"},
    }.items():
        answer = await client.post("/conversations", headers=headers)
        assert installation.heard(where, answer).status_code in (401, 403, 421)
    guess = await client.post(
        "/login", data={"name": NAME, "password": f"{MARK}-wrong"}, headers={**SENT, "cookie": ""}
    )
    assert installation.heard("a wrong password", guess).status_code == 422
    for path, body in (("/c", b"message=\xff"), ("/nothing", b""), ("/appearance", b"theme=pink")):
        form = {**SENT, "content-type": "application/x-www-form-urlencoded"}
        installation.heard(f"POST {path}", await client.post(path, content=body, headers=form))
    installation.heard("a query", await client.get(f"/nothing?token={MARK}-query", headers=SENT))


async def operations(installation: Installation, client: httpx.AsyncClient) -> None:
    bearer = {**SENT, "authorization": f"Bearer {VALUES['metrics_token']}"}
    for path in ("/metrics", "/status", "/readyz", "/healthz"):
        assert installation.heard(path, await client.get(path, headers=bearer)).status_code in (200, 503)
        stranger = await client.get(path, headers={**SENT, "cookie": "session=marked-cookie-54"})
        installation.heard(f"{path} of a stranger", stranger)


async def test_nothing_that_is_secret_is_ever_said(
    installation: tuple[Installation, PostgresServer], upstream: Upstream
) -> None:
    here, database = installation
    async with httpx.AsyncClient(base_url=here.server.url, trust_env=False, verify=False, timeout=30) as client:
        await sign_in_async(client, NAME, VALUES["admin_password"])
        session = client.headers["cookie"].partition("=")[2]
        client.headers["cookie"] += "; other=marked-cookie-54"
        address = await good_days(here, client, upstream)
        pages = [await client.get(path, headers=SENT) for path in ("/", address, "/models", "/schema/openapi.json")]
        assert WORDS["question"] in pages[1].text
        await refusals(here, client)
        await operations(here, client)
        for verb in (["doctor"], ["export", str(here.folder / "all.zip")]):
            here.runs(*verb)
        run(database, "ALTER TABLE messages RENAME COLUMN content TO elsewhere")  # and now nothing works
        for path in ("/c", address):
            form = {"message": WORDS["question"]}
            method = "POST" if path == "/c" else "GET"
            broken = await client.request(method, path, data=form if method == "POST" else None, headers=SENT)
            assert here.heard(f"500 of {path}", broken).status_code in (500, 503)
        await operations(here, client)
        here.runs("doctor")
    here.server.terminate()
    here.said["log"] = here.server.log()
    here.said["printed"] = here.server.printed
    assert "Traceback" in here.said["log"]  # it is a bad day

    with zipfile.ZipFile(io.BytesIO((here.folder / "all.zip").read_bytes())) as archive:
        exported = " ".join(archive.read(name).decode(errors="replace") for name in archive.namelist())
    assert WORDS["question"] in exported
    theirs = {"pages": " ".join(f"{page.headers} {page.text}" for page in pages), "export": exported}
    assert found(here.said | theirs, [MARK, session, *SENT_MARKS]) == []
    assert found(here.said, [*WORDS.values()]) == []


def found(said: dict[str, str], marks: list[str]) -> list[str]:
    """Where something stands that should not, and with what around it."""
    places = [(where, text, mark) for where, text in said.items() for mark in marks if mark in text]
    return [
        f"{where}: ...{text[max(0, text.index(mark) - 200) : text.index(mark) + 100]}" for where, text, mark in places
    ]
