"""What is typed stays until the server has it: through reloads, crashes, failed sends and other tabs."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

from playwright.async_api import BrowserContext, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.seed import seed
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

KEPT: Final = """() => Object.entries(localStorage)
    .filter(([key]) => key.startsWith("draft ")).map(([, note]) => JSON.parse(note).text)"""
NOTES: Final = """(many) => {
    const [prefix] = Object.keys(localStorage).find((key) => key.startsWith("drafts of ")).match(/http.*/);
    for (let place = 0; place < many; place++) {
        localStorage[`draft ${prefix} ${prefix}c/${place}/messages 0`] =
            JSON.stringify({ time: place, isLeft: true, arriving: 0, text: `Note ${place}` });
    }
}"""


async def kept(screen: Screen) -> list[str]:
    """The texts that the browser keeps."""
    return sorted(await screen.page.evaluate(KEPT))


async def keeps(screen: Screen, *texts: str) -> None:
    """Waits until the browser keeps these texts and no others."""

    async def is_so() -> bool:
        return await kept(screen) == sorted(texts)

    await eventually(is_so)


async def crash(screen: Screen) -> None:
    """Ends the tab as the system does that needs its memory: no event tells the page."""
    devtools = await screen.page.context.new_cdp_session(screen.page)
    async with screen.page.expect_event("crash"):
        crashing = asyncio.ensure_future(devtools.send("Page.crash"))
    crashing.cancel()
    await asyncio.gather(crashing, return_exceptions=True)


async def test_a_reload_gives_each_tab_its_own_text_back(screen: Screen, open_screen: OpenScreen) -> None:
    await screen.box.fill("In the first\ntab")
    other = await open_screen("/")
    await keeps(other, "In the first\ntab")
    await expect(other.box).to_have_value("")
    await other.box.fill("In the second")
    for tab in (screen, other, screen):
        await tab.reload()
        await expect(tab.box).to_have_value("In the first\ntab" if tab is screen else "In the second")
    await screen.ask("In the first\ntab")
    await screen.sees_ended()
    await keeps(other, "In the second")
    await expect(other.box).to_have_value("In the second")


async def test_a_tab_that_crashed_has_lost_nothing(screen: Screen, open_screen: OpenScreen) -> None:
    await screen.box.press_sequentially("Half a thou")
    await keeps(screen, "Half a thou")
    await crash(screen)
    after = await open_screen("/")
    await expect(after.box).to_have_value("Half a thou")
    await after.ask("Half a thought")
    await expect(after.questions).to_have_text("Half a thought")
    await keeps(after)


async def test_a_closed_tab_has_lost_nothing(screen: Screen, open_screen: OpenScreen) -> None:
    await screen.box.fill("To go on with tomorrow")
    other = await open_screen("/search")
    await screen.page.close(run_before_unload=True)
    await keeps(other, "To go on with tomorrow")
    await other.open("/")
    await expect(other.box).to_have_value("To go on with tomorrow")


async def test_two_texts_for_one_place_come_back_one_after_the_other(screen: Screen, open_screen: OpenScreen) -> None:
    other = await open_screen("/")
    await screen.box.fill("The older")
    await keeps(screen, "The older")
    await other.box.fill("The newer")
    await keeps(screen, "The newer", "The older")
    await screen.open("/search")
    await other.open("/search")
    await screen.open("/")
    await expect(screen.box).to_have_value("The newer")
    await other.open("/")
    await expect(other.box).to_have_value("The older")


async def test_what_is_on_its_way_is_kept_until_the_server_has_it(
    screen: Screen, open_screen: OpenScreen, upstream: Upstream
) -> None:
    model = await upstream.script("way", Say("Done."))
    await screen.ask("Before", model)
    await screen.sees_answer("Done.")
    held: list[Route] = []
    await screen.page.route("**/messages", lambda route: held.append(route))
    await screen.ask("On its way")
    await screen.box.press_sequentially("and the next")
    await keeps(screen, "On its way\nand the next")
    await held[0].continue_()
    await expect(screen.questions).to_have_count(2)
    await keeps(screen, "and the next")
    await expect(screen.box).to_have_value("and the next")
    await screen.ask("Never to arrive")
    await keeps(screen, "Never to arrive")
    place = screen.path
    await crash(screen)
    after = await open_screen(place)
    await expect(after.box).to_have_value("Never to arrive")


async def test_what_has_arrived_does_not_come_back_with_a_page_that_was_left_before_it_knew(
    screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Before", await upstream.script("arrived", Say("Done.")))
    await screen.sees_answer("Done.")
    sent = asyncio.Event()

    async def lose_the_answer(route: Route) -> None:
        await route.fetch()
        sent.set()

    await screen.page.route("**/messages", lose_the_answer)
    await screen.ask("It has\narrived")
    await sent.wait()
    await screen.box.fill("This has not")
    await screen.reload()
    await expect(screen.questions.last).to_have_text("It has\narrived")
    await expect(screen.box).to_have_value("This has not")


async def test_a_first_question_leaves_nothing_behind_and_takes_along_what_was_typed_since(
    screen: Screen, upstream: Upstream
) -> None:
    held: list[Route] = []
    await screen.page.route("**/c", lambda route: held.append(route))
    await screen.ask("First", await upstream.script("first", Say("Done.")))
    await screen.box.press_sequentially("Second")
    await held[0].continue_()
    await screen.sees_answer("Done.")
    await expect(screen.box).to_have_value("Second")
    await keeps(screen, "Second")
    await screen.reload()
    await expect(screen.box).to_have_value("Second")
    await screen.open("/")
    await expect(screen.box).to_have_value("")


async def test_a_send_that_fails_is_kept_over_the_end_of_the_tab(
    screen: Screen, open_screen: OpenScreen, server: AppServer
) -> None:
    server.kill()
    await screen.ask("Nobody there")
    await expect(screen.page.get_by_role("alert")).to_contain_text("Your text is kept")
    await expect(screen.box).to_have_value("Nobody there")
    await keeps(screen, "Nobody there")
    await crash(screen)
    server.start()
    after = await open_screen("/")
    await expect(after.box).to_have_value("Nobody there")


async def test_a_form_without_htmx_leaves_nothing_behind(screen: Screen, server: AppServer) -> None:
    long = seed(server.database, [f"Text {place}" for place in range(200)])
    earlier = f"/c/{long.id}?before={long.messages[100]}"
    await screen.open(earlier)
    await screen.ask("From above", "no/such-model")
    await expect(screen.page.get_by_role("alert")).to_contain_text("There is no model")
    await expect(screen.box).to_have_value("From above")
    await keeps(screen, "From above")
    await screen.open(earlier)
    await expect(screen.box).to_have_value("From above")
    await screen.ask("From above", "openai/gpt-5.6")
    await expect(screen.questions.last).to_have_text("From above")
    await expect(screen.box).to_have_value("")
    await keeps(screen)


async def test_a_text_that_the_page_brings_wins_and_the_other_waits(screen: Screen) -> None:
    await screen.box.fill("Mine")
    await screen.open("/library/prompts/new")
    await screen.page.get_by_label("Name", exact=True).fill("Weather")
    await screen.page.get_by_label("Text").fill("How warm is it?")
    await screen.button("Save").click()
    await screen.page.get_by_role("link", name="Use Weather").first.click()
    await screen.button("Put it into the box").click()
    await expect(screen.box).to_have_value("How warm is it?")
    await screen.box.press("Enter")
    await expect(screen.questions).to_have_text("How warm is it?")
    await keeps(screen, "Mine")
    await screen.open("/")
    await expect(screen.box).to_have_value("Mine")


async def test_old_drafts_go(screen: Screen) -> None:
    await screen.page.evaluate(NOTES, 60)
    await screen.reload()
    texts = await kept(screen)
    assert len(texts) == 50
    assert set(texts) == {f"Note {place}" for place in range(10, 60)}


async def test_a_long_text_is_not_written_with_each_key(screen: Screen) -> None:
    await screen.page.clock.install()
    await screen.reload()
    await screen.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=25))  # no minute, which would end requests
    await screen.page.evaluate(
        """() => {
            window.writes = 0;
            const { stringify } = JSON;
            JSON.stringify = (value) => { writes++; return stringify(value); };
        }"""
    )
    await screen.paste("word " * 40_000)
    await screen.box.press_sequentially("twenty keys, twenty.")
    await screen.page.clock.run_for(2_000)
    assert await screen.page.evaluate("writes") == 0
    await screen.page.clock.run_for(1_000)
    assert await screen.page.evaluate("writes") == 1
    await screen.reload()
    assert len(await screen.box.input_value()) == 200_020


NO_STORAGE: Final = """
    for (const name of ["localStorage", "sessionStorage"]) {
        Object.defineProperty(window, name, { get() { throw new Error("none"); } });
    }
"""
FULL_STORAGE: Final = """
    try {
        for (let size = 2 ** 22; size >= 1; size /= 2) {
            try { for (let part = 0; ; part++) localStorage[`${size} ${part}`] = "x".repeat(size); } catch {}
        }
    } catch {}
"""


async def test_a_browser_that_keeps_nothing_works_all_the_same(
    screen: Screen, context: BrowserContext, upstream: Upstream
) -> None:
    for script in (NO_STORAGE, FULL_STORAGE):
        page = await context.new_page()
        await page.add_init_script(script)
        tab = Screen(page, screen.url)
        await tab.open("/")
        await tab.box.press_sequentially("All the same")
        await tab.reload()
        await tab.ask("All the same", await upstream.script("same", Say("Done.")))
        await tab.sees_answer("Done.")
        assert tab.complaints == []


async def test_a_composer_that_forgets_keeps_nothing(screen: Screen) -> None:
    async def forgetful(route: Route) -> None:
        page = await route.fetch()
        await route.fulfill(
            response=page, body=(await page.text()).replace("<chat-composer", "<chat-composer data-forgets")
        )

    await screen.box.fill("Mine")
    await screen.page.route(f"{screen.url}/", forgetful)
    await screen.reload()
    await expect(screen.box).to_have_value("")
    await screen.box.fill("For nobody")
    await screen.reload()
    await expect(screen.box).to_have_value("")
    assert await kept(screen) == ["Mine"]
