"""What happens when something goes wrong: in words, with a way on, and with nothing lost."""

import asyncio
import re

import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say


async def test_stop_keeps_what_came_and_closes_the_call(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("stop", Say("Half an answer"), Hold("a"), Say(" and the rest."))
    await screen.ask("Go", model)
    await screen.sees_growing("Half an answer")
    await expect(screen.button("Send")).to_be_hidden()
    await screen.button("Stop the answer").click()
    await screen.sees_answer("Half an answer")
    await expect(screen.answer).to_contain_text("Stopped.")
    await expect(screen.button("Send")).to_be_visible()
    await upstream.closed("stop")


async def test_stop_works_before_the_first_token(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", "standin/silent")
    await expect(screen.answer).to_have_attribute("aria-busy", "true")
    await upstream.arrived("standin/silent")
    await screen.button("Stop the answer").click()
    await screen.sees_ended()
    await expect(screen.answer).to_contain_text("Stopped.")
    await upstream.closed("standin/silent")


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("standin/error-401", "key"),
        ("standin/error-402", "credit"),
        ("standin/error-429-daily", "day"),
        ("standin/error-404", "model"),
        ("standin/error-html", "server failed"),
        ("standin/empty", "empty|nothing|no answer|without"),
    ],
)
async def test_an_error_before_the_answer_is_told_at_the_message(screen: Screen, model: str, words: str) -> None:
    await screen.ask("Go", model)
    alert = screen.error
    await expect(alert).to_contain_text(re.compile(words, re.IGNORECASE))
    await expect(screen.answer.get_by_role("button", name="Retry")).to_be_visible()
    await expect(screen.button("Send")).to_be_visible()
    await screen.reload()
    await expect(alert).to_contain_text(re.compile(words, re.IGNORECASE))


async def test_a_failure_that_passes_is_tried_again_unasked(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", "standin/flaky")
    await expect(screen.text).not_to_be_empty()
    await screen.sees_ended()
    await expect(screen.error).to_have_count(0)
    assert len(await upstream.requests("standin/flaky")) == 2


async def test_an_error_in_mid_answer_keeps_the_text(screen: Screen) -> None:
    await screen.ask("Go", "standin/mid-stream-error")
    await expect(screen.error).to_be_visible()
    await expect(screen.text).not_to_be_empty()
    await expect(screen.answer.get_by_role("button", name="Continue")).to_be_visible()


async def test_a_connection_to_the_model_that_breaks_keeps_the_text(screen: Screen) -> None:
    await screen.ask("Go", "standin/drop")
    await expect(screen.error).to_be_visible()
    await expect(screen.text).not_to_be_empty()


async def test_retry_gives_another_answer_and_keeps_the_first(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("retry", [Say("First try.")], [Say("Second "), Hold("a"), Say("try.")])
    await screen.ask("Go", model)
    await screen.sees_answer("First try.")
    await screen.button("Retry").click()
    await screen.sees_growing("Second")
    await upstream.open("retry", "a")
    await screen.sees_answer("Second try.")
    await expect(screen.answers).to_have_count(1)
    await screen.reload()
    await screen.sees_answer("Second try.")


async def test_a_stopped_answer_goes_on_where_it_was_stopped(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("goon", [Say("One, two,"), Hold("a")], [Say(" three.")])
    await screen.ask("Count", model)
    await screen.sees_growing("One, two,")
    await screen.button("Stop the answer").click()
    await screen.sees_answer("One, two,")
    await screen.button("Continue").click()
    await screen.sees_answer("One, two, three.")
    seen = await upstream.arrived("goon", 2)
    assert seen.json["messages"][-1] == {"role": "assistant", "content": "One, two,"}


async def test_a_killed_server_loses_no_question_and_at_most_a_second_of_the_answer(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    model = await upstream.takes("kill", [Say("One two "), Hold("a"), Say("three "), Hold("b")], [Say("three four.")])
    await screen.ask("Count", model)
    await screen.sees_growing("One two")
    await asyncio.sleep(1.0)  # what came a second ago is safe
    await upstream.open("kill", "a")
    server.kill()
    server.start()
    await screen.reload()
    await expect(screen.questions).to_have_text("Count")
    await expect(screen.answer).to_contain_text("Interrupted")
    await expect(screen.text).to_contain_text("One two")
    await screen.button("Continue").click()
    await expect(screen.text).to_contain_text("three four.")
    await screen.sees_ended()


async def test_a_page_that_watched_sees_the_interruption_without_a_reload(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    model = await upstream.script("watch", Say("So far"), Hold("a"))
    await screen.ask("Go", model)
    await screen.sees_growing("So far")
    await asyncio.sleep(1.0)
    server.kill()
    server.start()
    await screen.sees_answer("So far")
    await expect(screen.answer).to_contain_text("Interrupted")


async def test_a_terminated_server_loses_nothing(screen: Screen, upstream: Upstream, server: AppServer) -> None:
    model = await upstream.script("term", Say("Every word"), Hold("a"), Say(" of it."))
    await screen.ask("Go", model)
    await screen.sees_growing("Every word")
    assert server.terminate() == 0
    server.start()
    await screen.sees_answer("Every word")
    await expect(screen.answer).to_contain_text("Interrupted")


async def test_an_answer_that_ends_in_the_grace_of_a_shutdown_is_whole(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    model = await upstream.script("grace", Say("Nearly "), Hold("a"), Say("done."))
    await screen.ask("Go", model)
    await screen.sees_growing("Nearly")
    going = asyncio.get_running_loop().run_in_executor(None, server.terminate)
    await upstream.open("grace", "a")
    assert await going == 0
    server.start()
    await screen.sees_answer("Nearly done.")
    await expect(screen.answer).not_to_contain_text("Interrupted")


async def test_new_words_are_seen_until_a_lone_server_has_gone(
    screen: Screen, upstream: Upstream, server: AppServer, open_screen: OpenScreen
) -> None:
    model = await upstream.script("stay", Say("Nearly "), Hold("a"), Say("there, "), Hold("b"), Say("now."))
    await screen.ask("Go", model)
    await screen.sees_growing("Nearly")
    going = asyncio.get_running_loop().run_in_executor(None, server.terminate)
    await upstream.open("stay", "a")
    await screen.sees_growing("Nearly there,")
    other = await open_screen(screen.path)
    await other.sees_growing("Nearly there,")
    await other.ask("And then?")
    await expect(other.page.get_by_role("alert")).to_contain_text("restarting")
    await upstream.open("stay", "b")
    for one in (screen, other):
        await one.sees_answer("Nearly there, now.")
        await expect(one.button("Retry")).to_be_visible()
    assert await going == 0
    server.start()


async def test_what_the_end_interrupts_is_shown_with_a_way_on_before_the_server_has_gone(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    model = await upstream.script("cut", Say("Half an answer"), Hold("a"))
    await screen.ask("Go", model)
    await screen.sees_growing("Half an answer")
    assert await asyncio.get_running_loop().run_in_executor(None, server.terminate) == 0
    await expect(screen.answer).to_contain_text("Interrupted")
    await expect(screen.button("Continue")).to_be_visible()
    server.start()


async def test_a_refused_send_keeps_the_text_in_the_box(screen: Screen) -> None:
    await screen.ask("My long thought", "no/such-model")
    await expect(screen.page.get_by_role("alert")).to_contain_text("There is no model 'no/such-model'")
    await expect(screen.box).to_have_value("My long thought")
    await screen.ask("My long thought", "openai/gpt-5.6")
    await expect(screen.questions).to_have_text("My long thought")
    await expect(screen.page.locator(".refusal")).to_have_count(0)


async def test_an_unreachable_server_keeps_the_text_in_the_box(screen: Screen, server: AppServer) -> None:
    server.kill()
    await screen.ask("My long thought")
    await expect(screen.page.get_by_role("alert")).to_contain_text("cannot be reached")
    await expect(screen.box).to_have_value("My long thought")
    server.start()
    await screen.box.press("Enter")
    await expect(screen.questions).to_have_text("My long thought")


async def test_a_double_click_on_send_asks_once(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("double", Say("Once."))
    await screen.choose(model)
    await screen.box.fill("Go")
    await screen.button("Send").dblclick()
    await screen.sees_answer("Once.")
    await expect(screen.questions).to_have_count(1)
    assert len(await upstream.requests("double")) == 1


async def test_two_tabs_cannot_ask_over_each_other(screen: Screen, upstream: Upstream, open_screen: OpenScreen) -> None:
    model = await upstream.takes("both", [Say("First "), Hold("a"), Say("done.")], [Say("Second done.")])
    await screen.ask("From tab one", model)
    await screen.sees_growing("First")
    other = await open_screen(screen.path)
    await other.ask("From tab two")
    await expect(other.page.get_by_role("alert")).to_contain_text("still growing")
    await expect(other.box).to_have_value("From tab two")
    await upstream.open("both", "a")
    await other.sees_answer("First done.")
    await other.box.press("Enter")
    await other.sees_answer("Second done.")
