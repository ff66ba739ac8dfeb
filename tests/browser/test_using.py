"""The rest of what people do: by keyboard, without JavaScript, with long texts, with the list."""

from collections.abc import AsyncIterator

import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.seed import seed
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say


async def test_a_message_of_100_kb(screen: Screen, upstream: Upstream) -> None:
    text = "\n".join(f"Line {number} of a long text with ünicode." for number in range(2_600))
    assert len(text.encode()) > 100_000
    model = await upstream.script("long", Say("Read."))
    await screen.choose(model)
    await screen.paste(text)
    await screen.box.press("Enter")
    await screen.sees_answer("Read.")
    assert (await upstream.arrived("long")).json["messages"][0]["content"] == text
    await screen.reload()
    assert await screen.questions.inner_text() == text


async def test_a_message_over_the_limit_is_refused_and_kept(screen: Screen) -> None:
    await screen.paste("x" * 300_000)
    await screen.button("Send").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("too long: at most 256 kB")
    assert len(await screen.box.input_value()) == 300_000


async def test_everything_by_keyboard(screen: Screen, upstream: Upstream) -> None:
    page = screen.page
    model = await upstream.takes("keys", [Say("First.")], [Say("Second "), Hold("a")])
    await screen.choose(model)
    await expect(screen.box).to_be_focused()
    await page.keyboard.type("Line one")
    await page.keyboard.press("Shift+Enter")
    await page.keyboard.type("line two")
    await page.keyboard.press("Enter")
    await screen.sees_answer("First.")
    await expect(screen.questions).to_have_text("Line one\nline two")
    await expect(screen.box).to_be_focused()
    await page.keyboard.type("Again")
    await page.keyboard.press("Enter")
    await screen.sees_growing("Second")
    await page.keyboard.press("Tab")  # the model
    await page.keyboard.press("Tab")
    await expect(screen.button("Stop the answer")).to_be_focused()
    await page.keyboard.press("Enter")
    await screen.sees_answer("Second ")
    await page.keyboard.press("Escape")
    await expect(screen.button("Send")).to_be_visible()


async def test_the_skip_link_leads_past_the_list(screen: Screen) -> None:
    link = screen.page.get_by_role("link", name="Skip to the conversation")
    await expect(link).not_to_be_in_viewport()
    await link.focus()
    await expect(link).to_be_in_viewport()
    await screen.page.keyboard.press("Enter")
    await expect(screen.page.get_by_role("main")).to_be_focused()


async def test_an_input_methods_enter_does_not_send(screen: Screen) -> None:
    await screen.box.fill("にほん")
    await screen.box.evaluate(
        """(box) => {
            for (const init of [{ isComposing: true }, { keyCode: 229 }]) {
                const enter = { key: "Enter", bubbles: true, cancelable: true };
                box.dispatchEvent(new KeyboardEvent("keydown", { ...enter, ...init }));
            }
        }"""
    )
    await expect(screen.box).to_have_value("にほん")
    await expect(screen.questions).to_have_count(0)


async def test_rename_and_delete(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("named", Say("Done."))
    await screen.ask("First words", model)
    await screen.sees_answer("Done.")
    menu = screen.page.locator("summary", has=screen.page.locator("svg")).first
    await menu.click()
    await screen.page.get_by_role("textbox", name="Title").fill("A better name")
    await screen.button("Rename").click()
    await expect(screen.page.get_by_role("heading", name="A better name")).to_be_visible()
    await expect(screen.list.get_by_role("link", name="A better name")).to_be_visible()
    await menu.click()
    await screen.page.get_by_text("Delete this conversation").click()
    await screen.button("Delete").click()
    await expect(screen.list.get_by_role("link", name="A better name")).to_have_count(0)
    assert screen.path.startswith("/?deleted=")


async def test_the_conversation_used_last_goes_to_the_top_of_the_list(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("list", Say("Done."))
    for title in ("One", "Two"):
        await screen.open("/")
        await screen.ask(title, model)
        await screen.sees_answer("Done.")
    links = screen.list.locator("#conversations .sidebar__item")
    await expect(links.nth(0)).to_have_text("Two")
    await expect(links.nth(1)).to_have_text("One")
    await links.nth(1).click()
    await screen.ask("More", model)
    await expect(links.nth(0)).to_have_text("One")


async def test_what_a_model_says_does_not_run(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script(
        "evil",
        Say('<img src=x onerror="document.title=`owned`">\n\n<script>document.title="owned"</script>\n\n'),
        Say("[click](javascript:document.title='owned') ![p](https://evil.example/x.png)\n\n"),
        Say('<div hx-get="/c" hx-trigger="load" hx-sse:connect="/evil">x</div>\n'),
    )
    requests: list[str] = []
    screen.page.on("request", lambda request: requests.append(request.url))
    await screen.ask("Go", model)
    await expect(screen.text).to_contain_text("onerror")
    await screen.sees_ended()
    await screen.reload()
    await expect(screen.text).to_contain_text("onerror")
    assert "owned" not in await screen.page.title()
    assert [url for url in requests if not url.startswith(screen.url)] == []
    assert [url for url in requests if "evil" in url] == []


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser, server: AppServer) -> AsyncIterator[Screen]:
    """A tab without JavaScript."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 800})
    screen = Screen(await context.new_page(), server.url)
    await screen.open()
    yield screen
    await context.close()


async def test_without_javascript_one_asks_watches_and_reads(plain: Screen, upstream: Upstream, screen: Screen) -> None:
    model = await upstream.script("plain", Say("Growing. "), Hold("a"), Say("Grown."))
    await screen.ask("Watch it grow", model)
    await screen.sees_growing("Growing.")
    await plain.open(screen.path)
    frame = plain.page.frame_locator("iframe")
    await expect(frame.locator("body")).to_contain_text("Growing.")
    await upstream.open("plain", "a")
    await expect(frame.locator("body")).to_contain_text("Grown.")
    await frame.get_by_role("link", name="The answer has ended").click()
    await plain.sees_answer("Growing. Grown.")
    await plain.box.fill("And by hand")
    await plain.button("Send").click()
    await expect(plain.questions).to_have_text(["Watch it grow", "And by hand"])


async def test_without_javascript_one_stops_renames_and_deletes(plain: Screen, upstream: Upstream) -> None:
    await plain.choose("standin/stall")
    await plain.box.fill("Go")
    await plain.button("Send").click()
    await expect(plain.questions).to_have_text("Go")
    await plain.page.frame_locator("iframe").get_by_role("button", name="Stop the answer").click()
    await expect(plain.answer).to_contain_text("Stopped.")
    await plain.page.locator("summary", has=plain.page.locator("svg")).first.click()
    await plain.page.get_by_role("textbox", name="Title").fill("Plain name")
    await plain.button("Rename").click()
    await expect(plain.page.get_by_role("heading", name="Plain name")).to_be_visible()
    await plain.page.locator("summary", has=plain.page.locator("svg")).first.click()
    await plain.page.get_by_text("Delete this conversation").click()
    await plain.button("Delete").click()
    await expect(plain.list.get_by_role("link", name="Plain name")).to_have_count(0)


async def test_without_javascript_a_refused_send_keeps_the_text(plain: Screen) -> None:
    await plain.box.fill("   ")
    await plain.button("Send").click()
    await expect(plain.page.get_by_role("alert")).to_contain_text("The message is empty")


async def test_a_long_conversation_has_a_way_to_its_beginning(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    model = await upstream.script("many", Say("Yes."))
    held = seed(server.database, [text for number in range(29) for text in (f"Question {number}", "Yes.")])
    await screen.open(f"/c/{held.id}")
    await screen.choose(model)
    for number in range(29, 32):
        await screen.ask(f"Question {number}")
        await expect(screen.answers).to_have_count(number + 1)
        await screen.sees_answer("Yes.")
    await screen.reload()
    await expect(screen.questions.first).to_have_text("Question 2")
    await screen.page.get_by_role("link", name="Earlier messages").click()
    await expect(screen.questions).to_have_text([f"Question {number}" for number in range(32)])
