"""Finding again what was said: as it is typed, by keys, and without scripts."""

import asyncio

from playwright.async_api import Browser, BrowserContext, Locator, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say


def field(screen: Screen) -> Locator:
    return screen.page.get_by_role("searchbox", name="Search")


def hits(screen: Screen) -> Locator:
    return screen.page.locator(".hit")


async def said(screen: Screen, upstream: Upstream, question: str, answer: str) -> None:
    await screen.open("/")
    await screen.ask(question, await upstream.script("said", Say(answer)))
    await screen.sees_answer(answer)


async def test_what_was_said_is_found_as_it_is_typed_and_shown_in_its_place(screen: Screen, upstream: Upstream) -> None:
    await said(screen, upstream, "What purrs?", "A leopard does not; an ocelot does.")
    await screen.page.keyboard.press("Control+k")
    await field(screen).press_sequentially("oce")
    await expect(hits(screen).locator("mark")).to_have_text("oce")
    await expect(hits(screen)).to_contain_text("What purrs?")
    await field(screen).press_sequentially("lot -leopard")
    await expect(screen.page.get_by_role("status").filter(has_text="Nothing was found.")).to_be_visible()
    await field(screen).fill("ocelot")
    await expect(hits(screen)).to_have_count(1)
    await field(screen).press("ArrowDown")
    await expect(hits(screen)).to_be_focused()
    await screen.page.keyboard.press("Enter")
    await expect(screen.text).to_have_text("A leopard does not; an ocelot does.")
    assert "#m-" in screen.path


async def test_what_is_typed_before_the_scripts_have_come_is_searched_for(screen: Screen, upstream: Upstream) -> None:
    await said(screen, upstream, "What hops?", "A potoroo does.")
    held = asyncio.Queue[Route]()
    await screen.page.route("**/assets/htmx-*.js", lambda route: held.put_nowait(route))
    await screen.page.goto(f"{screen.url}/search", wait_until="commit")
    await field(screen).press_sequentially("potor")
    await (await held.get()).continue_()
    await expect(hits(screen).locator("mark")).to_have_text("potor")
    await expect(field(screen)).to_be_focused()


async def test_arrows_lead_through_what_was_found_and_back(screen: Screen, upstream: Upstream) -> None:
    await said(screen, upstream, "Who is the wombat?", "The wombat is a marsupial.")
    await screen.open("/search?q=wombat")
    await expect(hits(screen)).to_have_count(3)
    await field(screen).press("ArrowDown")
    await screen.page.keyboard.press("ArrowDown")
    await expect(hits(screen).nth(1)).to_be_focused()
    await screen.page.keyboard.press("ArrowUp")
    await screen.page.keyboard.press("ArrowUp")
    await expect(field(screen)).to_be_focused()


async def test_what_was_written_is_shown_as_text(screen: Screen, upstream: Upstream) -> None:
    await said(screen, upstream, "<b>bold</b> <script>quokka</script>", "Yes.")
    await screen.open("/search?q=quokka")
    await expect(hits(screen).last.locator(".hit__text")).to_have_text("<b>bold</b> <script>quokka</script>")
    await expect(hits(screen).last.locator("mark")).to_have_text("quokka")


async def test_without_javascript_a_search_is_a_page(
    screen: Screen, upstream: Upstream, browser: Browser, server: AppServer
) -> None:
    await said(screen, upstream, "Name a bird", "A kookaburra.")
    context: BrowserContext = await browser.new_context(java_script_enabled=False)
    plain = Screen(await context.new_page(), server.url)
    await plain.open("/search")
    await field(plain).fill('"a kookaburra"')
    await field(plain).press("Enter")
    await expect(hits(plain)).to_have_count(1)
    await hits(plain).click()
    await expect(plain.text).to_have_text("A kookaburra.")
    await context.close()


async def test_whatever_is_typed_last_is_what_is_shown(open_screen: OpenScreen, upstream: Upstream) -> None:
    screen = await open_screen()
    await said(screen, upstream, "Which fish?", "A coelacanth and a lungfish.")
    await screen.open("/search")
    await field(screen).press_sequentially("nothing of this kind")
    await field(screen).fill("coelacanth")
    await expect(hits(screen)).to_have_count(1)
    await expect(hits(screen).locator("mark")).to_have_text("coelacanth")
