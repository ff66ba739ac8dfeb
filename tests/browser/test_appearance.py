"""How pages look, as the reader chose: at once, after a reload, without JavaScript, on paper and in a small window."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

LIGHT, DARK = "rgb(252, 250, 247)", "rgb(26, 25, 23)"


async def ground(page: Page) -> str:
    """The colour of the page, as a browser writes it on a canvas."""
    return str(
        await page.evaluate(
            """() => {
                const brush = document.createElement("canvas").getContext("2d");
                brush.fillStyle = getComputedStyle(document.documentElement).backgroundColor;
                brush.fillRect(0, 0, 1, 1);
                return `rgb(${[...brush.getImageData(0, 0, 1, 1).data].slice(0, 3).join(", ")})`;
            }"""
        )
    )


def radio(screen: Screen, group: str, choice: str) -> Locator:
    return screen.page.get_by_role("group", name=group).get_by_role("radio", name=choice, exact=True)


async def choose(screen: Screen, group: str, choice: str) -> None:
    """Chooses, and waits until the server has answered, as the next page looks that way only then."""
    async with screen.page.expect_response("**/appearance"):
        await radio(screen, group, choice).check()


async def test_a_theme_shows_at_once_and_stays(screen: Screen) -> None:
    await screen.button("Appearance").click()
    await choose(screen, "Theme", "Dark")
    assert await ground(screen.page) == DARK
    await screen.open("/nowhere")
    assert await ground(screen.page) == DARK
    await screen.open()
    await screen.button("Appearance").click()
    await expect(screen.page.get_by_role("radio", name="Dark")).to_be_checked()
    await choose(screen, "Theme", "System")
    assert await ground(screen.page) == LIGHT


async def test_the_bar_of_the_browser_takes_the_colour_of_the_page(screen: Screen) -> None:
    async def colour() -> str:
        script = """() => [...document.querySelectorAll("meta[name=theme-color]")]
            .find((meta) => matchMedia(meta.media).matches).content"""
        return str(await screen.page.evaluate(script))

    assert await colour() == "#fcfaf7"
    await screen.button("Appearance").click()
    await choose(screen, "Theme", "Dark")
    assert await colour() == "#1a1917"
    await screen.reload()
    assert await colour() == "#1a1917"


async def test_text_grows_with_the_choice_and_with_the_browsers_own_size(screen: Screen) -> None:
    size = "() => parseFloat(getComputedStyle(document.documentElement).fontSize)"
    assert await screen.page.evaluate(size) == 16
    await screen.button("Appearance").click()
    await choose(screen, "Text size", "Larger")
    assert await screen.page.evaluate(size) == 21
    devtools = await screen.page.context.new_cdp_session(screen.page)
    await devtools.send("Page.enable")
    await devtools.send("Page.setFontSizes", {"fontSizes": {"standard": 32}})
    await screen.reload()
    assert await screen.page.evaluate(size) == 42


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser, server: AppServer) -> AsyncIterator[Screen]:
    """A tab without JavaScript."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    screen = Screen(await context.new_page(), server.url)
    await screen.open()
    yield screen
    await context.close()


async def test_without_javascript_one_chooses_and_is_back_where_one_was(plain: Screen) -> None:
    await plain.open("/c")
    await plain.button("Appearance").click()
    await radio(plain, "Density", "Compact").check()
    await plain.button("Apply").click()
    await expect(plain.page.locator("html[data-density=compact]")).to_have_count(1)
    assert plain.path == "/c"


async def test_nothing_overlaps_at_four_times_the_size(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("zoom", Say("A paragraph of some length. " * 40)))
    await screen.sees_ended()
    await screen.page.set_viewport_size({"width": 320, "height": 256})
    assert await screen.page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")
    await screen.page.evaluate("scrollTo(0, 200)")
    middle = "() => document.elementFromPoint(160, 128).closest('.message') !== null"
    assert await screen.page.evaluate(middle)
    assert await screen.page.evaluate("() => document.elementFromPoint(160, 250).closest('.message') !== null")
    await screen.page.keyboard.type("x")
    await expect(screen.box).to_be_in_viewport(ratio=0.5)  # where one types


async def test_on_paper_there_is_the_conversation_and_nothing_to_press(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("paper", Say("See [here](https://example.org/page).")))
    await screen.sees_ended()
    await screen.page.emulate_media(media="print", color_scheme="dark")
    await expect(screen.questions).to_be_visible()
    await expect(screen.text).to_be_visible()
    for thing in ("button", "nav", "textarea", "summary"):
        await expect(screen.page.locator(f"{thing}:visible")).to_have_count(0)
    address = "(link) => getComputedStyle(link, '::after').content"
    assert "https://example.org/page" in await screen.text.locator("a").evaluate(address)
    assert await ground(screen.page) == "rgb(255, 255, 255)"
