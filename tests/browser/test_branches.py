"""Versions and branches: edited, tried again, stepped through, deleted and brought back, forked, seen from above."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.geometry import BAR, at_rest, top
from tests.browser.screen import Screen, opened_menu
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say

LONG = "A paragraph of some words.\n\n" * 40


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser, server: AppServer) -> AsyncIterator[Screen]:
    """A tab without JavaScript."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    screen = Screen(await context.new_page(), server.url)
    await screen.open()
    yield screen
    await context.close()


def question(screen: Screen) -> Locator:
    return screen.page.get_by_role("article", name="You").last


def step(turn: Locator, name: str) -> Locator:
    return turn.get_by_role("button", name=f"{name} version")


async def act(turn: Locator, name: str) -> None:
    """Does something from a message's menu."""
    await turn.hover()
    menu = await opened_menu(turn)
    await menu.get_by_role("button", name=name).or_(menu.get_by_role("link", name=name)).click()


async def edit(screen: Screen, text: str, button: str) -> None:
    await question(screen).hover()
    await question(screen).get_by_role("link", name="Edit").click()
    box = screen.page.get_by_role("textbox", name="Your question")
    await expect(box).to_be_focused()
    await box.fill(text)
    await screen.button(button).click()


async def two_turns(screen: Screen, upstream: Upstream, name: str) -> None:
    model = await upstream.takes(name, [Say("First.")], [Say("Second.")], [Say("Third.")], [Say("Fourth.")])
    await screen.ask("One", model)
    await screen.sees_answer("First.")
    await screen.ask("Two")
    await screen.sees_answer("Second.")


async def test_a_question_is_asked_again_in_other_words_and_both_stay(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "again")
    await edit(screen, "Two, better", "Ask again")
    await screen.sees_answer("Third.")
    await expect(screen.questions).to_have_text(["One", "Two, better"])
    sent = (await upstream.arrived("again", 3)).json["messages"]
    assert [message["content"] for message in sent] == ["One", "First.", "Two, better"]
    await step(question(screen), "Earlier").click()
    await screen.sees_answer("Second.")
    await expect(screen.questions).to_have_text(["One", "Two"])
    await screen.reload()
    await screen.sees_answer("Second.")


async def test_a_question_that_is_saved_only_keeps_its_answer(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "saved")
    await edit(screen, "Two, better", "Save only")
    await expect(screen.questions).to_have_text(["One", "Two, better"])
    await screen.sees_answer("Second.")
    await expect(question(screen)).to_contain_text("Edited")
    await step(question(screen), "Earlier").click()
    await expect(screen.questions).to_have_text(["One", "Two"])
    await expect(screen.answers).to_have_count(1)


async def test_an_edit_can_be_called_off(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "off")
    await question(screen).hover()
    await question(screen).get_by_role("link", name="Edit").click()
    await screen.page.get_by_role("link", name="Cancel").click()
    await expect(screen.questions).to_have_text(["One", "Two"])


async def test_what_is_edited_above_a_growing_answer_leaves_it_alone(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("above-growing", [Say("First.")], [Say("Growing "), Hold("a"), Say("on.")])
    await screen.ask("One", model)
    await screen.sees_answer("First.")
    await screen.ask("Two")
    await screen.sees_growing("Growing")
    await edit(screen, "Two, better", "Ask again")
    await expect(screen.page.get_by_role("alert").filter(has_text="still growing")).to_be_visible()
    await screen.button("Save only").click()
    await expect(screen.questions.last).to_have_text("Two, better")
    await expect(screen.button("Stop the answer")).to_be_visible()
    await upstream.open("above-growing", "a")
    await screen.sees_answer("Growing on.")


async def test_an_answer_is_edited_where_it_stands(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "answer")
    await act(screen.answers.first, "Edit")
    await screen.page.get_by_role("textbox", name="The answer").fill("First, **better**.")
    await screen.button("Save").click()
    await expect(screen.answers.first.locator("strong")).to_have_text("better")
    await screen.sees_answer("Second.")
    await screen.ask("Three")
    await screen.sees_answer("Third.")
    sent = (await upstream.arrived("answer", 3)).json["messages"]
    assert sent[1]["content"] == "First, **better**."


async def test_an_answer_higher_up_is_tried_again_and_the_rest_is_a_step_away(
    screen: Screen, upstream: Upstream
) -> None:
    await two_turns(screen, upstream, "higher")
    await screen.answers.first.get_by_role("button", name="Retry").click()
    await screen.sees_answer("Third.")
    await expect(screen.answers).to_have_count(1)
    await expect(screen.page.get_by_role("link", name="Branches")).to_be_visible()
    await step(screen.answer, "Earlier").click()
    await screen.sees_answer("Second.")
    await expect(screen.questions).to_have_text(["One", "Two"])


async def test_the_stepper_stays_where_it_was_pressed_and_keeps_the_focus(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("place", [Say(LONG)], [Say("Short.\n\n" + LONG * 2)])
    await screen.ask("One", model)
    await screen.sees_ended()
    await screen.button("Retry").click()
    await expect(step(screen.answer, "Earlier")).to_be_visible()
    await step(screen.answer, "Earlier").scroll_into_view_if_needed()
    before = await top_of(step(screen.answer, "Earlier"))
    await step(screen.answer, "Earlier").focus()
    await screen.page.keyboard.press("Enter")
    await expect(screen.answer).not_to_contain_text("Short.")
    assert abs(await top_of(step(screen.answer, "Earlier")) - before) < 3
    await expect(step(screen.answer, "Earlier")).to_be_focused()
    await screen.page.keyboard.press("Tab")
    await screen.page.keyboard.press("Enter")
    await expect(screen.answer).to_contain_text("Short.")


async def top_of(element: Locator) -> float:
    return float(await element.evaluate("(element) => element.getBoundingClientRect().top"))


async def test_one_steps_away_from_an_answer_that_grows_and_back(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("away", [Say("First.")], [Say("Growing "), Hold("a"), Say("on.")])
    await screen.ask("One", model)
    await screen.sees_answer("First.")
    first = await screen.answer.get_attribute("id")
    await screen.button("Retry").click()
    await screen.sees_growing("Growing")
    await screen.open(f"/messages/{first}".replace("m-", ""))
    await screen.button("Show this branch").click()
    await screen.sees_answer("First.")
    await expect(screen.button("Stop the answer")).to_have_count(0)
    await step(screen.answer, "Later").click()
    await screen.sees_growing("Growing")
    await expect(screen.button("Stop the answer")).to_be_visible()
    await upstream.open("away", "a")
    await screen.sees_answer("Growing on.")


async def test_a_deleted_message_comes_back_by_undo(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "undo")
    await act(screen.answers.first, "Delete this message")
    await expect(screen.answers).to_have_count(1)
    await expect(screen.questions).to_have_text(["One", "Two"])
    await screen.button("Undo").click()
    await expect(screen.answers).to_have_count(2)
    await expect(screen.button("Undo")).to_have_count(0)


async def test_a_deleted_branch_comes_back_by_undo(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "branch")
    await act(screen.answers.first, "Delete it and all below")
    await expect(screen.page.get_by_text("3 messages are deleted.")).to_be_visible()
    await expect(screen.questions).to_have_text(["One"])
    await expect(screen.button("Answer")).to_be_visible()
    await screen.button("Undo").click()
    await screen.sees_answer("Second.")


async def test_what_a_page_lacks_does_not_break_off_what_it_is_left_for(screen: Screen, upstream: Upstream) -> None:
    """The page asks what came below a message that is deleted before the answer: that alone loads it again."""
    await two_turns(screen, upstream, "left")
    is_deleted, has_caught_up = asyncio.Event(), asyncio.Event()

    async def ask(route: Route) -> None:
        await is_deleted.wait()
        await route.continue_()

    async def delete(route: Route) -> None:
        response = await route.fetch(max_redirects=0)
        is_deleted.set()
        await has_caught_up.wait()
        await route.fulfill(response=response)

    await screen.page.route("**/news?after=*", ask)
    await screen.page.route("**/delete", delete)
    screen.page.on("response", lambda response: has_caught_up.set() if "/news?after=" in response.url else None)
    await screen.page.evaluate("document.body.dispatchEvent(new Event('look'))")
    await act(screen.answers.first, "Delete it and all below")
    await expect(screen.page.get_by_text("3 messages are deleted.")).to_be_visible()


async def test_a_question_without_an_answer_gets_one(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "none")
    await act(screen.answer, "Delete this message")
    await screen.button("Answer").click()
    await screen.sees_answer("Third.")
    await expect(screen.questions).to_have_text(["One", "Two"])


async def test_a_fork_goes_its_own_way(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "fork")
    before = screen.path
    await act(screen.answers.first, "Fork")
    await expect(screen.page.get_by_role("heading", name="One (fork)")).to_be_visible()
    await expect(screen.questions).to_have_text(["One"])
    await screen.ask("Elsewhere")
    await screen.sees_answer("Third.")
    await screen.open(before)
    await expect(screen.questions).to_have_text(["One", "Two"])


async def test_two_tabs_that_edit_the_same_lose_nothing(
    screen: Screen, open_screen: OpenScreen, upstream: Upstream
) -> None:
    await two_turns(screen, upstream, "tabs")
    other = await open_screen(screen.path)
    await question(other).hover()
    await question(other).get_by_role("link", name="Edit").click()
    await other.page.get_by_role("textbox", name="Your question").fill("From the other tab")
    await edit(screen, "From this tab", "Save only")
    await expect(screen.questions.last).to_have_text("From this tab")
    await other.button("Save only").click()
    await expect(other.page.get_by_role("alert").filter(has_text="edited in the meantime")).to_be_visible()
    await expect(other.page.get_by_role("textbox", name="Your question")).to_have_value("From the other tab")
    await other.button("Save only").click()
    await expect(other.questions.last).to_have_text("From the other tab")
    await expect(question(other)).to_contain_text("3/3")


async def test_an_edit_of_what_another_tab_has_deleted_is_told_and_kept(
    screen: Screen, open_screen: OpenScreen, upstream: Upstream
) -> None:
    await two_turns(screen, upstream, "gone")
    other = await open_screen(screen.path)
    await question(other).hover()
    await question(other).get_by_role("link", name="Edit").click()
    await other.page.get_by_role("textbox", name="Your question").fill("Too late")
    await act(question(screen), "Delete this message")
    await expect(screen.button("Undo")).to_be_visible()
    await other.button("Ask again").click()
    await expect(other.page.get_by_role("alert")).to_contain_text("may have been deleted")
    await expect(other.page.get_by_role("textbox", name="Your question")).to_have_value("Too late")


async def test_all_branches_are_seen_from_above_and_each_leads_to_its_place(screen: Screen, upstream: Upstream) -> None:
    await two_turns(screen, upstream, "above")
    await screen.answers.first.get_by_role("button", name="Retry").click()
    await screen.sees_answer("Third.")
    await screen.page.get_by_role("link", name="Branches").click()
    boxes = screen.page.locator(".branches__svg a")
    await expect(boxes).to_have_count(3)
    await boxes.nth(1).click()
    await expect(screen.questions).to_have_text(["One"])
    await screen.back()
    await screen.page.get_by_role("button", name="Show the branch Two").click()
    await expect(screen.questions).to_have_text(["One", "Two"])
    await screen.sees_answer("Second.")


async def test_everything_without_javascript(plain: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("plain", [Say("First.")], [Say("Second.")], [Say("Third.")])
    await plain.page.request.post(f"{plain.url}/c", form={"message": "One", "model": model})
    await plain.open()
    await plain.list.get_by_role("link", name="One").first.click()
    await shown_whole(plain, "First.")
    await edit_plainly(plain, "One, better", "Ask again")
    await shown_whole(plain, "Second.")
    await step(question(plain), "Earlier").click()
    await plain.sees_answer("First.")
    await edit_plainly(plain, "One, saved", "Save only")
    await expect(plain.questions).to_have_text("One, saved")
    await plain.sees_answer("First.")
    await act(plain.answer, "Delete this message")
    await expect(plain.answers).to_have_count(0)
    await plain.button("Undo").click()
    await plain.sees_answer("First.")
    await act(plain.answer, "Good answer")
    await plain.answer.locator(".feedback > summary").click()
    await plain.page.get_by_role("textbox", name="What was good").fill("Brief.")
    await plain.button("Save note").click()
    await expect(plain.answer).to_contain_text("Good answer · Note")
    await plain.answer.locator(".receipt > summary").click()
    await expect(plain.answer.locator(".receipt")).to_contain_text("Tokens written")
    await act(plain.answer, "Retry with another model")
    await plain.button("Retry").click()
    await shown_whole(plain, "Third.")
    await act(plain.answer, "Fork")
    await expect(plain.page.get_by_role("heading", name="One (fork)")).to_be_visible()


async def edit_plainly(plain: Screen, text: str, button: str) -> None:
    await question(plain).hover()
    await question(plain).get_by_role("link", name="Edit").click()
    await plain.page.get_by_role("textbox", name="Your question").fill(text)
    await plain.button(button).click()


async def shown_whole(plain: Screen, text: str) -> None:
    """Waits for the end of the answer, which the page without scripts shows in its frame, and shows it."""
    await expect(plain.answer.or_(plain.page.locator("iframe")).first).to_be_visible()
    if await plain.page.locator("iframe").count():
        await plain.page.frame_locator("iframe").get_by_role("link", name="The answer has ended").click()
    await plain.sees_answer(text)


@pytest.mark.parametrize("lines", [1, 15, 25, 40, 120])
@pytest.mark.parametrize("size", [(900, 700), (390, 844)])
async def test_the_form_of_a_long_question_is_in_view_and_what_stands_below_stays(
    screen: Screen, upstream: Upstream, lines: int, size: tuple[int, int]
) -> None:
    await screen.page.set_viewport_size({"width": size[0], "height": size[1]})
    await screen.paste("\n".join(f"Line {number}" for number in range(lines)))
    model = await upstream.takes("tall", [Say(LONG)], [Say(LONG)])
    await screen.choose(model)
    await screen.box.press("Enter")
    await screen.sees_ended()
    await screen.ask("Two")
    await screen.sees_ended()
    turn = screen.page.get_by_role("article", name="You").first
    link = turn.get_by_role("link", name="Edit")
    for y in (size[1] - 250, 150):
        await link.evaluate("(link, y) => scrollBy(0, link.getBoundingClientRect().top - y)", y)
        await link.focus()
        below = await top(screen.answers.first)
        await screen.page.keyboard.press("Enter")
        await expect(screen.page.get_by_role("textbox", name="Your question")).to_be_focused()
        await at_rest(screen)  # it comes into view when it has the focus already
        form = await screen.page.locator(".edit").bounding_box()
        assert form is not None
        assert form["y"] >= BAR
        assert form["y"] + form["height"] <= await top(screen.page.locator(".composer__box"))
        moved = await top(screen.answers.first) - below
        assert moved <= 1 or form["y"] < BAR + 20  # only as far as the form is in view
        await screen.page.get_by_role("link", name="Cancel").click()
        await expect(link).to_be_visible()


async def test_a_swap_elsewhere_meanwhile_leaves_the_form_of_a_long_question_in_view(
    screen: Screen, upstream: Upstream
) -> None:
    await screen.page.set_viewport_size({"width": 390, "height": 844})
    await screen.paste("\n".join(f"Line {number}" for number in range(40)))
    await screen.choose(await upstream.script("meanwhile", Say(LONG)))
    await screen.box.press("Enter")
    await screen.sees_ended()
    link = screen.page.get_by_role("article", name="You").get_by_role("link", name="Edit")
    await link.evaluate("(link) => scrollBy(0, link.getBoundingClientRect().top - 150)")
    await at_rest(screen)
    await screen.page.evaluate(
        """() => document.addEventListener("htmx:before:swap", ({ detail }) => {
            if (!detail.ctx.request.action.endsWith("/edit")) return;
            const other = { bubbles: true, detail: { ctx: { request: { action: "/news", method: "GET" } } } };
            document.getElementById("news").dispatchEvent(new CustomEvent("htmx:before:swap", other));
        })"""
    )
    await link.focus()
    await screen.page.keyboard.press("Enter")
    await expect(screen.page.get_by_role("textbox", name="Your question")).to_be_focused()
    await at_rest(screen)
    assert await top(screen.page.locator(".edit")) >= BAR
