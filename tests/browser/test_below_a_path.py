"""Below a path of a host with other things on it: nothing leads there, whether a proxy strips the path or leaves it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.proxy import Proxy, proxying
from tests.fakes.seed import seed
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say, Show

TEXTS = [f"{'Answer' if n % 2 else 'Question'} {n // 2}." for n in range(140)]
DIAGRAM = "```mermaid\nflowchart LR\n  A[First] --> B[Second]\n```\n"


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"ROOT_PATH": "/tools/chat"}


@pytest_asyncio.fixture(loop_scope="session", params=["strips", "leaves"])
async def proxy(request: pytest.FixtureRequest, server: AppServer) -> AsyncIterator[Proxy]:
    """Every address that a page, a script or a redirect gave is to be below the path."""
    async with proxying(server.port, server.root, strips=request.param == "strips") as proxy:
        yield proxy
        assert proxy.strays == []


@pytest_asyncio.fixture(loop_scope="session")
async def screen(open_screen: OpenScreen, proxy: Proxy) -> Screen:
    return await open_screen(url=proxy.url)


async def test_one_asks_watches_stops_retries_and_draws(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("below", [Say("Half "), Hold("a"), Say("more")], [Say(DIAGRAM), Show(seed=3)])
    await screen.ask("Go", model)
    await screen.sees_growing("Half")
    assert screen.path.startswith("/c/")
    await screen.reload()
    await screen.sees_growing("Half")
    await screen.button("Stop the answer").click()
    await expect(screen.answer).to_contain_text("Stopped.")
    await screen.answer.get_by_role("button", name="Retry").click()
    await screen.sees_ended()
    await screen.answer.get_by_role("button", name="Diagram").click()
    await expect(screen.answer.frame_locator("iframe").get_by_text("Second")).to_be_visible()
    picture = screen.answer.get_by_role("img", name="A picture that the model made")
    assert await picture.evaluate("async (picture) => { await picture.decode(); return picture.naturalWidth; }") > 0
    await screen.page.get_by_role("link", name="New conversation").first.click()
    assert screen.path == "/"
    await screen.list.get_by_role("link", name="Go").first.click()
    await screen.sees_ended()


async def test_a_permalink_and_both_directions_from_there(screen: Screen, server: AppServer) -> None:
    long = seed(server.database, TEXTS)
    await screen.open(f"/c/{long.id}#m-{long.messages[61]}")
    await expect(screen.page.get_by_text("Answer 30.")).to_be_in_viewport()
    assert screen.path.startswith(f"/c/{long.id}?at=")
    await screen.page.evaluate("() => scrollTo(0, 0)")  # where the rest comes by itself
    await expect(screen.questions.first).to_have_text("Question 0.")
    await screen.page.evaluate("() => scrollTo(0, document.body.scrollHeight)")
    await expect(screen.questions.last).to_have_text("Question 69.")


async def test_without_javascript_one_asks_chooses_renames_and_deletes(
    browser: Browser, proxy: Proxy, server: AppServer, upstream: Upstream
) -> None:
    context = await browser.new_context(java_script_enabled=False)
    plain = Screen(await context.new_page(), proxy.url)
    await plain.open()
    await plain.choose(await upstream.script("plain", Say("Growing. "), Hold("a"), Say("Grown.")))
    await plain.box.fill("By hand")
    await plain.button("Send").click()
    frame = plain.page.frame_locator("iframe")
    await expect(frame.locator("body")).to_contain_text("Growing.")
    await upstream.open("plain", "a")
    await frame.get_by_role("link", name="The answer has ended").click()
    await plain.sees_answer("Growing. Grown.")
    await plain.button("Appearance").click()
    await plain.page.get_by_role("radio", name="Dark").check()
    await plain.button("Apply").click()
    await expect(plain.page.locator("html[data-theme=dark]")).to_have_count(1)
    assert [one["path"] for one in await context.cookies() if "path" in one] == [server.root]
    await plain.page.locator("summary", has=plain.page.locator("svg")).first.click()
    await plain.page.get_by_role("textbox", name="Title").fill("Plain name")
    await plain.button("Rename").click()
    await expect(plain.page.get_by_role("heading", name="Plain name")).to_be_visible()
    await plain.page.locator("summary", has=plain.page.locator("svg")).first.click()
    await plain.page.get_by_text("Delete this conversation").click()
    await plain.button("Delete").click()
    assert plain.path.startswith("/?deleted=")
    await context.close()
