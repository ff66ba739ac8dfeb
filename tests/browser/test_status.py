"""The operator's page in a browser: it measures for itself whether streams arrive as streams."""

from playwright.async_api import Browser, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer


async def test_streams_that_arrive_as_such_are_good(screen: Screen) -> None:
    await screen.open("/status")
    await expect(screen.page.get_by_text("What is streamed comes piece by piece")).to_be_visible()
    await expect(screen.page.get_by_text("in a terminal")).to_be_hidden()
    await expect(screen.page.get_by_text("It answers within")).to_be_visible()


async def test_a_stream_that_is_held_back_on_the_way_is_told_with_what_to_do(open_screen: OpenScreen) -> None:
    screen = await open_screen()

    async def hold_back(route: Route) -> None:
        await route.fulfill(response=await route.fetch())  # as a proxy does that waits for the whole

    await screen.page.route("**/status/probe", hold_back)
    await screen.open("/status")
    streams = screen.page.get_by_role("listitem").filter(has=screen.page.get_by_role("heading", name="Streams"))
    await expect(streams).to_contain_text("Something on the way holds streams back")
    await expect(streams.get_by_text("proxy_buffering off")).to_be_visible()


async def test_without_scripts_it_says_how_to_measure(browser: Browser, server: AppServer) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(server.url + "/status")
    await expect(page.get_by_text(f"curl -N {server.url}/status/probe")).to_be_visible()
    await expect(page.get_by_text("Something on the way")).to_be_hidden()
    await context.close()
