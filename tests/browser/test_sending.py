"""What was sent for an answer: told by its details, and on a page of its own."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser, server: AppServer) -> AsyncIterator[Screen]:
    """A tab without JavaScript, of a telephone."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    yield Screen(await context.new_page(), server.url)
    await context.close()


async def test_the_details_tell_the_parameters_and_lead_to_what_was_sent(
    screen: Screen, plain: Screen, open_screen: OpenScreen, upstream: Upstream
) -> None:
    model = await upstream.takes("sent", [Say("First.")], [Say("Second.")])
    await screen.ask("One  <b>two</b>", model)
    await screen.sees_answer("First.")
    place = screen.path
    await screen.open(f"{place}/settings")
    await screen.page.get_by_label("What the model is told first").fill("Be brief.")
    await screen.page.get_by_label("Temperature").fill("0.5")
    await screen.button("Save").click()
    await screen.ask("Three")
    await screen.sees_answer("Second.")

    await screen.answer.locator(".receipt > summary").focus()
    await screen.page.keyboard.press("Enter")
    await expect(screen.answer.locator(".receipt")).to_contain_text("Temperature0.5")
    await expect(screen.answer.locator(".receipt")).to_contain_text("System promptsent")
    await screen.page.keyboard.press("Tab")
    await expect(screen.answer.get_by_role("link", name="exactly what was sent")).to_be_focused()
    await screen.page.keyboard.press("Enter")
    await sees_request(screen, ["Be brief.", "One  <b>two</b>", "First.", "Three"])
    await expect(screen.page.locator("main")).to_contain_text("exactly as the model was given them")
    await plain.open(screen.path)
    await sees_request(plain, ["Be brief.", "One  <b>two</b>", "First.", "Three"])
    assert await plain.page.evaluate("document.documentElement.scrollWidth") <= 390

    other = await open_screen(place)
    question = other.page.get_by_role("article", name="You").first
    await question.hover()
    await question.get_by_role("link", name="Edit").click()
    await other.page.get_by_role("textbox", name="Your question").fill("One, changed")
    await other.button("Save only").click()
    await expect(other.questions.first).to_have_text("One, changed")
    await screen.reload()
    await sees_request(screen, ["Be brief.", "One, changed", "First.", "Three"])
    await expect(screen.page.locator("main")).to_contain_text("One message has been edited since")
    await screen.page.get_by_role("link", name="Back to the answer").click()
    await screen.sees_answer("Second.")


async def sees_request(screen: Screen, texts: list[str]) -> None:
    await expect(screen.page.get_by_role("heading", name="What was sent")).to_be_visible()
    await expect(screen.page.locator("main pre")).to_have_text(texts)
