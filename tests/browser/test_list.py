"""The list of conversations: kept in order, undone, and caught up with, by pointer, keys and forms."""

import asyncio
import re
from contextlib import suppress

import pytest
from playwright.async_api import Browser, Error, Locator, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    """With a model that writes titles, where a story gives it something to say."""
    return {"TITLE_MODEL": "script/titles"}


def row(screen: Screen, title: str) -> Locator:
    return screen.list.locator(".sidebar__row", has_text=title)


async def began(screen: Screen, upstream: Upstream, title: str) -> None:
    await screen.open("/")
    await screen.ask(title, await upstream.script("began", Say("Done.")))
    await screen.sees_answer("Done.")


async def organise(screen: Screen, title: str) -> None:
    await row(screen, title).hover()
    await row(screen, title).get_by_role("link", name="Organise").click()
    await expect(screen.page.get_by_role("dialog", name="Organise")).to_be_visible()


async def test_a_conversation_is_pinned_renamed_and_archived_from_the_list(screen: Screen, upstream: Upstream) -> None:
    await began(screen, upstream, "Older one")
    await began(screen, upstream, "Newer one")
    items = screen.list.locator(".sidebar__item")
    await organise(screen, "Older one")
    await screen.button("Pin").click()
    await expect(items.first).to_have_text("Older one")
    await expect(screen.list.get_by_text("Pinned", exact=True)).to_be_visible()
    await organise(screen, "Older one")
    await screen.page.get_by_role("textbox", name="Title").fill("Pinned by me")
    await screen.page.keyboard.press("Enter")
    await expect(items.first).to_have_text("Pinned by me")
    await organise(screen, "Pinned by me")
    await screen.button("Archive").click()
    await expect(row(screen, "Pinned by me")).to_have_count(0)
    await screen.open("/c?shelf=archive")
    await expect(screen.page.get_by_role("main").get_by_role("link", name="Pinned by me")).to_be_visible()


async def test_what_was_deleted_comes_back_by_undo(screen: Screen, upstream: Upstream) -> None:
    await began(screen, upstream, "Not for ever")
    await organise(screen, "Not for ever")
    await screen.button("Delete").click()
    await expect(row(screen, "Not for ever")).to_have_count(0)
    await screen.button("Undo").click()
    await expect(row(screen, "Not for ever")).to_be_visible()


async def test_several_are_tagged_deleted_and_let_go_of_for_good(screen: Screen, upstream: Upstream) -> None:
    for title in ("Heap one", "Heap two"):
        await began(screen, upstream, title)
    await screen.open("/c")
    main = screen.page.get_by_role("main")
    for title in ("Heap one", "Heap two"):
        await main.get_by_role("checkbox", name=title).check()
    await main.get_by_role("textbox", name="Tag").fill("heaps")
    await screen.button("Add tag").click()
    await main.get_by_role("navigation").get_by_role("link", name="heaps").click()
    await expect(main.locator(".chosen__row")).to_have_count(2)
    await main.get_by_role("checkbox", name=re.compile("^All 2")).check()
    await screen.button("Delete").click()
    await expect(main.get_by_text("2 conversations are deleted.")).to_be_visible()
    await screen.open("/c?shelf=deleted")
    await main.get_by_text("for good …").click()
    await screen.button("Delete for good").click()
    await expect(main.get_by_text(re.compile("^All .* are gone"))).to_be_visible()


async def test_several_go_into_the_archive_and_back_by_undo(screen: Screen, upstream: Upstream) -> None:
    for title in ("Attic one", "Attic two"):
        await began(screen, upstream, title)
    main = screen.page.get_by_role("main")

    async def tick(path: str) -> None:
        await screen.open(path)
        for title in ("Attic one", "Attic two"):
            await main.get_by_role("checkbox", name=title).check()

    await tick("/c")
    await screen.button("Archive").click()
    await expect(main.get_by_role("status")).to_contain_text("2 conversations are in the archive now.")
    await screen.button("Undo").click()
    await expect(row(screen, "Attic two")).to_be_visible()
    await expect(screen.button("Undo")).to_have_count(0)
    await tick("/c")
    await screen.button("Archive").click()
    await expect(row(screen, "Attic")).to_have_count(0)
    await tick("/c?shelf=archive")
    await screen.button("Take out of the archive").click()
    await expect(main.get_by_role("status")).to_contain_text("2 conversations are taken out of the archive.")
    await screen.button("Undo").click()
    await expect(main.get_by_role("heading", name="Archive")).to_be_visible()
    await expect(main.get_by_role("checkbox", name="Attic one")).to_be_visible()


async def test_all_of_it_works_without_javascript(
    screen: Screen, upstream: Upstream, browser: Browser, server: AppServer
) -> None:
    await began(screen, upstream, "Plain one")
    context = await browser.new_context(java_script_enabled=False)
    plain = Screen(await context.new_page(), server.url)
    await plain.open("/")
    await row(plain, "Plain one").hover()
    await row(plain, "Plain one").get_by_role("link", name="Organise").click()
    await plain.page.get_by_role("combobox", name="Add a tag").fill("plainly")
    await plain.button("Add").click()
    await expect(plain.button("Take off plainly")).to_be_visible()
    await plain.button("Delete").click()
    await plain.button("Undo").click()
    await expect(row(plain, "Plain one")).to_be_visible()
    await plain.open("/c")
    await plain.page.get_by_role("checkbox", name="Plain one").check()
    await plain.button("Archive").click()
    await expect(plain.page.get_by_text("1 conversation is in the archive now.")).to_be_visible()
    await plain.button("Undo").click()
    await expect(row(plain, "Plain one")).to_be_visible()
    await plain.open("/c")
    await plain.page.get_by_role("navigation", name="Views").get_by_role("link", name="plainly").click()
    await plain.page.get_by_text("Rename or remove this tag").click()
    await expect(plain.page.get_by_text("It is taken off 1 conversation, which stays.")).to_be_visible()
    await plain.page.get_by_role("textbox", name="Name").fill("plain")
    await plain.button("Rename").click()
    await expect(plain.page.get_by_role("heading", name="plain")).to_be_visible()
    await context.close()


async def test_the_view_that_is_shown_stands_out_where_colours_are_forced(screen: Screen) -> None:
    await screen.page.emulate_media(forced_colors="active")
    await screen.open("/c")
    views = screen.page.get_by_role("navigation", name="Views").get_by_role("link")
    outlines = await views.evaluate_all("(links) => links.map((link) => getComputedStyle(link).outlineStyle)")
    assert outlines[0] == "solid"
    assert set(outlines[1:]) == {"none"}


async def test_an_answer_that_ends_elsewhere_is_seen_in_the_list(
    screen: Screen, upstream: Upstream, open_screen: OpenScreen
) -> None:
    model = await upstream.script("elsewhere", Say("Half "), Hold("gate"), Say("and whole."))
    await screen.ask("Slow one", model)
    await screen.sees_growing("Half")
    other = await open_screen("/")
    await expect(row(other, "Slow one").locator("[data-state=live]")).to_be_visible()
    await screen.open("/c?shelf=archive")
    await upstream.open("elsewhere", "gate")
    await expect(row(other, "Slow one").locator("[data-state=new]")).to_be_visible(timeout=20_000)
    await row(other, "Slow one").locator(".sidebar__item").click()
    await other.sees_answer("Half and whole.")
    await expect(row(other, "Slow one").locator("[data-state]")).to_have_count(0)


LOOK = "() => document.body.dispatchEvent(new Event('look'))"  # as when one comes back to a tab


async def test_a_tab_catches_up_when_it_is_looked_at(
    screen: Screen, upstream: Upstream, open_screen: OpenScreen
) -> None:
    await began(screen, upstream, "Two tabs")
    other = await open_screen(screen.path)
    await screen.ask("More", await upstream.script("more", Say("More it is.")))
    await screen.sees_answer("More it is.")
    await expect(other.questions).to_have_count(1)
    await other.page.evaluate(LOOK)
    await expect(other.questions).to_have_count(2)
    await other.sees_answer("More it is.")
    await other.page.evaluate(LOOK)
    await other.ask("And here", await upstream.script("here", Say("Here too.")))
    await other.sees_answer("Here too.")
    await expect(other.questions).to_have_count(3)
    await began(screen, upstream, "A newer one")
    await other.page.evaluate(LOOK)
    await expect(row(other, "A newer one")).to_be_visible()


async def test_what_is_done_meanwhile_is_not_undone_by_a_page_that_catches_up(
    screen: Screen, upstream: Upstream
) -> None:
    """The message below which news are asked for has been left by then: no reason to load the page anew."""
    model = await upstream.takes("meanwhile", [Say("First.")], [Say("Second."), Hold("a")])
    await screen.ask("Go", model)
    await screen.sees_answer("First.")
    has_asked, may_ask = asyncio.Event(), asyncio.Event()

    async def ask(route: Route) -> None:
        has_asked.set()
        await may_ask.wait()
        with suppress(Error):  # it has been broken off
            await route.continue_()

    await screen.page.route("**/news?after=*", ask)
    await screen.page.evaluate("() => { window.isSame = true; document.body.dispatchEvent(new Event('look')); }")
    await has_asked.wait()
    await screen.button("Retry").click()
    await screen.sees_growing("Second.")
    may_ask.set()
    await screen.page.unroute("**/news?after=*", ask)
    await upstream.open("meanwhile", "a")
    await screen.sees_answer("Second.")
    assert await screen.page.evaluate("() => window.isSame")


async def test_a_click_on_a_row_arrives_also_where_the_list_changes_meanwhile(
    screen: Screen, upstream: Upstream
) -> None:
    await began(screen, upstream, "Where to")
    await began(screen, upstream, "Where from")
    await screen.box.fill("More")
    await screen.choose(await upstream.script("row", Say("Some"), Hold("a")))
    has_asked, may_ask = asyncio.Event(), asyncio.Event()

    async def ask(route: Route) -> None:
        has_asked.set()
        await may_ask.wait()
        await route.continue_()

    await screen.page.route("**/messages", ask)
    await screen.box.press("Enter")
    await has_asked.wait()
    await row(screen, "Where to").hover()
    await screen.page.mouse.down()
    may_ask.set()
    await screen.sees_growing("Some")
    await screen.page.mouse.up()
    await expect(screen.questions).to_have_text(["Where to"])


async def test_a_title_comes_by_itself(screen: Screen, upstream: Upstream) -> None:
    await upstream.script("titles", Hold("title"), Say("A title of its own"))
    await began(screen, upstream, "What shall we call this?")
    await upstream.arrived("titles")
    await upstream.open("titles", "title")
    await upstream.ended("titles")

    async def is_shown() -> bool:
        await screen.page.evaluate(LOOK)
        return await row(screen, "A title of its own").count() == 1

    await eventually(is_shown, within=20)
