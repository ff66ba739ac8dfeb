"""Titles are changed where they stand: by keys, by pointer, by finger."""

import re

from playwright.async_api import Browser, Locator, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say

LOOK = "() => document.body.dispatchEvent(new Event('look'))"  # as when one comes back to a tab


def link(screen: Screen, title: str) -> Locator:
    return screen.list.get_by_role("link", name=title, exact=True)


def field(screen: Screen) -> Locator:
    return screen.list.get_by_role("textbox", name="New title")


def alert(screen: Screen) -> Locator:
    return screen.list.get_by_role("alert")


async def began(screen: Screen, upstream: Upstream, title: str) -> None:
    await screen.open("/")
    await screen.ask(title, await upstream.script("began", Say("Done.")))
    await screen.sees_answer("Done.")


async def test_f2_renames_in_the_row_and_the_focus_comes_back(screen: Screen, upstream: Upstream) -> None:
    await began(screen, upstream, "Above")
    await began(screen, upstream, "First words")
    place = screen.path
    await link(screen, "First words").focus()
    await screen.page.keyboard.press("F2")
    await expect(field(screen)).to_be_focused()
    await expect(field(screen)).to_have_value("First words")
    await screen.page.keyboard.type("Better words")  # what was there is selected
    await screen.page.keyboard.press("Enter")
    await expect(link(screen, "Better words")).to_be_focused()
    await expect(screen.page.get_by_role("heading", name="Better words")).to_be_visible()
    await expect(screen.page).to_have_title(re.compile("^Better words · "))
    await expect(screen.list.locator(".sidebar__item").nth(1)).to_have_text("Above")
    assert screen.path == place
    await screen.page.locator(".menu > summary").click()
    await expect(screen.page.get_by_role("main").get_by_role("textbox", name="Title")).to_have_value("Better words")
    await screen.reload()
    await expect(link(screen, "Better words")).to_have_attribute("aria-current", "page")


async def test_escape_and_cancel_leave_the_title_as_it_was(screen: Screen, upstream: Upstream) -> None:
    await began(screen, upstream, "As it was")
    for way in ("Escape", "Cancel"):
        await link(screen, "As it was").press("F2")
        await field(screen).fill("Not this")
        if way == "Escape":
            await screen.page.keyboard.press(way)
        else:
            await screen.list.get_by_role("button", name=way).click()
        await expect(link(screen, "As it was")).to_be_focused()
        await expect(field(screen)).to_have_count(0)


async def test_another_conversation_than_the_shown_one_is_renamed(screen: Screen, upstream: Upstream) -> None:
    await began(screen, upstream, "Elsewhere")
    await began(screen, upstream, "Shown")
    await link(screen, "Elsewhere").hover()
    await screen.list.locator(".sidebar__row", has_text="Elsewhere").get_by_role("link", name="Rename").click()
    await field(screen).fill("<b>Elsewhere</b> & more")
    await screen.list.get_by_role("button", name="Save").click()
    await expect(link(screen, "<b>Elsewhere</b> & more")).to_be_focused()
    await expect(screen.page.get_by_role("heading", name="Shown")).to_be_visible()
    await expect(screen.page).to_have_title(re.compile("^Shown · "))


async def test_a_refused_title_says_so_in_place_and_keeps_what_was_typed(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    await began(screen, upstream, "Long enough")
    await link(screen, "Long enough").press("F2")
    for refused in ("  ", "x" * 201):
        await field(screen).fill(refused)
        await field(screen).press("Enter")
        await expect(alert(screen)).to_contain_text("A title has 1 to 200 characters.")
        await expect(field(screen)).to_have_value(refused)
        await expect(field(screen)).to_be_focused()
    server.kill()
    await field(screen).fill("Once more")
    await field(screen).press("Enter")
    await expect(alert(screen)).to_contain_text("cannot be reached")
    server.start()
    await field(screen).press("Enter")
    await expect(link(screen, "Once more")).to_be_focused()


async def test_what_is_being_typed_survives_news_of_the_list(
    screen: Screen, upstream: Upstream, open_screen: OpenScreen
) -> None:
    await began(screen, upstream, "In the making")
    await link(screen, "In the making").press("F2")
    await field(screen).fill("Half a ti")
    other = await open_screen("/")
    await began(other, upstream, "From another tab")
    await screen.page.evaluate(LOOK)
    await expect(link(screen, "From another tab")).to_be_visible()
    await expect(field(screen)).to_have_value("Half a ti")
    await field(screen).press("Enter")
    await expect(link(screen, "Half a ti")).to_be_visible()


async def test_a_growing_answer_goes_on_beside_it(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("beside", Say("Half "), Hold("gate"), Say("and whole."))
    await screen.ask("While it grows", model)
    await screen.sees_growing("Half")
    await screen.list.get_by_role("link", name="While it grows").press("F2")
    await field(screen).fill("It grew")
    await field(screen).press("Enter")
    await expect(screen.page.get_by_role("heading", name="It grew")).to_be_visible()
    await upstream.open("beside", "gate")
    await screen.sees_answer("Half and whole.")


async def test_the_dialog_renames_and_leaves_the_page_as_it_is(screen: Screen, upstream: Upstream) -> None:
    await began(screen, upstream, "By dialog")
    await screen.open("/c")
    row = screen.list.locator(".sidebar__row", has_text="By dialog")
    await row.hover()
    await row.get_by_role("link", name="Organise").click()
    dialog = screen.page.get_by_role("dialog", name="Organise")
    await dialog.get_by_role("textbox", name="Title").fill("By the dialog")
    await screen.page.keyboard.press("Enter")
    await expect(link(screen, "By the dialog")).to_be_focused()
    await expect(dialog).to_be_hidden()
    await expect(screen.page.get_by_role("main").get_by_role("link", name="By the dialog")).to_be_visible()
    assert screen.path == "/c"


async def test_on_a_phone_the_way_is_the_dialog_and_escape_leaves_the_drawer_open(
    browser: Browser, screen: Screen, upstream: Upstream
) -> None:
    await began(screen, upstream, "In the pocket")
    context = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    phone = Screen(await context.new_page(), screen.url)
    await phone.open(screen.path)
    await phone.button("Show the list of conversations").tap()
    row = phone.list.locator(".sidebar__row", has_text="In the pocket")
    await expect(row.get_by_role("link", name="Rename")).to_be_hidden()
    await row.get_by_role("link", name="Organise").tap()
    await phone.page.get_by_role("textbox", name="Title").fill("In the hand")
    await phone.button("Rename").tap()
    await expect(phone.page.get_by_role("dialog", name="Organise")).to_be_hidden()
    await expect(phone.page.get_by_role("heading", name="In the hand")).to_be_visible()
    await phone.button("Show the list of conversations").tap()
    await link(phone, "In the hand").press("F2")
    await expect(field(phone)).to_be_focused()
    await phone.page.keyboard.press("Escape")
    await expect(link(phone, "In the hand")).to_be_focused()
    await context.close()


async def test_the_list_of_shortcuts_says_so(screen: Screen) -> None:
    await screen.button("Keyboard shortcuts").click()
    await expect(screen.page.get_by_role("dialog", name="Keyboard shortcuts")).to_contain_text(
        re.compile(r"Rename, in the list\s*F2")
    )
