"""The headers that hold a browser back, on every kind of answer that the server gives."""

import re
from typing import Final
from uuid import uuid4

import httpx
import pytest

from tests.fakes.routes import routes
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say, Show
from webapp.web.security import HEADERS

FRAGMENT: Final = {"hx-request": "true", "hx-request-type": "partial"}
FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
# Of a policy of its own it is known what it lets happen.
OWN_POLICIES: Final = {
    "/diagram": "sandbox allow-scripts",
    "/pictures": "sandbox; default-src 'none'",
    "/assets/": "default-src 'none'; sandbox",
}


def is_armed(answer: httpx.Response) -> None:
    path = answer.request.url.path
    told = f"{answer.request.method} {path}: {answer.status_code}"
    for name, value in HEADERS.items():
        of_a_frame = path.startswith("/assets/") and name == "cross-origin-resource-policy"
        assert answer.headers[name] in ({value, "cross-origin"} if of_a_frame else {value}), told
    assert not {"server", "x-powered-by"} & set(answer.headers), told
    kind = answer.headers.get("content-type", "")
    assert re.fullmatch(r"(?!text/).*|text/event-stream|text/[a-z-]+;.*\bcharset=utf-8\b.*", kind), told
    (policy,) = answer.headers.get_list("content-security-policy")
    assert "default-src 'none'" in policy, told
    assert not re.search(r"unsafe-eval|\*|https?:", policy), told
    own = next((own for start, own in OWN_POLICIES.items() if path.startswith(start)), "")
    if own and answer.status_code == 200:
        assert own in policy, told
        return
    ancestors = "'self'" if path.endswith("/live") and answer.status_code == 200 else "'none'"
    for part in ("script-src 'self'", "require-trusted-types-for 'script'", f"frame-ancestors {ancestors}"):
        assert part in policy.split("; "), told
    assert "unsafe" not in policy, told


@pytest.mark.parametrize(("path", "method"), routes())
async def test_each_address_is_armed_whatever_it_answers(client: httpx.AsyncClient, path: str, method: str) -> None:
    address = re.sub(r"\{[^}]*\}", lambda _: str(uuid4()), path)
    async with client.stream(method, address, headers=FORM if method == "POST" else {}) as answer:
        is_armed(answer)


@pytest.mark.parametrize(
    ("method", "address", "headers", "status"),
    [
        ("GET", "/nothing", {}, 404),
        ("GET", "/nothing", FRAGMENT, 404),
        ("GET", "/nothing", {"accept": "application/json"}, 404),
        ("GET", "/c/not-an-id", {}, 404),
        ("DELETE", "/c", {}, 405),
        ("TRACE", "/", {}, 405),
        ("OPTIONS", "/c", {}, 204),
        ("GET", "/", {"host": "evil.example"}, 421),
        ("POST", "/c", {"sec-fetch-site": "cross-site"}, 403),
        ("POST", "/c", {"content-type": "text/plain"}, 415),
        ("POST", "/c", {**FORM, "content-length": "0"}, 422),
        ("GET", "/?before=%00", {}, 200),
        ("GET", "/static/../../etc/passwd", {}, 404),
    ],
)
async def test_each_refusal_is_armed(
    client: httpx.AsyncClient, method: str, address: str, headers: dict[str, str], status: int
) -> None:
    answer = await client.request(method, address, headers=headers)
    assert answer.status_code == status
    is_armed(answer)


async def test_what_an_answer_goes_through_is_armed(client: httpx.AsyncClient, upstream: Upstream) -> None:
    model = await upstream.script("armed", Say("Some "), Hold("a"), Say("more."), Show(seed=3))
    form = {"message": "Go", "model": model}
    redirect = await client.post("/c", data=form)
    assert redirect.status_code == 303
    page = await client.get(redirect.headers["location"])
    message = re.findall(r"/messages/([0-9a-f-]+)/events", page.text)[0]
    answers = [redirect, page, await client.get(f"/messages/{message}", headers=FRAGMENT)]
    for address in (f"/messages/{message}/events", f"/messages/{message}/live"):
        async with client.stream("GET", address) as stream:
            assert stream.status_code == 200
            answers.append(stream)
    await upstream.open("armed", "a")
    await client.get(f"/messages/{message}/events")
    page = await client.get(redirect.headers["location"])
    picture = re.findall(r'src="(/pictures/[^"]+)"', page.text)[0]
    assets = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
    assert len(assets) >= 3
    answers += [page, *[await client.get(address) for address in (picture, *assets, "/diagram")]]
    assert {answer.status_code for answer in answers} == {200, 204, 303}
    for answer in answers:
        is_armed(answer)
