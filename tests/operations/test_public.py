"""An installation behind a proxy: its operator is known by the token, wherever the request comes from."""

import httpx
import pytest

from tests.fakes.signed_in import ADMINISTRATOR, sign_in_async

TOKEN = "0123456789abcdef-token"
HOST = {"host": "chat.example.org"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def server_environ() -> dict[str, str]:
    return {
        "ALLOWED_HOSTS": "chat.example.org",
        **ADMINISTRATOR,
        "METRICS_TOKEN": TOKEN,
        "LOG_LEVEL": "DEBUG",
    }


@pytest.mark.parametrize("path", ["/metrics", "/status"])
async def test_the_token_opens_what_is_the_operator_s(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path, headers=HOST)).status_code == 401
    assert (await client.get(path, headers={"host": "10.0.0.7:8000", **BEARER})).status_code == 200
    assert (await client.get(path, headers=HOST, auth=("anybody", TOKEN))).status_code == 200


@pytest.mark.parametrize("headers", [{}, {"host": "localhost:8000"}, {"host": "127.0.0.1:8000"}])
async def test_this_machine_opens_nothing_as_its_proxy_speaks_for_strangers(
    client: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    assert (await client.get("/metrics", headers=headers)).status_code == 401
    assert (await client.get("/readyz", headers=headers)).json() == {"status": "ready"}


async def test_the_details_of_readiness_are_the_operator_s(client: httpx.AsyncClient) -> None:
    assert (await client.get("/readyz", headers=HOST)).json() == {"status": "ready"}
    assert "checks" in (await client.get("/readyz", headers=BEARER)).json()


async def test_the_token_opens_nobody_s_conversations(client: httpx.AsyncClient) -> None:
    assert (await client.get("/", headers={**HOST, **BEARER})).status_code == 303
    assert (await client.get("/conversations", headers={**HOST, **BEARER})).status_code == 401


async def test_administrators_need_no_token(client: httpx.AsyncClient) -> None:
    client.headers.update(HOST)
    await sign_in_async(client)
    for path in ("/status", "/metrics"):
        assert (await client.get(path)).status_code == 200


async def test_the_page_says_how_to_measure_streams_and_keeps_the_token_to_itself(client: httpx.AsyncClient) -> None:
    page = (await client.get("/status", headers={**HOST, **BEARER})).text.replace("&#34;", '"')
    assert 'curl -N -H "Authorization: Bearer $METRICS_TOKEN" http://chat.example.org/status/probe' in page
    assert TOKEN not in page
