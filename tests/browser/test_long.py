"""Long conversations: a window is on the page, the rest comes as one scrolls, and every message can be linked to."""

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.geometry import (
    BAR,
    at_rest,
    places,
    rest,
    scrolled,
    shifts,
    top,
    watch_place,
    watch_shifts,
    without_anchoring,
)
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.seed import Seeded, seed
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

TEXTS = [f"Question {n // 2}" if n % 2 == 0 else f"Answer {n // 2}.\n\n" + "Some more words. " * 60 for n in range(400)]


@pytest.fixture(scope="module")
def long(server: AppServer) -> Seeded:
    """A conversation of 200 questions and answers."""
    return seed(server.database, TEXTS)


async def go_to(screen: Screen, place: int) -> None:
    await screen.page.evaluate("(place) => { document.scrollingElement.scrollTop = place; }", place)
    await at_rest(screen)


async def stayed(screen: Screen, place: float) -> bool:
    """Whether the watched element has been there in every frame; browsers scroll by whole pixels."""
    return all(abs(one - place) < 1 for one in await places(screen))


async def test_the_page_begins_at_the_end_with_the_last_messages(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}")
    await expect(screen.questions.last).to_have_text("Question 199")
    await expect(screen.questions).to_have_count(30)
    assert await rest(screen) <= 1


@pytest.mark.parametrize("has_anchoring", [True, False])
async def test_earlier_messages_come_by_themselves_without_a_jump(
    long: Seeded, open_screen: OpenScreen, has_anchoring: bool
) -> None:
    screen = await open_screen(f"/c/{long.id}")
    if not has_anchoring:
        await without_anchoring(screen)
    await expect(screen.questions.first).to_have_text("Question 170")
    paragraph = screen.page.get_by_text("Answer 171.")
    await paragraph.evaluate("(one) => one.scrollIntoView()")
    await paragraph.select_text()
    place = await top(paragraph)
    await watch_place(paragraph)
    await expect(screen.questions.first).to_have_text("Question 140")
    await at_rest(screen)
    assert await stayed(screen, place)
    assert await screen.page.evaluate("getSelection().toString().trim()") == "Answer 171."
    await expect(screen.box).to_have_count(1)


async def test_the_very_top_is_no_place_to_jump_from(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}")
    question = screen.page.get_by_text("Question 170", exact=True)
    await expect(question).to_have_count(1)
    place = await question.evaluate("(one) => { scrollTo(0, 0); return one.getBoundingClientRect().top; }")
    await watch_place(question)
    await expect(screen.questions.first).to_have_text("Question 140")
    await at_rest(screen)
    assert await stayed(screen, place)


async def test_one_can_scroll_to_the_beginning(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}")
    for first in (170, 140, 110, 80, 50, 20, 0):
        await expect(screen.questions.first).to_have_text(f"Question {first}")
        await go_to(screen, 0)
    await expect(screen.page.get_by_role("link", name="Earlier messages")).to_have_count(0)
    await expect(screen.questions).to_have_text([f"Question {number}" for number in range(200)])


async def test_a_link_that_only_seems_near_asks_for_nothing(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}")
    link = screen.page.get_by_role("link", name="Earlier messages")
    asked: list[str] = []
    screen.page.on("request", lambda request: asked.append(request.url))
    await link.dispatch_event("intersect")
    await at_rest(screen)
    assert [url for url in asked if "before=" in url] == []
    await go_to(screen, 0)
    await expect(screen.questions.first).to_have_text("Question 140")


async def test_what_was_refused_as_too_far_comes_when_one_is_there(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen()
    # A browser that has already said that the link is near, and sees no change to tell of.
    await screen.page.add_init_script("IntersectionObserver = class { observe() {} unobserve() {} disconnect() {} }")
    await screen.open(f"/c/{long.id}")
    await screen.page.get_by_role("link", name="Earlier messages").dispatch_event("intersect")
    await at_rest(screen)
    await expect(screen.questions.first).to_have_text("Question 170")
    await go_to(screen, 0)
    await expect(screen.questions.first).to_have_text("Question 140")


async def test_the_focus_stays_on_the_link_that_loads(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}")
    link = screen.page.get_by_role("link", name="Earlier messages")
    await link.evaluate("(link) => link.focus({ preventScroll: true })")
    await screen.page.keyboard.press("Enter")
    await expect(screen.questions.first).to_have_text("Question 140")
    await expect(link).to_be_focused()
    assert screen.path == f"/c/{long.id}"


async def test_a_permalink_leads_to_a_message_far_above(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}#m-{long.messages[101]}")
    answer = screen.page.get_by_text("Answer 50.")
    await expect(answer).to_be_in_viewport()
    await at_rest(screen)
    article = screen.page.locator(f'[id="m-{long.messages[101]}"]')
    assert BAR <= await top(article) <= BAR + 12
    assert screen.path == f"/c/{long.id}?at={long.messages[101]}#m-{long.messages[101]}"


async def test_from_a_permalink_both_directions_come_by_themselves(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/messages/{long.messages[101]}")
    await expect(screen.questions.first).to_have_text("Question 36")
    await expect(screen.questions.last).to_have_text("Question 65")
    await go_to(screen, 10**6)
    await expect(screen.questions.last).to_have_text("Question 95")
    await go_to(screen, 0)
    await expect(screen.questions.first).to_have_text("Question 6")
    for last in (125, 155, 185, 199):
        await go_to(screen, 10**6)
        await expect(screen.questions.last).to_have_text(f"Question {last}")
    await expect(screen.page.get_by_role("link", name="Later messages")).to_have_count(0)


async def test_later_messages_come_without_a_jump(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/messages/{long.messages[101]}")
    paragraph = screen.page.get_by_text("Answer 63.")
    await paragraph.evaluate("(one) => one.scrollIntoView()")
    place = await top(paragraph)
    await watch_place(paragraph)
    await watch_shifts(screen)
    await expect(screen.questions.last).to_have_text("Question 95")
    await at_rest(screen)
    assert await stayed(screen, place)
    assert await shifts(screen) == []


async def test_a_question_from_among_earlier_messages_goes_to_the_end(
    long: Seeded, open_screen: OpenScreen, upstream: Upstream
) -> None:
    model = await upstream.script("window", Say("Yes."))
    screen = await open_screen(f"/c/{long.id}?before={long.messages[20]}")
    await expect(screen.questions.first).to_have_text("Question 0")
    await screen.ask("The last one", model)
    await expect(screen.questions.last).to_have_text("The last one")
    await expect(screen.questions.nth(-2)).to_have_text("Question 199")


async def test_back_to_a_place_in_the_middle(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}")
    await go_to(screen, 3_000)
    place = await scrolled(screen)
    await screen.reload()
    await at_rest(screen)
    assert abs(await scrolled(screen) - place) < 5


async def test_later_messages_by_themselves_begin_with_the_first_of_them(long: Seeded, open_screen: OpenScreen) -> None:
    screen = await open_screen(f"/c/{long.id}?after={long.messages[9]}")
    await expect(screen.questions.first).to_have_text("Question 0")  # which comes by itself
    await at_rest(screen)
    await expect(screen.page.get_by_text("Question 5", exact=True)).to_be_in_viewport()
