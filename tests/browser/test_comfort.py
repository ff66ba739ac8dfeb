"""The small things that make a chat pleasant: where the view is, where the focus is, what is said and what is kept."""

import asyncio
from datetime import UTC, datetime, timedelta

from playwright.async_api import Route, expect

from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Reason, Say

LONG = "".join(f"Paragraph {number} of a long answer.\n\n" for number in range(60))


async def position(screen: Screen) -> float:
    return float(await screen.page.evaluate("document.scrollingElement.scrollTop"))


async def rest(screen: Screen) -> float:
    """Pixels between the view's end and the page's."""
    script = "(() => { const r = document.scrollingElement; return r.scrollHeight - r.scrollTop - r.clientHeight; })()"
    return float(await screen.page.evaluate(script))


async def test_the_view_follows_a_growing_answer(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("follow", Say(LONG), Hold("a"), Say(LONG + "The end."), Hold("b"))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.button("Newer text below").click()
    await upstream.open("follow", "a")
    await screen.sees_growing("The end.")
    await expect(screen.answer.get_by_text("The end.")).to_be_in_viewport()
    assert await rest(screen) < 2


async def test_who_scrolls_up_is_left_there_and_followed_again_from_the_end(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("stay", Say(LONG), Hold("a"), Say(LONG), Hold("b"), Say("The end."), Hold("c"))
    await screen.ask("Go", model)
    await screen.sees_growing("Paragraph 59")
    await screen.button("Newer text below").click()
    await expect(screen.answer.get_by_text("Paragraph 59")).to_be_in_viewport()
    await screen.page.mouse.move(600, 300)
    await screen.page.mouse.wheel(0, -60)
    await screen.page.wait_for_timeout(300)  # smooth scrolling comes to rest
    place = await position(screen)
    await upstream.open("stay", "a")
    await expect(screen.answer.get_by_text("Paragraph 59")).to_have_count(2)
    assert await position(screen) == place
    await screen.page.evaluate("document.scrollingElement.scrollTop = 1e9")
    await upstream.open("stay", "b")
    await expect(screen.answer.get_by_text("The end.")).to_be_in_viewport()


async def test_a_selection_and_opened_thoughts_survive_the_end(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("keep", Reason("Thinking hard."), Say("Select me.\n\nMore"), Hold("a"), Say(" text."))
    await screen.ask("Go", model)
    await screen.sees_growing("Select me.")
    await screen.answer.locator(".reasoning > summary").click()
    await screen.answer.get_by_text("Select me.").select_text()
    await upstream.open("keep", "a")
    await screen.sees_ended()
    assert await screen.page.evaluate("getSelection().toString()") == "Select me."
    await expect(screen.answer.get_by_text("Thinking hard.")).to_be_visible()


async def test_a_double_click_on_send_does_not_stop_the_answer(screen: Screen, upstream: Upstream) -> None:
    """The page's clock stands still between the clicks, however long a loaded machine takes.

    It never jumps by a minute, after which htmx gives up requests that are on their way.
    """
    await screen.page.set_viewport_size({"width": 390, "height": 700})  # where the first question's box is below, too
    await screen.page.clock.install()
    model = await upstream.takes(
        "clicks", [Say("First "), Hold("a"), Say("answer.")], [Say("Second "), Hold("b"), Say("answer.")]
    )
    await screen.choose(model)
    for seconds, gate, word in ((25, "a", "First"), (50, "b", "Second")):
        await screen.box.fill("A question")
        place = await screen.button("Send").bounding_box()
        assert place is not None
        middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        await screen.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=seconds))
        await screen.page.mouse.click(*middle)
        await expect(screen.button("Stop the answer")).to_be_visible()
        await screen.page.mouse.click(*middle)
        await screen.page.clock.resume()
        await screen.sees_growing(word)
        await upstream.open("clicks", gate)
        await screen.sees_answer(f"{word} answer.")


async def test_a_later_click_stops_the_answer(screen: Screen, upstream: Upstream) -> None:
    await screen.page.clock.install()
    await screen.choose(await upstream.script("later", Say("Half"), Hold("a"), Say(" and half.")))
    await screen.box.fill("Go")
    await screen.button("Send").click()
    await screen.sees_growing("Half")
    await screen.page.clock.fast_forward(700)
    await screen.button("Stop the answer").click()
    await screen.sees_answer("Half")


async def test_a_click_stops_an_answer_to_what_the_keyboard_sent(screen: Screen, upstream: Upstream) -> None:
    await screen.page.clock.install()
    await screen.page.clock.pause_at(datetime.now(UTC) + timedelta(seconds=25))
    await screen.ask("Go", await upstream.script("keyed", Say("Half"), Hold("a"), Say(" and half.")))
    await screen.sees_growing("Half")
    await screen.button("Stop the answer").click()
    await screen.sees_answer("Half")


async def test_what_is_typed_while_a_send_is_on_its_way_stays(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("typing", Say("Done."))
    gate = asyncio.Event()

    async def slow(route: Route) -> None:
        await gate.wait()
        await route.continue_()

    for path in ("**/c", "**/messages"):
        await screen.page.route(path, slow)
        gate.clear()
        await screen.ask("A question", model)
        await expect(screen.box).to_have_value("")
        await screen.page.keyboard.type("the next one")
        gate.set()
        await screen.sees_answer("Done.")
        await expect(screen.box).to_have_value("the next one")


async def test_the_focus_is_never_lost(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("focus", [Say("Half"), Hold("a")], [Say(" and half.")], [Say("Another.")])
    await screen.ask("Go", model)
    await screen.sees_growing("Half")
    for button, text in (("Stop the answer", "Half"), ("Continue", "Half and half."), ("Retry", "Another.")):
        await screen.button(button).focus()
        await screen.page.keyboard.press("Enter")
        await screen.sees_answer(text)
        await expect(screen.box).to_be_focused()


async def test_the_end_of_an_answer_is_announced_once(screen: Screen, upstream: Upstream) -> None:
    spoken = screen.page.get_by_role("status")
    model = await upstream.script("spoken", Say("One "), Hold("a"), Say("two."))
    await screen.ask("Go", model)
    await screen.sees_growing("One")
    await expect(spoken).to_have_text("")
    await upstream.open("spoken", "a")
    await screen.sees_answer("One two.")
    await expect(spoken).to_have_text("The answer has ended.")


async def test_a_lost_connection_is_told_and_found_again(screen: Screen, upstream: Upstream, server: AppServer) -> None:
    model = await upstream.script("lost", Say("So far"), Hold("a"))
    await screen.ask("Go", model)
    await screen.sees_growing("So far")
    server.kill()
    await expect(screen.answer).to_contain_text("The connection is lost. Trying again")
    server.start()
    await screen.sees_ended()
    await expect(screen.answer).not_to_contain_text("The connection is lost")


async def test_a_stream_that_cannot_begin_is_begun_anew(screen: Screen, upstream: Upstream) -> None:
    refused = []

    async def refuse_twice(route: Route) -> None:
        refused.append(route.request.url)
        if len(refused) == 1:
            await route.abort()
        elif len(refused) == 2:
            await route.fulfill(status=502, body="<h1>Bad Gateway</h1>")
        else:
            await route.continue_()

    await screen.page.route("**/events*", refuse_twice)
    model = await upstream.script("anew", Hold("a"), Say("Here "), Hold("b"), Say("at last."))
    await screen.ask("Go", model)
    await expect(screen.answer).to_contain_text("The connection is lost. Trying again")
    await upstream.open("anew", "a")
    await screen.sees_growing("Here")
    await expect(screen.answer).not_to_contain_text("Bad Gateway")
    await upstream.open("anew", "b")
    await screen.sees_answer("Here at last.")
    assert len(refused) >= 3
