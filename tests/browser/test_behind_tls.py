"""Behind TLS browsers hold cookies to their prefix: what is set is kept, with the host to itself and below a path."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.browser.doors import fill_in
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.ports import quiet_port
from tests.fakes.signed_in import ADMINISTRATOR
from tests.fakes.tls import tls_in_front_of
from tests.fakes.upstream import KEY, Upstream
from webapp.standin.steps import Say

NAMES = {"session", "device", "appearance", "offset"}


@pytest.fixture(scope="module", params=["", "/chat"], ids=["whole host", "below a path"])
def environ(request: pytest.FixtureRequest) -> dict[str, str]:
    address = f"https://localhost:{quiet_port()}{request.param}"
    return {"AUTH": "on", "PORT": str(quiet_port()), "APP_URL": address, "SECRET_KEY": "x" * 32, **ADMINISTRATOR}


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browser: Browser, server: AppServer, environ: dict[str, str], tmp_path: Path) -> AsyncIterator[Screen]:
    """A browser that takes any certificate, and is signed in."""
    url = environ["APP_URL"]
    context = await browser.new_context(ignore_https_errors=True, timezone_id="Asia/Tokyo")
    async with tls_in_front_of(server.port, int(url.split(":")[2].partition("/")[0]), tmp_path):
        screen = Screen(await context.new_page(), url)
        await screen.open("/login")
        await fill_in(screen.page)
        await expect(screen.box).to_be_visible()
        yield screen
        await context.close()
    assert screen.complaints == []


async def kept(context: BrowserContext) -> dict[str, str]:
    """The names of the cookies that the browser has kept, and their paths; each is armed."""
    cookies = await context.cookies()
    assert all(one.get("secure") for one in cookies)
    return {one.get("name", ""): one.get("path", "") for one in cookies}


async def test_each_cookie_is_kept_and_has_its_prefix(screen: Screen, server: AppServer) -> None:
    await screen.button("Appearance").first.click()
    await screen.page.get_by_role("radio", name="Dark").check()
    await expect(screen.page.locator("html[data-theme=dark]")).to_have_count(1)
    prefix = "__Secure-" if server.root else "__Host-"
    await screen.reload()
    names = await kept(screen.page.context)
    assert set(names) == {prefix + name for name in NAMES}
    assert set(names.values()) == {server.root or "/"}


async def test_a_key_comes_by_signing_in_at_openrouter(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/settings/key")
    await screen.button("Get one by signing in at OpenRouter").click()
    await expect(screen.page.locator("main")).to_contain_text("Your own key, which ends in ")
    await screen.open()
    await screen.ask("Go", await upstream.script("signed", Say("Yes.")))
    await screen.sees_answer("Yes.")
    used = (await upstream.arrived("signed")).headers["authorization"]
    assert used.startswith("Bearer sk-or-v1-")
    assert used != f"Bearer {KEY}"
    assert await kept(screen.page.context)
