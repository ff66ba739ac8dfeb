"""Cookies with their flags and prefixes: what a browser is sent, and what is seen inside of what it sends."""

from collections.abc import Mapping
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.types import Receive, Scope, Send

from webapp.config import Settings
from webapp.web.cookies import Cookies
from webapp.web.root_path import RootPath

Headers = list[tuple[bytes, bytes]]

PLAIN: Mapping[str, str] = {}
BEHIND_TLS = {"APP_URL": "https://chat.example.org"}
BELOW_A_PATH = {"APP_URL": "https://example.org/chat"}


async def exchange(environ: Mapping[str, str], sent: Headers, answered: Headers) -> tuple[Headers, Headers]:
    """The headers that the app inside gets, and those of its answer that get out."""
    inside: Headers = []
    outside: list[Any] = []

    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        inside.extend(scope["headers"])
        await send({"type": "http.response.start", "status": 200, "headers": answered})

    async def send(message: Any) -> None:
        outside.append(message)

    settings = Settings.from_env(environ)
    scope = {"type": "http", "path": "/", "raw_path": b"/", "headers": sent}
    await RootPath(Cookies(app, settings), settings.root)(cast("Any", scope), cast("Any", None), send)
    return inside, outside[0]["headers"]


@pytest.mark.parametrize(
    ("environ", "cookie"),
    [
        (PLAIN, b"a=b; Path=/; HttpOnly; SameSite=Lax"),
        (BEHIND_TLS, b"__Host-a=b; Path=/; HttpOnly; SameSite=Lax; Secure"),
        (BELOW_A_PATH, b"__Secure-a=b; Path=/chat; HttpOnly; SameSite=Lax; Secure"),
    ],
)
async def test_a_cookie_gets_all_that_arms_it(environ: Mapping[str, str], cookie: bytes) -> None:
    for plain in (b"a=b; Path=/", b"a=b; Path=/; samesite=none; httponly; secure" if environ else b"a=b; Path=/"):
        _, headers = await exchange(environ, [], [(b"set-cookie", plain), (b"x", b"a=b")])
        assert headers == [(b"set-cookie", cookie), (b"x", b"a=b")]


ATTRIBUTES = st.lists(
    st.sampled_from(["Path=/", "path=/settings/key", "Domain=example.org", "domain=", "Secure", "SameSite=None"])
    | st.sampled_from(["Path", " PATH = /x ", "HttpOnly", "samesite", "Max-Age=60"]),
    max_size=6,
)


@given(ATTRIBUTES, st.sampled_from([PLAIN, BEHIND_TLS, BELOW_A_PATH]))
async def test_whatever_a_cookie_asks_for_it_is_one_that_browsers_keep(
    attributes: list[str], environ: Mapping[str, str]
) -> None:
    """RFC 6265bis: with `__Host-` it is Secure, has the path / and no domain; with `__Secure-` it is Secure."""
    _, ((_, cookie),) = await exchange(environ, [], [(b"set-cookie", "; ".join(["a=b", *attributes]).encode())])
    pair, *given = cookie.decode().split("; ")
    named = [one.partition("=")[0].strip().lower() for one in given]
    root = "/chat" if environ is BELOW_A_PATH else "/"
    assert [one for one in given if one.lower().strip().startswith("path")] == [f"Path={root}"]
    assert "domain" not in named
    assert len(set(named)) == len(named) or attributes.count("Max-Age=60") > 1
    assert {"HttpOnly", "SameSite=Lax"} <= set(given)
    assert ("Secure" in given) == pair.startswith("__") == (environ is not PLAIN)


@pytest.mark.parametrize("environ", [PLAIN, BEHIND_TLS, BELOW_A_PATH])
async def test_what_was_set_is_seen_again_by_its_plain_name(environ: Mapping[str, str]) -> None:
    _, headers = await exchange(environ, [], [(b"set-cookie", b"a=b=c; Path=/"), (b"set-cookie", b"d=e; Path=/")])
    kept = b"; ".join(value.partition(b";")[0] for _, value in headers)
    inside, _ = await exchange(environ, [(b"cookie", kept), (b"accept", b"*/*")], [])
    assert sorted(inside) == [(b"accept", b"*/*"), (b"cookie", b"a=b=c; d=e")]


@pytest.mark.parametrize(
    ("environ", "cookie"),
    [
        (BEHIND_TLS, b"a=evil"),
        (BEHIND_TLS, b"__Secure-a=evil; __host-a=evil"),
        (BELOW_A_PATH, b"__Host-a=evil; a=evil"),
        (BEHIND_TLS, b""),
    ],
)
async def test_what_another_host_or_a_plain_connection_set_is_not_seen(
    environ: Mapping[str, str], cookie: bytes
) -> None:
    assert (await exchange(environ, [(b"cookie", cookie)], []))[0] == []


async def test_ours_is_found_among_those_of_others() -> None:
    sent = [(b"cookie", b"a=evil; __Host-a=b;__Host-c=d"), (b"cookie", b"x=y"), (b"cookie", b"__Host-e=f")]
    assert (await exchange(BEHIND_TLS, sent, []))[0] == [(b"cookie", b"a=b; c=d; e=f")]


@given(st.binary(max_size=200))
async def test_any_cookie_is_taken(cookie: bytes) -> None:
    inside, _ = await exchange(BEHIND_TLS, [(b"cookie", cookie)], [])
    assert (b"__Host-" in cookie) or inside == []
