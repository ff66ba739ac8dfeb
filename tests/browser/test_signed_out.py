"""What was typed outlives a session that has expired, is nobody else's, and goes when its writer signs out."""

import re
from typing import Final

import pytest
from playwright.async_api import Browser, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.doors import BOB, add_user, end_sessions, fill_in, sign_in
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.signed_in import ADMINISTRATOR
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

KEPT: Final = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"AUTH": "on", **ADMINISTRATOR}


async def keeps(screen: Screen, text: str) -> None:
    async def is_so() -> bool:
        return text in await screen.page.evaluate(KEPT)

    await eventually(is_so)


async def test_the_persona_goes_along_with_what_is_sent_after_signing_in(
    server: AppServer, open_screen: OpenScreen
) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    await screen.open("/library/personas/new")
    await screen.page.get_by_label("Name").fill("Poet")
    await screen.page.get_by_label("What the model is told first").fill("Answer in verse.")
    await screen.button("Save").click()
    await screen.page.get_by_role("link", name="Start a conversation with Poet").first.click()
    await expect(screen.page.get_by_role("navigation", name="Personas")).to_be_visible()
    await end_sessions(server)
    await screen.ask("Hello")
    await expect(screen.page.get_by_role("alert")).to_contain_text("You are not signed in")
    await screen.open("/login")  # and so back to a page without the persona
    await fill_in(screen.page)
    await expect(screen.questions).to_have_text("Hello")
    await screen.open(f"{screen.path}/settings")
    await expect(screen.page.get_by_label("What the model is told first")).to_have_value("Answer in verse.")


async def test_a_draft_outlives_the_session(server: AppServer, open_screen: OpenScreen) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    await screen.box.fill("Before it expired")
    await end_sessions(server)
    await screen.reload()
    await fill_in(screen.page)
    await expect(screen.box).to_have_value("Before it expired")


async def test_somebody_else_gets_none_of_it_and_no_tab_brings_it_back(
    server: AppServer, open_screen: OpenScreen
) -> None:
    await add_user(server)
    screen = await open_screen("/login")
    await sign_in(screen)
    await screen.box.fill("For my eyes only")
    await keeps(screen, "my eyes")
    other = await open_screen("/search")
    await end_sessions(server)
    await sign_in(other, BOB)
    await expect(other.box).to_have_value("")
    assert "my eyes" not in await other.page.evaluate(KEPT)
    await screen.box.press_sequentially(", mind")
    await screen.open("/search")
    assert "my eyes" not in await other.page.evaluate(KEPT)


@pytest.mark.parametrize("is_told_by_the_server", [True, False])
async def test_who_signs_out_leaves_nothing_behind(open_screen: OpenScreen, is_told_by_the_server: bool) -> None:
    async def without_the_header(route: Route) -> None:
        answer = await route.fetch(max_redirects=0)
        headers = {name: value for name, value in answer.headers.items() if name != "clear-site-data"}
        await route.fulfill(response=answer, headers=headers)

    screen = await open_screen("/login")
    await sign_in(screen)
    await screen.box.fill("For my eyes only")
    await keeps(screen, "my eyes")
    other = await open_screen("/account" if is_told_by_the_server else "/c")
    if not is_told_by_the_server:
        await other.page.route("**/logout", without_the_header)
    await other.button("Sign out").click()
    await expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "my eyes" not in await other.page.evaluate(KEPT)
    await screen.box.press_sequentially(", mind")
    await screen.reload()
    await expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert "my eyes" not in await other.page.evaluate(KEPT)


@pytest.mark.parametrize("way", ["Ask again", "Save only"])
async def test_without_scripts_an_edit_goes_along_to_sign_in_and_back(
    browser: Browser, server: AppServer, upstream: Upstream, way: str
) -> None:
    await add_user(server)
    context = await browser.new_context(java_script_enabled=False)
    screen = Screen(await context.new_page(), server.url)
    await sign_in(screen)
    await upstream.script("edit", Say("Done."))
    await screen.box.fill("First words")
    await screen.button("Send").click()
    await expect(screen.questions).to_have_text("First words")

    async def edit(text: str) -> None:
        await screen.page.get_by_role("link", name="Edit", exact=True).first.click()
        await screen.page.get_by_role("textbox", name="Your question").fill(text)
        await end_sessions(server)
        await screen.button(way).click()
        await expect(screen.page.get_by_role("alert")).to_contain_text("You are not signed in")

    await edit("Better\nwords")
    await fill_in(screen.page)
    await expect(screen.box).to_have_value("Better\nwords")
    await screen.button("Send").click()
    await expect(screen.questions).to_have_text("Better\nwords")
    place = re.sub(r"[?#].*", "", screen.path)
    await edit("For my eyes only")
    await fill_in(screen.page, BOB)
    await expect(screen.list).to_be_visible()
    await expect(screen.page.get_by_text("my eyes")).to_have_count(0)
    await context.clear_cookies()
    await sign_in(screen)
    await screen.open(place)
    await expect(screen.questions).to_have_text("Better\nwords")
    await context.close()
