"""A chat that is kept nowhere, as people meet it."""

import re
from typing import Final

import httpx
import msgspec
from playwright.async_api import Browser, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import AnyStep, Hold, Reason, Say

STOPPED: Final = re.compile("Stopped")


async def opened(screen: Screen) -> None:
    await screen.page.get_by_role("link", name="Temporary").click()
    await expect(screen.page.get_by_text("Nothing of this is kept.")).to_be_visible()


async def contents(upstream: Upstream, name: str) -> list[str]:
    """What the model was given to read with its last call."""
    body = (await upstream.requests(name))[-1].body
    assert isinstance(body, msgspec.Raw)
    return [message["content"] for message in msgspec.json.decode(body)["messages"]]


async def test_one_asks_on_and_nothing_is_kept(screen: Screen, upstream: Upstream, server: AppServer) -> None:
    await opened(screen)
    model = await upstream.takes("passing", [Reason("Hm."), Say("One **bold** thing.")], [Say("Another.")])
    await screen.ask("What is one\nsecret thing?", model)
    await screen.sees_answer("One bold thing.")
    await expect(screen.answer.locator("strong")).to_have_text("bold")
    await expect(screen.page.get_by_text("Nothing of this is kept.")).to_have_count(0)
    await expect(screen.box).to_be_focused()
    await screen.ask("And another?")
    await screen.sees_answer("Another.")
    await expect(screen.questions).to_have_text(["What is one\nsecret thing?", "And another?"])
    await expect(screen.answers).to_have_count(2)
    assert await contents(upstream, "passing") == [
        "What is one\nsecret thing?",
        "One **bold** thing.",
        "And another?",
    ]
    await expect(screen.list.get_by_text("secret")).to_have_count(0)
    with server.database.open("rb") as file:
        assert b"secret thing" not in file.read()
    await screen.reload()
    await expect(screen.answers).to_have_count(0)
    await expect(screen.page.get_by_text("Nothing of this is kept.")).to_be_visible()


async def test_a_stopped_answer_is_gone_on_from(screen: Screen, upstream: Upstream) -> None:
    await opened(screen)
    model = await upstream.takes("stopped-passing", [Say("Half of "), Say("it"), Hold("a")], [Say("The rest.")])
    await screen.ask("Go", model)
    await screen.sees_growing("Half of it")
    await screen.button("Stop the answer").click()
    await upstream.closed("stopped-passing")
    await screen.sees_ended()
    await expect(screen.answer).to_contain_text(STOPPED)
    await expect(screen.button("Send")).to_be_visible()
    await screen.ask("Go on")
    await screen.sees_answer("The rest.")
    assert await contents(upstream, "stopped-passing") == ["Go", "Half of it", "Go on"]


async def test_a_stopped_answer_goes_along_as_the_model_has_written_it(screen: Screen, upstream: Upstream) -> None:
    written = "\n# Some\n\n*x* is $x^2$ & <b>\n\n```python\nif x:\n    print(1)\n```\n\n- one\n- tw"
    await opened(screen)
    steps: list[AnyStep] = [*(Say(piece) for piece in (written[:20], written[20:50], written[50:])), Hold("a")]
    await screen.ask("Go", await upstream.takes("written", steps, [Say("The rest.")]))
    await screen.sees_growing("tw")
    await screen.button("Stop the answer").click()
    await screen.sees_ended()
    await screen.ask("Go on")
    await screen.sees_answer("The rest.")
    assert await contents(upstream, "written") == ["Go", written.strip(), "Go on"]


async def test_who_leaves_ends_the_answer(screen: Screen, upstream: Upstream) -> None:
    await opened(screen)
    await screen.ask("Go", await upstream.script("left-passing", Say("Half"), Hold("a")))
    await screen.sees_growing("Half")
    await screen.page.close()
    await upstream.closed("left-passing")


async def test_a_question_that_is_refused_is_still_in_its_box(screen: Screen, upstream: Upstream) -> None:
    await opened(screen)
    await screen.ask("Go", "no/such-model")
    await expect(screen.page.get_by_role("alert")).to_contain_text("no/such-model")
    await expect(screen.box).to_have_value("Go")
    await screen.ask("Go", await upstream.script("then", Say("Yes.")))
    await screen.sees_answer("Yes.")
    await expect(screen.page.get_by_role("alert")).to_be_empty()


async def test_what_came_before_the_connection_broke_is_gone_on_from(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    await opened(screen)
    await screen.ask("Go", await upstream.script("broken-passing", Say("Half"), Hold("a")))
    await screen.sees_growing("Half")
    server.kill()
    await screen.sees_ended()
    await expect(screen.answer).to_contain_text("The connection broke")
    server.start()
    await screen.ask("Go on", await upstream.script("broken-after", Say("Whole.")))
    await screen.sees_answer("Whole.")
    assert await contents(upstream, "broken-after") == ["Go", "Half", "Go on"]


async def test_after_an_hour_the_page_forgets(open_screen: OpenScreen, upstream: Upstream) -> None:
    screen = await open_screen("/login")
    await screen.page.clock.install()
    await screen.open("/temporary")
    await screen.ask("Go", await upstream.script("hour", Say("Yes.")))
    await screen.sees_answer("Yes.")
    async with screen.page.expect_response("**/news?*"):  # so that none is under way when the time passes
        await screen.page.clock.run_for(10_000)
    await screen.page.clock.fast_forward("59:00")
    await screen.sees_answer("Yes.")
    await screen.page.clock.fast_forward("02:00")
    await expect(screen.page.get_by_text("Nothing of this is kept.")).to_be_visible()
    await expect(screen.answers).to_have_count(0)


async def test_without_javascript_it_grows_on_the_page_and_goes_on(
    browser: Browser, server: AppServer, upstream: Upstream
) -> None:
    context = await browser.new_context(java_script_enabled=False, base_url=server.url)
    page = await context.new_page()
    model = await upstream.takes("plain-passing", [Say("One.\n\n"), Hold("a"), Say("*Two.*")], [Say("Three.")])
    async with httpx.AsyncClient(
        base_url=server.url, trust_env=False, verify=False
    ) as client:  # the page has no such model to choose
        text, grew = "", False
        async with client.stream("POST", "/temporary", data={"message": "Go\r\nnow", "model": model}) as response:
            assert response.status_code == 200
            async for piece in response.aiter_text():
                text += piece
                if "One." in text and not grew:
                    grew = "</main>" not in text
                    await upstream.open("plain-passing", "a")
    assert grew
    assert text.rstrip().endswith("</html>")
    # What the page has said goes along with its form.
    await page.route("**/temporary", lambda route: route.fulfill(body=text, content_type="text/html"), times=1)
    await page.goto("/temporary")
    await expect(page.get_by_role("article", name="Answer").locator("em")).to_have_text("Two.")
    await expect(page.get_by_role("article", name="Answer").locator(".live__tail:visible")).to_have_count(0)
    await page.get_by_role("textbox", name="Message").fill("And on?")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_role("article", name="Answer").last).to_contain_text("Three.")
    assert await contents(upstream, "plain-passing") == ["Go\nnow", "One.\n\n*Two.*", "And on?"]
    await expect(page.get_by_role("article", name="Answer")).to_have_count(2)
    await context.close()
