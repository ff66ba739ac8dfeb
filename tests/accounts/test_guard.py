"""The guard of routes: who may pass, and what the others are told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from litestar import Response, get, post
from litestar.di import NamedDependency, Provide

from tests.accounts.people import ALICE, BOB, House
from tests.fakes.asgi import asking
from webapp.accounts.authentication import COOKIE, Authentication
from webapp.accounts.guard import Guard, provide_caller, provide_user
from webapp.accounts.limits import ADDRESS
from webapp.accounts.users import Caller, Role, User
from webapp.web.client import Clients
from webapp.web.refusals import RefusalError, SignedOutError


@get("/page")
async def page(user: NamedDependency[User]) -> str:
    return user.name


@get("/open", opt={"public": True})
async def open_page() -> str:
    return "open"


@get("/api", opt={"api": True})
async def read_api(caller: NamedDependency[Caller]) -> str:
    return caller.user.name


@post("/api", opt={"api": True})
async def write_api(caller: NamedDependency[Caller]) -> str:
    return caller.user.name


@get("/file", opt={"token": True})
async def read_file(user: NamedDependency[User]) -> str:
    return user.name


@post("/file", opt={"token": True})
async def write_file(user: NamedDependency[User]) -> str:
    return user.name


@get("/admin", opt={"administrator": True})
async def administrators(user: NamedDependency[User]) -> str:
    return user.name


@post("/send", opt={"keeps_form": True})
async def send(user: NamedDependency[User]) -> str:
    return user.name


@get("/of-accounts", opt={"public": True, "accounts": True})
async def of_accounts() -> str:
    return "open"


def _refused(_request: Any, error: RefusalError) -> Response[str]:
    kept = error.kept if isinstance(error, SignedOutError) else None
    return Response(error.code if kept is None else f"kept {kept}", status_code=error.status, media_type="text/plain")


@asynccontextmanager
async def house_with_doors(house: House, *, has_accounts: bool = True) -> AsyncIterator[httpx.AsyncClient]:
    authentication = Authentication(house.users, house.sessions, house.tokens, has_accounts=has_accounts)
    async with asking(
        page,
        open_page,
        read_api,
        write_api,
        read_file,
        write_file,
        administrators,
        send,
        of_accounts,
        guards=[Guard(authentication, house.confirming, house.limits, Clients(1), longest_form=1_000)],
        dependencies={"user": Provide(provide_user), "caller": Provide(provide_caller)},
        exception_handlers={RefusalError: _refused},
    ) as client:
        client.headers["x-forwarded-for"] = "198.51.100.7"
        yield client


@pytest.fixture
async def client(house: House) -> AsyncIterator[httpx.AsyncClient]:
    async with house_with_doors(house) as client:
        yield client


async def session_of(house: House, user: User) -> dict[str, str]:
    return {"cookie": f"{COOKIE}={await house.sessions.begin(user.id, method='password', browser='')}"}


async def token_of(house: House, user: User, *scopes: str) -> dict[str, str]:
    return {"authorization": f"Bearer {await house.tokens.add(user.id, 'script', scopes, None)}"}


async def test_a_session_opens_everything_but_what_is_administrators(house: House, client: httpx.AsyncClient) -> None:
    cookie = await session_of(house, await house.add(ALICE))
    for path in ("/page", "/api"):
        assert (await client.get(path, headers=cookie)).text == ALICE
    refused = await client.get("/admin", headers=cookie)
    assert (refused.status_code, refused.text) == (404, "not_found")


async def test_an_administrator_sees_what_nobody_else_sees_is_there(house: House, client: httpx.AsyncClient) -> None:
    cookie = await session_of(house, await house.add(ALICE, Role.ADMINISTRATOR))
    assert (await client.get("/admin", headers=cookie)).text == ALICE


async def test_who_is_signed_out_gets_what_is_public_and_nothing_else(client: httpx.AsyncClient) -> None:
    assert (await client.get("/open")).text == "open"
    for path in ("/page", "/api", "/admin"):
        for headers in ({}, {"cookie": f"{COOKIE}=wrong"}, {"cookie": f"{COOKIE}={'x' * 5_000}"}):
            refused = await client.get(path, headers=headers)
            assert (refused.status_code, refused.text) == (401, "signed_out")


async def test_a_token_opens_the_api_as_far_as_its_scopes_go(house: House, client: httpx.AsyncClient) -> None:
    alice = await house.add(ALICE)
    reads, writes = await token_of(house, alice, "read"), await token_of(house, alice, "read", "write")
    assert (await client.get("/api", headers=reads)).text == ALICE
    assert (await client.post("/api", headers=reads)).status_code == 403
    assert (await client.post("/api", headers=writes)).text == ALICE
    assert (await client.get("/page", headers=writes)).status_code == 401


async def test_a_token_opens_files_too_as_far_as_its_scopes_go(house: House, client: httpx.AsyncClient) -> None:
    alice = await house.add(ALICE)
    reads, writes = await token_of(house, alice, "read"), await token_of(house, alice, "write")
    assert (await client.get("/file", headers=reads)).text == ALICE
    assert (await client.post("/file", headers=reads)).status_code == 403
    assert (await client.get("/file", headers=writes)).status_code == 403
    assert (await client.post("/file", headers=writes)).text == ALICE


async def test_what_a_proxy_asks_for_is_no_token_of_a_file(house: House, client: httpx.AsyncClient) -> None:
    cookie = await session_of(house, await house.add(ALICE))
    assert (await client.get("/file", headers={**cookie, "authorization": "Basic eDp5"})).text == ALICE
    assert (await client.get("/file", headers={**cookie, "authorization": "Bearer oc_wrong"})).status_code == 401


async def test_a_token_that_is_none_is_not_made_good_by_a_cookie(house: House, client: httpx.AsyncClient) -> None:
    cookie = await session_of(house, await house.add(ALICE))
    wrong = {**cookie, "authorization": "Bearer oc_wrong"}
    assert (await client.get("/api", headers=wrong)).status_code == 401
    assert (await client.get("/page", headers=wrong)).text == ALICE


async def test_who_tries_many_tokens_waits_and_the_good_ones_go_on(house: House, client: httpx.AsyncClient) -> None:
    good = await token_of(house, await house.add(BOB), "read")
    for number in range(ADDRESS.free):
        assert (await client.get("/api", headers={"authorization": f"Bearer oc_{number}"})).status_code == 401
    assert (await client.get("/api", headers={"authorization": "Bearer oc_more"})).status_code == 429
    assert (await client.get("/api", headers=good)).text == BOB


async def test_without_accounts_everybody_is_the_local_administrator(house: House) -> None:
    async with house_with_doors(house, has_accounts=False) as client:
        for path in ("/page", "/api", "/admin"):
            assert (await client.get(path)).text == "local"
        assert (await client.get("/of-accounts")).status_code == 404


async def test_what_is_for_accounts_is_there_where_there_are_such(client: httpx.AsyncClient) -> None:
    assert (await client.get("/of-accounts")).text == "open"


async def test_the_form_of_who_has_no_scripts_is_kept(client: httpx.AsyncClient) -> None:
    sent = await client.post("/send", data={"message": "Hello"})
    assert (sent.status_code, sent.text) == (401, "kept {'message': 'Hello'}")
    for other in (
        await client.post("/send", data={"message": "Hello"}, headers={"hx-request": "true"}),
        await client.post("/send", data={"message": "x" * 2_000}),
        await client.post("/send", json={"message": "Hello"}),
    ):
        assert (other.status_code, other.text) == (401, "signed_out")
