"""The page of passkeys over HTTP: who may change something there, and from where."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from html import unescape
from typing import Final

import httpx
import pytest
from sqlalchemy import update

from tests.fakes.app_server import AppServer
from tests.fakes.authenticator import Authenticator
from tests.fakes.database import on
from tests.fakes.ports import quiet_port
from tests.fakes.signed_in import ADMINISTRATOR, NAME, PASSWORD
from webapp.accounts.limits import ADDRESS
from webapp.accounts.sessions_store import RECENT
from webapp.db.address import SqliteFile
from webapp.db.clock import moment
from webapp.db.tables import Session as SessionRow
from webapp.db.types import new_id

PAGE: Final = "/account/passkeys"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    port = str(quiet_port())
    environ = {"AUTH": "on", "PORT": port, "APP_URL": f"http://localhost:{port}", **ADMINISTRATOR}
    server = AppServer(tmp_path_factory.mktemp("server"), environ)
    server.start()
    yield server
    server.stop()
    assert "Traceback" not in server.log(), server.log()


@pytest.fixture
async def stranger(server: AppServer) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False, timeout=20) as client:
        yield client


@pytest.fixture
async def client(stranger: httpx.AsyncClient) -> httpx.AsyncClient:
    await by_password(stranger)
    return stranger


async def by_password(client: httpx.AsyncClient) -> None:
    answer = await client.post("/login", data={"name": NAME, "password": PASSWORD})
    assert answer.status_code == 303


def question(page: httpx.Response) -> str:
    assert page.status_code == 200, page.text
    found = re.search(r'data-options="([^"]*)"', page.text)
    assert found is not None
    return unescape(found[1])


async def make(client: httpx.AsyncClient, device: Authenticator) -> httpx.Response:
    answer = device.make(question(await client.post(f"{PAGE}/new", data={"name": "Phone"})))
    return await client.post(PAGE, data={"credential": answer})


async def test_a_passkey_signs_in_and_the_session_before_ends(server: AppServer, client: httpx.AsyncClient) -> None:
    device, before = Authenticator(server.url, credential_id=b"first"), client.cookies["session"]
    assert (await make(client, device)).status_code == 303
    answer = device.sign(question(await client.post("/login/passkey", data={"next": "/c/1?x"})))
    came = await client.post("/login/passkey/answer", data={"credential": answer})
    assert (came.status_code, came.headers["location"]) == (303, "/c/1?x")
    assert client.cookies["session"] != before
    client.cookies.clear()
    assert (await client.get(PAGE, headers={"cookie": f"session={before}"})).status_code == 303


async def test_it_leads_to_places_of_ours_alone(server: AppServer, client: httpx.AsyncClient) -> None:
    device = Authenticator(server.url, credential_id=b"second")
    await make(client, device)
    answer = device.sign(question(await client.post("/login/passkey", data={"next": "//evil.example/"})))
    came = await client.post("/login/passkey/answer", data={"credential": answer})
    assert came.headers["location"] == "/"


async def test_without_the_cookie_of_the_question_an_answer_is_refused(
    server: AppServer, client: httpx.AsyncClient
) -> None:
    device = Authenticator(server.url, credential_id=b"third")
    await make(client, device)
    answer = device.sign(question(await client.post("/login/passkey", data={"next": "/"})))
    client.cookies.clear()
    came = await client.post("/login/passkey/answer", data={"credential": answer})
    assert came.status_code == 422
    assert "begun in another browser" in came.text
    assert "session" not in came.cookies


async def grow_stale(server: AppServer) -> None:
    stale = update(SessionRow).values(confirmed_at=moment(ago=RECENT + timedelta(minutes=1)))
    await on(SqliteFile(server.database), lambda connection: connection.execute(stale))


def asked_in(page: httpx.Response) -> str:
    found = re.search(r'name="asked" value="([^"]*)"', page.text)
    assert found is not None, page.text
    return unescape(found[1])


async def test_who_has_signed_in_long_ago_confirms_it_by_a_passkey_and_goes_on(
    server: AppServer, client: httpx.AsyncClient
) -> None:
    device = Authenticator(server.url, credential_id=b"fourth")
    await make(client, device)
    await grow_stale(server)
    page = await client.post(f"{PAGE}/new", data={"name": "A second one"})
    assert (page.status_code, "Use a passkey" in page.text) == (403, True)
    asking = await client.post("/confirm/passkey", data={"asked": asked_in(page)})
    answer = {"credential": device.sign(question(asking)), "asked": asked_in(asking)}
    confirmed = await client.post("/confirm/passkey/answer", data=answer)
    assert (confirmed.status_code, 'value="A second one"' in confirmed.text) == (200, True)
    made = await client.post(f"{PAGE}/new", data={"name": "A second one"})
    assert (made.status_code, "Make a passkey" in made.text) == (200, True)
    again = await client.post("/confirm/passkey/answer", data=answer)
    assert (again.status_code, "took too long" in again.text) == (422, True)


async def test_a_passkey_that_was_asked_for_in_time_is_not_kept_too_late(
    server: AppServer, client: httpx.AsyncClient
) -> None:
    made = Authenticator(server.url, credential_id=b"fifth").make(
        question(await client.post(f"{PAGE}/new", data={"name": "Late"}))
    )
    await grow_stale(server)
    late = await client.post(PAGE, data={"credential": made})
    assert (late.status_code, "credential" in late.text) == (403, False)
    await by_password(client)
    assert "Late" not in (await client.get(PAGE)).text


async def test_what_is_not_there_is_not_found(client: httpx.AsyncClient) -> None:
    for what in ("remove", "name"):
        assert (await client.post(f"{PAGE}/{new_id()}/{what}", data={"name": "x"})).status_code == 404


async def test_strangers_are_sent_to_sign_in(stranger: httpx.AsyncClient) -> None:
    assert (await stranger.get(PAGE)).headers["location"].startswith("/login?next=")
    assert (await stranger.post(PAGE, data={})).status_code == 401
    assert (await stranger.post(f"{PAGE}/new", data={})).status_code == 401


async def test_another_site_cannot_ask(client: httpx.AsyncClient) -> None:
    for path in ("/login/passkey", "/login/passkey/answer", f"{PAGE}/new", PAGE):
        answer = await client.post(path, data={}, headers={"sec-fetch-site": "cross-site"})
        assert answer.status_code == 403


async def test_a_long_answer_is_too_large(client: httpx.AsyncClient) -> None:
    assert (await client.post(PAGE, data={"credential": "x" * 50_000})).status_code == 413
    assert (await client.post(PAGE, data={"credential": "x" * 30_000})).status_code == 422


async def test_there_is_an_end_to_how_many_questions_a_stranger_gets(stranger: httpx.AsyncClient) -> None:
    """The last one here, as it leaves the address with a wait. They come at once, whatever the machine's pace."""
    asked = (stranger.post("/login/passkey", data={"next": "/"}) for _ in range(ADDRESS.free + 20))
    statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert set(statuses) == {200, 429}
    assert statuses.count(200) <= ADDRESS.free + 5
