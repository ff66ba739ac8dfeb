"""Who signed in a while ago confirms that it's them before something that matters, and goes on with what they typed."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.axe import breaches
from tests.browser.doors import grow_stale, sign_in
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.signed_in import ADMINISTRATOR, PASSWORD


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"AUTH": "on", **ADMINISTRATOR}


@pytest_asyncio.fixture(loop_scope="session", params=[True, False], ids=["scripts", "no scripts"])
async def screen(request: pytest.FixtureRequest, browser: Browser, server: AppServer) -> AsyncIterator[Screen]:
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=request.param)
    screen = Screen(await context.new_page(), server.url)
    await sign_in(screen)
    yield screen
    assert screen.complaints == []
    await context.close()


async def look(screen: Screen, name: str) -> None:
    """Keeps a picture where SHOTS names a folder."""
    if folder := os.environ.get("SHOTS"):
        for width, height in ((1280, 800), (390, 844)):
            await screen.page.set_viewport_size({"width": width, "height": height})
            await screen.page.screenshot(path=Path(folder) / f"{name}-{width}.png", full_page=True)


async def test_what_was_typed_is_done_after_it_by_keyboard_alone(screen: Screen, server: AppServer) -> None:
    await screen.open("/account")
    await screen.page.get_by_label("Name of a new token").fill("Backup script")
    await screen.page.get_by_label("It works for").select_option("7 days")
    await grow_stale(server)
    await screen.page.get_by_label("Name of a new token").press("Enter")
    await expect(screen.page.get_by_role("heading", name="Confirm that it's you")).to_be_visible()
    await expect(screen.page.get_by_text("To make an API token")).to_be_visible()
    await expect(screen.page.get_by_label("Password")).to_be_focused()
    await look(screen, "confirm")
    await screen.page.keyboard.type("a wrong password")
    await screen.page.keyboard.press("Enter")
    await expect(screen.page.get_by_role("alert")).to_have_text("The password is not right.")
    await look(screen, "confirm-wrong")
    await screen.page.keyboard.type(PASSWORD)
    await screen.page.keyboard.press("Enter")
    await expect(screen.button("Go on")).to_be_focused()
    await look(screen, "confirmed")
    await screen.page.keyboard.press("Enter")
    await expect(screen.page.get_by_label("Your new token")).to_have_value(re.compile("^oc_"))
    await expect(screen.page.get_by_text("Backup script").first).to_be_visible()
    await screen.open("/account")
    await expect(screen.page.get_by_text("Your API tokens end too: Backup script").first).to_be_visible()
    await look(screen, "account")
    await screen.button("Sign out everywhere else").click()
    await expect(screen.page.get_by_role("status")).to_contain_text("no API token works any more")


async def test_who_does_not_want_to_is_back_where_they_were(screen: Screen, server: AppServer) -> None:
    await screen.open("/admin/budgets")
    await grow_stale(server)
    await screen.page.get_by_role("button", name="Save").click()
    await expect(screen.page.get_by_text("To change the budgets")).to_be_visible()
    await screen.page.get_by_role("link", name="Cancel").click()
    await expect(screen.page.get_by_role("heading", name="Budgets")).to_be_visible()


async def test_no_rule_of_accessibility_is_broken(browser: Browser, server: AppServer) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    screen = Screen(await context.new_page(), server.url)
    await sign_in(screen)
    await grow_stale(server)
    await screen.open("/account")
    await screen.page.get_by_label("Name of a new token").fill("Backup script")
    await screen.button("Make a token").click()
    await expect(screen.page.get_by_label("Password")).to_be_visible()
    assert await breaches(screen.page) == []
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.button("Confirm").click()
    await expect(screen.button("Go on")).to_be_visible()
    assert await breaches(screen.page) == []
    await grow_stale(server)
    await screen.open("/settings/key")
    assert await breaches(screen.page) == []
    await context.close()
