"""Where the view is while an answer grows: at the question, at the end, or where the reader has put it."""

import pytest
import pytest_asyncio
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
    turn_wheel,
    watch_place,
    watch_shifts,
    without_anchoring,
)
from tests.browser.screen import Screen, opened_menu
from tests.fakes.upstream import Upstream
from webapp.standin.steps import AnyStep, Cite, Hold, Reason, Say, Show

SIZES = [(1280, 800), (390, 844)]
LONG = "".join(f"Paragraph {number} of a long answer.\n\n" for number in range(60))


def in_pieces(count: int) -> list[AnyStep]:
    """So many paragraphs, each behind a gate."""
    return [step for number in range(count) for step in (Hold(f"g{number}"), Say(f"New paragraph {number}.\n\n"))]


async def open_pieces(upstream: Upstream, screen: Screen, name: str, count: int) -> None:
    for number in range(count):
        await upstream.open(name, f"g{number}")
        await expect(screen.answer.get_by_text(f"New paragraph {number}.", exact=True)).to_have_count(1)


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"MAX_LIVE_REPLIES": "100"}  # many stories end in mid-answer


@pytest_asyncio.fixture(loop_scope="session", params=SIZES, ids=["wide", "narrow"])
async def sized(request: pytest.FixtureRequest, open_screen: OpenScreen) -> Screen:
    screen = await open_screen()
    width, height = request.param
    await screen.page.set_viewport_size({"width": width, "height": height})
    return screen


# After a send


async def test_stop_leaves_the_view_where_it_is(sized: Screen, upstream: Upstream) -> None:
    await sized.ask("Go", await upstream.script("stopped", Say(LONG), Hold("a")))
    await sized.sees_growing("Paragraph 59")
    await sized.page.evaluate("() => scrollTo(0, 500)")
    await at_rest(sized)
    before = await top(sized.answer.get_by_text("Paragraph 20 of a long answer."))
    await sized.button("Stop the answer").click()
    await sized.sees_ended()
    await at_rest(sized)
    assert await top(sized.answer.get_by_text("Paragraph 20 of a long answer.")) == before


async def test_a_question_goes_to_the_top_and_stays_there(sized: Screen, upstream: Upstream) -> None:
    model = await upstream.takes(
        "top",
        [Say("Short.")],
        [Hold("a"), Say("Second "), Hold("b"), Say("answer. " + LONG), Hold("c"), Say("The end.")],
    )
    await sized.ask("First question", model)
    assert BAR <= await top(sized.questions.last) <= BAR + 30
    await sized.sees_answer("Short.")
    await sized.ask("Second question")
    await expect(sized.questions).to_have_count(2)
    place = await top(sized.questions.last)
    assert BAR <= place <= BAR + 12
    await watch_place(sized.questions.last)
    for gate, text in (("a", "Second"), ("b", "Paragraph 59"), ("c", "The end.")):
        await upstream.open("top", gate)
        await expect(sized.answer).to_contain_text(text)
    await sized.sees_ended()
    assert await places(sized) == {place}


async def test_a_short_answer_keeps_its_room_until_the_next_send(sized: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("room", [Say(LONG)], [Say("Half, "), Hold("a"), Say("whole.")], [Say("Third.")])
    await sized.ask("One", model)
    await sized.sees_ended()
    await sized.ask("Two")
    await sized.sees_growing("Half")
    place = await top(sized.questions.last)
    await watch_place(sized.questions.last)
    await upstream.open("room", "a")
    await sized.sees_answer("Half, whole.")
    assert await places(sized) == {place}
    assert await rest(sized) <= 1
    await sized.ask("Three")
    await sized.sees_answer("Third.")
    assert BAR <= await top(sized.questions.last) <= BAR + 12
    assert await sized.answers.nth(1).evaluate("(answer) => answer.offsetHeight") < 200


async def test_the_answer_to_a_long_question_begins_in_sight(sized: Screen, upstream: Upstream) -> None:
    model = await upstream.script("longq", Say("The answer."), Hold("a"))
    await sized.choose(model)
    await sized.paste("\n".join(f"Line {number}" for number in range(100)))
    await sized.box.press("Enter")
    await sized.sees_growing("The answer.")
    await expect(sized.answer.get_by_text("The answer.")).to_be_in_viewport(ratio=1)
    await expect(sized.questions.last).to_be_in_viewport()


async def test_another_try_is_read_from_the_question_too(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("again", [Say(LONG)], [Say(LONG + "Again."), Hold("a")])
    await screen.ask("Go", model)
    await screen.sees_ended()
    await screen.button("Newer text below").click()
    await screen.button("Retry").click()
    await screen.sees_growing("Again.")
    assert BAR <= await top(screen.questions.last) <= BAR + 30


# Reading above what grows


@pytest.mark.parametrize("has_anchoring", [True, False])
async def test_nothing_moves_for_who_reads_above(sized: Screen, upstream: Upstream, has_anchoring: bool) -> None:
    model = await upstream.takes("above", [Say(LONG)], [Say(LONG), *in_pieces(40), Say("The end.")])
    await sized.ask("One", model)
    await sized.sees_ended()
    if not has_anchoring:
        await without_anchoring(sized)
    await sized.ask("Two")
    await sized.sees_growing("Paragraph 59")
    await sized.button("Newer text below").click()
    await turn_wheel(sized, -300)
    paragraph = sized.answer.get_by_text("Paragraph 50 of", exact=False)
    await expect(paragraph).to_be_in_viewport()
    place = await top(paragraph)
    await watch_place(paragraph)
    await watch_shifts(sized)
    await open_pieces(upstream, sized, "above", 40)
    await sized.sees_ended()
    await at_rest(sized)
    assert await places(sized) == {place}
    assert await shifts(sized) == []


@pytest.mark.parametrize("key", ["ArrowUp", "PageUp", "Home", "Shift+Space"])
async def test_keys_break_the_following(screen: Screen, upstream: Upstream, key: str) -> None:
    model = await upstream.script("keys", Say(LONG), *in_pieces(3))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.button("Newer text below").click()
    await screen.page.get_by_role("main").focus()
    await screen.page.keyboard.press(key)
    await at_rest(screen)
    place = await scrolled(screen)
    await open_pieces(upstream, screen, "keys", 3)
    assert await scrolled(screen) == place


async def test_dragging_the_scrollbar_breaks_the_following(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("drag", Say(LONG), *in_pieces(3))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.button("Newer text below").click()
    place = await screen.page.evaluate("() => { scrollBy(0, -60); return document.scrollingElement.scrollTop; }")
    await at_rest(screen)
    await open_pieces(upstream, screen, "drag", 3)
    assert await scrolled(screen) == place


async def test_turning_the_wheel_elsewhere_breaks_nothing(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("elsewhere", Say(LONG), *in_pieces(3), Hold("z"))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.button("Newer text below").click()
    await screen.page.mouse.move(100, 300)
    await screen.page.mouse.wheel(0, -60)
    await at_rest(screen)
    await open_pieces(upstream, screen, "elsewhere", 3)
    assert await rest(screen) <= 1


async def test_one_who_follows_never_sees_the_way_to_the_end(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("button", Say(LONG), Hold("a"), Say(LONG + "Still more."), Hold("z"))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    button = screen.page.locator("#newer")
    await button.click()
    await expect(button).to_be_hidden()
    await button.evaluate(
        """(button) => {
            window.seen = 0;
            new MutationObserver(() => (window.seen += !button.hidden)).observe(button, { attributes: true });
        }"""
    )
    await upstream.open("button", "a")
    await screen.sees_growing("Still more.")
    assert await rest(screen) <= 1
    assert await screen.page.evaluate("window.seen") == 0


async def test_a_selection_breaks_the_following_and_is_kept(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("select", Say(LONG), *in_pieces(3))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.button("Newer text below").click()
    await screen.answer.get_by_text("Paragraph 58 of").select_text()
    place = await scrolled(screen)
    await open_pieces(upstream, screen, "select", 3)
    assert await scrolled(screen) == place
    await screen.sees_ended()
    assert await screen.page.evaluate("getSelection().toString().trim()") == "Paragraph 58 of a long answer."
    assert await scrolled(screen) == place


# At the end


async def test_the_button_leads_to_the_end_and_to_following(sized: Screen, upstream: Upstream) -> None:
    button = sized.button("Newer text below")
    model = await upstream.script("button", Say("Short. "), Hold("a"), Say(LONG), *in_pieces(20), Hold("z"))
    await sized.ask("Go", model)
    await sized.sees_growing("Short.")
    await expect(button).to_be_hidden()
    await upstream.open("button", "a")
    await sized.sees_growing("Paragraph 59")
    await expect(button).to_be_visible()
    box, composer = await button.bounding_box(), await sized.page.locator("#composer").bounding_box()
    assert box is not None
    assert composer is not None
    assert box["y"] + box["height"] < composer["y"]
    await button.click()
    await expect(button).to_be_hidden()
    await open_pieces(upstream, sized, "button", 20)
    assert await rest(sized) <= 1
    await expect(button).to_be_hidden()
    await turn_wheel(sized, -400)
    await expect(button).to_be_visible()
    await turn_wheel(sized, 2_000)
    await expect(button).to_be_hidden()


async def test_the_button_is_reached_by_keyboard(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("tab", Say(LONG), Hold("a"))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await expect(screen.box).to_be_focused()
    await screen.page.keyboard.press("Shift+Tab")
    await expect(screen.button("Newer text below")).to_be_focused()
    await screen.page.keyboard.press("Enter")
    assert await rest(screen) <= 1
    await expect(screen.box).to_be_focused()


async def test_who_has_gone_to_the_end_is_following(sized: Screen, upstream: Upstream) -> None:
    model = await upstream.script("end", Say(LONG), *in_pieces(5))
    await sized.ask("Go", model)
    await sized.sees_growing("Paragraph 59")
    await turn_wheel(sized, 10_000)
    await open_pieces(upstream, sized, "end", 5)
    await sized.sees_ended()
    assert await rest(sized) <= 1


async def test_an_open_menu_stays_where_it_is_while_an_answer_grows(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("menu", [Say("First.")], [Say("Second "), Hold("a"), Say(LONG), Hold("b")])
    await screen.ask("One", model)
    await screen.sees_answer("First.")
    await screen.ask("Two")
    await screen.sees_growing("Second")
    await screen.reload()  # which follows from the first
    await screen.sees_growing("Second")
    menu = await opened_menu(screen.answers.first)
    place = await top(menu)
    await upstream.open("menu", "a")
    await screen.sees_growing("Paragraph 59")
    await expect(screen.button("Newer text below")).to_be_visible()
    assert await top(menu) == place


async def test_a_reload_and_continue_begin_at_the_end(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("reload", [Say(LONG), *in_pieces(3), Hold("z")], [Say(LONG + "The end.")])
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.reload()
    await screen.sees_growing("Paragraph 59")
    assert await rest(screen) <= 1
    await open_pieces(upstream, screen, "reload", 3)
    assert await rest(screen) <= 1
    await screen.button("Stop the answer").click()
    await screen.sees_ended()
    await screen.page.evaluate("scrollBy(0, -300)")
    await screen.button("Continue").click()
    await expect(screen.answer).to_contain_text("The end.")
    await screen.sees_ended()
    assert await rest(screen) <= 1


# What comes besides text


async def test_sources_pictures_and_the_end_shift_nothing_in_view(sized: Screen, upstream: Upstream) -> None:
    model = await upstream.script(
        "extras",
        Cite("https://example.org/a", "A"),
        Say("# Title\n\nText with a [link] and\n\n```py\nx = 1\n```\n\n"),
        Hold("a"),
        Say("[link]: https://example.org\n\nLast words."),
        Show(seed=3),
    )
    await sized.ask("Go", model)
    await sized.sees_growing("Title")
    title = sized.answer.get_by_role("heading", name="Title")
    place = await top(title)
    await watch_place(title)
    await watch_shifts(sized)
    await upstream.open("extras", "a")
    await sized.sees_ended()
    picture = sized.answer.get_by_role("img", name="A picture")
    width = await picture.evaluate("async (one) => { await one.decode(); return one.naturalWidth; }")
    assert await picture.get_attribute("width") == str(width)
    await expect(sized.answer.get_by_role("list", name="Sources")).to_have_count(1)
    assert await places(sized) == {place}
    assert await shifts(sized) == []


async def test_a_picture_has_its_place_before_it_has_come(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("room-for-one", Say("Here:"), Show(seed=3))
    await screen.ask("Draw", model)
    await screen.sees_ended()
    picture = screen.answer.get_by_role("img", name="A picture")
    height = await picture.evaluate("async (one) => { await one.decode(); return one.offsetHeight; }")
    await screen.page.route("**/pictures/*", lambda route: route.abort())
    await screen.reload()
    assert await picture.evaluate("(one) => one.offsetHeight") == height > 100


async def test_thoughts_fold_without_moving_the_question(sized: Screen, upstream: Upstream) -> None:
    thoughts = "".join(f"Thought {number}.\n" for number in range(100))
    model = await upstream.script("fold", Reason(thoughts), Hold("a"), Say(LONG), Hold("b"))
    await sized.ask("Go", model)
    await expect(sized.answer.get_by_text("Thought 99.")).to_be_in_viewport()
    place = await top(sized.questions.last)
    await watch_place(sized.questions.last)
    await upstream.open("fold", "a")
    await sized.sees_growing("Paragraph 59")
    await expect(sized.answer.get_by_text("Thought 99.")).to_be_hidden()
    assert await places(sized) == {place}
