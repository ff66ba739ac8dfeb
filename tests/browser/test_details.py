"""What the eye notices: ends that meet, room between things, times by one's own clock."""

import re

from playwright.async_api import Browser, Locator, expect

from tests.browser.geometry import top
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say

LONG = "A paragraph of some words. " * 20 + "\n\n"


async def box_of(element: Locator) -> tuple[float, float, float, float]:
    """Left, top, right and bottom."""
    box = await element.bounding_box()
    assert box is not None
    return box["x"], box["y"], box["x"] + box["width"], box["y"] + box["height"]


async def test_versions_stand_at_the_end_of_the_line_below_a_question(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("One question of several words", await upstream.takes("flush", [Say("A")], [Say("B")]))
    await screen.sees_answer("A")
    question = screen.page.get_by_role("article", name="You")
    await question.hover()
    await question.get_by_role("link", name="Edit").click()
    await screen.page.get_by_role("textbox", name="Your question").fill("Another question of several words")
    await screen.button("Ask again").click()
    await screen.sees_answer("B")
    await screen.page.mouse.move(0, 0)
    versions = await box_of(question.get_by_role("group", name="Version 2 of 2"))
    bubble = await box_of(screen.questions)
    assert abs(versions[2] - bubble[2]) <= 1


async def test_the_way_to_the_end_lies_in_the_middle(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("middle", Say(LONG * 20)))
    await screen.sees_ended()
    left, _, right, _ = await box_of(screen.button("Newer text below"))
    column = await box_of(screen.page.locator(".composer__box"))
    assert abs((left + right) - (column[0] + column[2])) <= 2


async def test_a_dot_in_the_list_leaves_room_before_the_title(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("dotted", Say("Some"), Hold("a")))
    await screen.sees_growing("Some")
    row = screen.list.locator("[data-state]").first
    end = await row.evaluate(
        """(row) => {
            const { insetInlineStart, inlineSize } = getComputedStyle(row, "::before");
            return row.getBoundingClientRect().left + parseFloat(insetInlineStart) + parseFloat(inlineSize);
        }"""
    )
    assert (await box_of(row.locator(".sidebar__title")))[0] - end >= 8


async def test_the_panel_of_appearance_stands_above_its_button(screen: Screen) -> None:
    for width in (1280, 390):
        await screen.page.set_viewport_size({"width": width, "height": 844})
        if width == 390:
            await screen.button("Show the list of conversations").click()
        await screen.button("Appearance").click()
        panel = await box_of(screen.page.locator("#appearance"))
        assert panel[1] >= 0
        assert panel[3] <= await top(screen.page.locator(".sidebar__foot"))
        await screen.page.keyboard.press("Escape")


async def test_times_of_a_receipt_are_by_the_reader_s_clock(
    browser: Browser, server: AppServer, screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Go", await upstream.script("timed", Say("Done.")))
    await screen.sees_ended()
    shown = screen.answer.locator(".receipt__facts time").first
    at = str(await shown.get_attribute("datetime"))
    for zone in ("UTC", "Asia/Kolkata", "America/New_York"):
        context = await browser.new_context(timezone_id=zone)
        there = Screen(await context.new_page(), server.url)
        await there.open(screen.path)
        await there.answer.locator(".receipt > summary").click()
        local = await there.page.evaluate(
            """(at) => {
                const time = new Date(at), two = (number) => String(number).padStart(2, "0");
                const day = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
                return `${day} ${two(time.getHours())}:${two(time.getMinutes())}`;
            }""",
            at,
        )
        time = there.answer.locator(".receipt__facts time").first
        await expect(time).to_have_text(local)
        await expect(time).to_have_attribute("title", re.compile("UTC$"))
        await context.close()


async def test_the_very_first_page_has_its_days_by_the_reader_s_clock(
    browser: Browser, server: AppServer, screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Which day is it", await upstream.script("days", Say("Done.")))
    await screen.sees_ended()
    context = await browser.new_context(timezone_id="Pacific/Kiritimati")
    page = await context.new_page()
    async with page.expect_response("**/news?*") as first:
        await page.goto(server.url)
    assert (await first.value).status == 200
    async with page.expect_response("**/news?*") as again:
        await page.evaluate("document.body.dispatchEvent(new Event('look'))")
    assert (await again.value).status == 204
    await context.close()


async def test_an_address_in_a_question_is_a_link_and_the_rest_is_text(screen: Screen, upstream: Upstream) -> None:
    question = "See https://example.com/a?b=c, and **not** <b>this</b>.\nNext"
    await screen.ask(question, await upstream.script("linked", Say("Done.")))
    await screen.sees_ended()
    for _ in range(2):
        await expect(screen.questions).to_have_text(question)
        link = screen.questions.get_by_role("link")
        await expect(link).to_have_attribute("href", "https://example.com/a?b=c")
        await screen.reload()


async def test_the_end_of_an_answer_is_in_sight_without_scripts(
    browser: Browser, server: AppServer, screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Go", await upstream.script("frame", Say(LONG * 30), Hold("a"), Say("The end.")))
    await screen.sees_growing("A paragraph")
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    await page.goto(server.url + screen.path, wait_until="commit")
    frame = page.frame_locator("iframe")
    await expect(frame.get_by_text("A paragraph").first).to_be_visible()
    stop = frame.get_by_role("button", name="Stop the answer")
    await expect(stop).to_be_visible()
    await expect(page.get_by_role("button", name="Stop the answer")).to_have_count(0)
    await upstream.open("frame", "a")
    ended = frame.get_by_text("The answer has ended.")
    await page.locator("iframe").scroll_into_view_if_needed()
    await expect(ended).to_be_in_viewport()
    await expect(stop).to_be_hidden()
    assert (await box_of(page.locator("iframe")))[3] <= (await box_of(page.locator(".composer")))[1] + 40
    await context.close()
