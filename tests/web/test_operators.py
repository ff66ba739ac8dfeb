"""Who counts as the operator: who has the token, and who is at a machine that nobody else can reach."""

import base64
from collections.abc import Mapping

import pytest

from tests.web.test_security import PUBLIC, ask
from webapp.config import Settings
from webapp.web.operators import Operators

TOKEN = "a-long-enough-token"
WITH_TOKEN = {**PUBLIC, "METRICS_TOKEN": TOKEN}
HERE = {"host": "localhost:8000"}


def is_one(environ: Mapping[str, str], headers: Mapping[str, str], client: str = "127.0.0.1") -> bool:
    return Operators(Settings.from_env(environ)).is_one(client, headers)


def basic(password: str) -> dict[str, str]:
    return {"authorization": "Basic " + base64.b64encode(f"operator:{password}".encode()).decode()}


def test_the_token_is_taken_from_anywhere() -> None:
    assert is_one(WITH_TOKEN, {"authorization": f"Bearer {TOKEN}", "host": "10.0.0.7:8000"}, "10.0.0.1")
    assert is_one(WITH_TOKEN, {**basic(TOKEN), "host": "chat.example.org"}, "10.0.0.1")


@pytest.mark.parametrize(
    "headers",
    [{}, {"authorization": "Bearer "}, {"authorization": "Bearer wrong"}, {"authorization": TOKEN}, basic("wrong")],
)
def test_anything_else_is_not_the_token(headers: dict[str, str]) -> None:
    assert not is_one(WITH_TOKEN, headers, "10.0.0.1")


def test_without_a_token_an_empty_one_opens_nothing() -> None:
    assert not is_one(PUBLIC, {"authorization": "Bearer "}, "10.0.0.1")
    assert not is_one(PUBLIC, basic(""), "10.0.0.1")


@pytest.mark.parametrize("client", ["127.0.0.1", "::1"])
def test_who_asks_from_this_machine_is_the_operator(client: str) -> None:
    assert is_one({}, HERE, client)


def test_who_asks_from_elsewhere_is_not() -> None:
    assert not is_one({}, HERE, "192.0.2.1")
    assert not is_one({}, HERE, "")


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip", "x-forwarded-host"])
def test_a_proxy_of_this_machine_is_not(header: str) -> None:
    assert not is_one({}, {**HERE, header: "192.0.2.1"})


def test_behind_a_proxy_that_the_settings_tell_of_only_the_token_counts() -> None:
    assert not is_one({"APP_URL": "https://chat.example.org"}, HERE)


def test_where_people_sign_in_being_at_the_machine_is_not_enough() -> None:
    assert not is_one({"AUTH": "on"}, HERE)


def test_a_name_that_leads_here_from_another_site_is_not_this_machine() -> None:
    assert not is_one({}, {"host": "evil.example"})


@pytest.mark.parametrize("path", ["/metrics", "/status", "/status/probe"])
async def test_the_gate_hides_the_operator_s_addresses_or_asks_for_the_token(path: str) -> None:
    host = {"host": "chat.example.org"}
    assert (await ask({}, {**HERE, "via": "a proxy"}, path=path))[0] == 404
    status, headers, body = await ask(WITH_TOKEN, {**host, **basic("correct horse")}, path=path)
    assert status == 401
    assert "METRICS_TOKEN" in body
    assert headers["www-authenticate"].startswith("Basic")
    assert (await ask(WITH_TOKEN, {"authorization": f"Bearer {TOKEN}"}, path=path))[0] == 200


async def test_the_gate_leaves_administrators_to_the_guard() -> None:
    host = {"host": "chat.example.org"}
    assert (await ask(WITH_TOKEN, {**host, "cookie": "session=x"}, path="/status"))[0] == 200
    assert (await ask(PUBLIC, host, path="/status"))[0] == 200
