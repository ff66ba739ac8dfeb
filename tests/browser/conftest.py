"""A real browser, the real server, and a scripted stand-in for OpenRouter."""

import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright, expect

from tests.browser.screen import Screen
from tests.fakes.app_server import ROOT, AppServer
from tests.fakes.shared_servers import started
from tests.fakes.upstream import KEY, Upstream
from webapp.standin.server import StandIn

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

expect.set_options(timeout=30_000)  # a machine may have much else to do


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Stories share one browser, and so one event loop."""
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(loop_scope="session")
async def upstream(standin: StandIn) -> AsyncIterator[Upstream]:
    async with Upstream(standin.base_url) as upstream:
        yield upstream
        await upstream.reset()


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """Settings of the module's server, for a module to change."""
    return {}


@pytest.fixture(scope="module")
def server(standin: StandIn, environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppServer]:
    """One server for all stories of a module, as they look at lists and search. One that stops it starts it again."""
    settings = {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url, "LOG_LEVEL": "INFO", **environ}
    with started(tmp_path_factory.mktemp("server"), settings) as server:
        yield server


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser that bin/browser finds."""
    return subprocess.run([ROOT / "bin" / "browser"], capture_output=True, text=True, check=True).stdout.strip()


@pytest_asyncio.fixture(loop_scope="session", scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    await context.close()


OpenScreen = Callable[..., Awaitable[Screen]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_screen(context: BrowserContext, server: AppServer) -> AsyncIterator[OpenScreen]:
    """Opens tabs. None of them may have had a script error or a breach of the content policy at the end."""
    screens: list[Screen] = []
    if not server.is_running:
        server.start()  # the story before failed while it was down

    async def open_screen(path: str = "/", url: str | None = None) -> Screen:
        screen = Screen(await context.new_page(), url or server.url)
        screens.append(screen)
        await screen.open(path)
        return screen

    yield open_screen
    assert [complaint for screen in screens for complaint in screen.complaints] == []


@pytest_asyncio.fixture(loop_scope="session")
async def screen(open_screen: OpenScreen) -> Screen:
    return await open_screen()
