"""Signing in at the stand-in: back with a code, and a key for it to whoever has the verifier, once."""

from base64 import urlsafe_b64encode
from hashlib import sha256
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

CALLBACK = "http://localhost:8000/settings/key/callback?state=abc"
CHALLENGE = urlsafe_b64encode(sha256(b"verifier").digest()).decode().rstrip("=")


async def agreed(api: httpx.AsyncClient, **query: str) -> httpx.Response:
    root = str(api.base_url).partition("/api/")[0]
    asked = {"callback_url": CALLBACK, "code_challenge": CHALLENGE, "code_challenge_method": "S256", **query}
    return await api.get(f"{root}/auth", params=asked)


async def exchanged(
    api: httpx.AsyncClient, code: str, verifier: str = "verifier", method: str = "S256"
) -> httpx.Response:
    body = {"code": code, "code_verifier": verifier, "code_challenge_method": method}
    return await api.post("/auth/keys", json=body)


async def code_from(api: httpx.AsyncClient) -> str:
    answer = await agreed(api)
    assert answer.status_code == 302
    back = urlsplit(answer.headers["location"])
    query = parse_qs(back.query)
    assert (back.netloc, back.path, query["state"]) == ("localhost:8000", "/settings/key/callback", ["abc"])
    return query["code"][0]


async def test_who_agrees_comes_back_with_a_code_for_a_key(api: httpx.AsyncClient) -> None:
    code = await code_from(api)
    answer = await exchanged(api, code)
    assert answer.json()["key"].startswith("sk-or-v1-")
    assert (await exchanged(api, code)).status_code == 403


async def test_another_verifier_gets_no_key(api: httpx.AsyncClient) -> None:
    assert (await exchanged(api, await code_from(api), "another")).status_code == 403


@pytest.mark.parametrize("query", [{"callback_url": "http://example.org/"}, {"code_challenge_method": "plain"}])
async def test_what_openrouter_does_not_take_is_refused(api: httpx.AsyncClient, query: dict[str, str]) -> None:
    assert (await agreed(api, **query)).status_code == 400


async def test_an_exchange_in_another_form_is_refused(api: httpx.AsyncClient) -> None:
    assert (await exchanged(api, "code", method="plain")).status_code == 400
    assert (await api.post("/auth/keys", content=b"{")).status_code == 400
