"""The page in which diagrams are drawn: alone, and with its own two scripts."""

import re

import httpx

from tests.fakes.asgi import asking
from webapp.app import ROOT
from webapp.web.assets import Assets
from webapp.web.diagrams import diagrams_router
from webapp.web.templating import Templates


async def frame() -> httpx.Response:
    assets = Assets(ROOT / "static", ROOT / "node_modules")
    async with asking(diagrams_router(assets, Templates(ROOT / "templates", assets))) as client:
        return await client.get("/diagram")


async def test_only_its_own_scripts_run() -> None:
    first, second = await frame(), await frame()
    [nonce] = re.findall(r"script-src 'nonce-([\w-]+)';", first.headers["content-security-policy"])
    assert re.findall(r'<script src="/assets/[\w-]+\.js" nonce="([\w-]+)"', first.text) == [nonce, nonce]
    assert nonce not in second.text
    assert first.headers["cache-control"] == "no-store"


async def test_it_has_no_origin_and_no_network() -> None:
    policy = (await frame()).headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "sandbox allow-scripts", "frame-ancestors 'self'", "form-action 'none'"} <= set(
        policy
    )
    assert not [rule for rule in policy if rule.startswith(("connect-src", "img-src", "font-src"))]
