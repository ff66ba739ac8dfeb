"""Servers where people sign in, and clients that have."""

from typing import Final

import httpx

NAME: Final = "admin@example.org"
PASSWORD: Final = "correct horse battery"
ADMINISTRATOR: Final = {"ADMIN_EMAIL": NAME, "ADMIN_PASSWORD": PASSWORD}  # settings that make one at the first start


def sign_in(client: httpx.Client, name: str = NAME, password: str = PASSWORD) -> None:
    """Signs a client in for all that it asks from now on."""
    keep_cookie(client, client.post("/login", data={"name": name, "password": password}))


async def sign_in_async(client: httpx.AsyncClient, name: str = NAME, password: str = PASSWORD) -> None:
    keep_cookie(client, await client.post("/login", data={"name": name, "password": password}))


def keep_cookie(client: httpx.Client | httpx.AsyncClient, answer: httpx.Response) -> None:
    """Keeps the session's cookie, also where it is for TLS alone, which in tests nobody speaks."""
    assert answer.status_code == 303, answer.text
    cookies = [one.partition(";")[0] for one in answer.headers.get_list("set-cookie")]
    client.headers["cookie"] = next(one for one in cookies if "session=" in one)
    client.cookies.clear()
