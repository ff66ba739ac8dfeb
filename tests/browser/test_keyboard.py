"""Keys: those of every chat, single ones that can be turned off, and a focus that is never lost."""

from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.upstream import Upstream
from webapp.conversations.store import PAGE
from webapp.standin.steps import Hold, Say

LONG = "".join(f"Paragraph {number} of a long answer.\n\n" for number in range(40))


async def leave_the_box(page: Page) -> None:
    await page.evaluate("document.activeElement.blur()")


async def test_a_slash_goes_to_the_box_and_is_not_typed(screen: Screen) -> None:
    await leave_the_box(screen.page)
    await screen.page.keyboard.press("/")
    await expect(screen.box).to_be_focused()
    await screen.page.keyboard.type("a/b?jk")
    await expect(screen.box).to_have_value("a/b?jk")


async def test_the_keys_are_listed_and_the_focus_comes_back(screen: Screen) -> None:
    dialog = screen.page.get_by_role("dialog", name="Keyboard shortcuts")
    button = screen.button("Keyboard shortcuts")
    await button.focus()
    await screen.page.keyboard.press("?")
    await expect(dialog).to_be_visible()
    await screen.page.keyboard.press("/")
    await expect(screen.box).not_to_be_focused()
    await screen.page.keyboard.press("Escape")
    await expect(dialog).to_be_hidden()
    await expect(button).to_be_focused()
    await button.click()
    await screen.button("Close the shortcuts").click()
    await expect(button).to_be_focused()


async def test_a_panel_in_the_drawer_gives_the_focus_back(screen: Screen) -> None:
    await screen.page.set_viewport_size({"width": 600, "height": 800})
    show = screen.button("Show the list of conversations")
    await show.press("Enter")
    await screen.button("Appearance").press("Enter")
    await screen.page.keyboard.press("Tab")
    await screen.page.keyboard.press("Escape")
    await expect(screen.button("Appearance")).to_be_focused()
    await screen.button("Keyboard shortcuts").press("Enter")
    await expect(screen.page.get_by_role("dialog")).to_be_visible()
    await screen.page.keyboard.press("Escape")
    await expect(show).to_be_focused()


async def test_single_keys_can_be_turned_off(screen: Screen) -> None:
    await screen.button("Appearance").click()
    await screen.page.get_by_role("group", name="Single-key shortcuts").get_by_role("radio", name="Off").check()
    await screen.page.keyboard.press("Escape")
    await leave_the_box(screen.page)
    for key in "/?":
        await screen.page.keyboard.press(key)
    await expect(screen.box).not_to_be_focused()
    await expect(screen.page.get_by_role("dialog")).to_have_count(0)
    await screen.button("Keyboard shortcuts").click()
    await expect(screen.page.get_by_role("dialog")).to_be_visible()


async def test_j_and_k_go_from_message_to_message(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("turns", Say(LONG))
    for number in (1, 2):
        await screen.ask(f"Question {number}", model)
        await expect(screen.answers).to_have_count(number)
        await screen.sees_ended()
    await leave_the_box(screen.page)
    keys = screen.page.keyboard
    asked = screen.page.get_by_role("article", name="You")
    await keys.press("j")  # the second question stands at the top of the view
    await expect(screen.answers.nth(1)).to_be_focused()
    await keys.press("k")
    await expect(asked.nth(1)).to_be_focused()
    await expect(asked.nth(1)).to_be_in_viewport(ratio=1)
    await keys.press("k")
    await keys.press("k")
    await keys.press("k")
    await expect(asked.nth(0)).to_be_focused()
    await keys.press("j")
    await expect(screen.answers.nth(0)).to_be_focused()
    await keys.press("Control+j")
    await expect(screen.answers.nth(0)).to_be_focused()


async def test_escape_in_the_box_stops_the_answer_and_elsewhere_does_not(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("escape", Say("Half"), Hold("a")))
    await screen.sees_growing("Half")
    await screen.page.locator(".menu > summary").click()
    await screen.page.keyboard.press("Escape")
    await expect(screen.page.locator(".menu")).not_to_have_attribute("open", "")
    await expect(screen.button("Stop the answer")).to_be_visible()
    await screen.box.press("Escape")
    await expect(screen.answer).to_contain_text("Stopped.")
    await expect(screen.box).to_be_focused()


async def test_a_new_conversation_begins_by_key(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("new", Say("Done.")))
    await screen.sees_answer("Done.")
    await screen.page.keyboard.press("Control+Shift+O")
    await expect(screen.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    assert screen.path == "/"


async def test_a_menu_closes_when_the_focus_leaves_it(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("menu", Say("Done.")))
    await screen.sees_answer("Done.")
    menu = screen.page.locator(".menu")
    await menu.locator("> summary").press("Enter")
    await expect(menu).to_have_attribute("open", "")
    for _ in range(8):
        await screen.page.keyboard.press("Tab")
    await expect(menu).to_have_attribute("open", "")  # title, Rename, two links, three folds, Delete
    await screen.page.keyboard.press("Tab")
    await expect(menu).not_to_have_attribute("open", "")


async def test_send_by_its_button_leaves_the_focus_in_the_box(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes("send", [Say("First.")], [Say("Second "), Hold("a"), Say("answer.")])
    await screen.choose(model)
    for text, seen in (("One", "First."), ("Two", "Second")):
        await screen.box.fill(text)
        await screen.button("Send").press("Enter")
        await expect(screen.answer).to_contain_text(seen)
        await expect(screen.box).to_be_focused()
    await upstream.open("send", "a")
    await screen.sees_answer("Second answer.")
    await expect(screen.box).to_be_focused()


async def test_a_focus_in_an_answer_survives_its_end(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("inside", Say("Text.\n\nMore"), Hold("a"), Say(" text.")))
    await screen.sees_growing("More")
    await leave_the_box(screen.page)
    await screen.page.evaluate("scrollTo(0, 0)")
    await screen.questions.evaluate("(it) => { it.tabIndex = -1; it.focus(); }")
    await screen.page.keyboard.press("j")
    await expect(screen.answer).to_be_focused()
    await upstream.open("inside", "a")
    await screen.sees_ended()
    await expect(screen.answer).to_be_focused()


async def test_on_a_touch_screen_a_lost_focus_goes_to_the_page(
    browser: Browser, screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Go", await upstream.takes("touch", [Say("First.")], [Say("Second.")]))
    await screen.sees_answer("First.")
    phone = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = await phone.new_page()
    await page.goto(screen.page.url)
    await page.get_by_role("button", name="Retry").press("Enter")
    await expect(page.get_by_text("Second.")).to_be_visible()
    await expect(page.get_by_role("main")).to_be_focused()
    await phone.close()


async def test_older_conversations_take_the_focus_of_their_link(screen: Screen) -> None:
    for _ in range(PAGE + 1):
        made = await screen.page.request.post(f"{screen.url}/conversations")
        assert made.ok
    await screen.reload()
    older = screen.list.get_by_role("link", name="Older conversations")
    await older.press("Enter")
    await expect(screen.list.locator("#conversations .sidebar__item").nth(PAGE)).to_be_focused()


async def test_a_draft_survives_a_reload_until_it_is_sent(
    screen: Screen, upstream: Upstream, open_screen: OpenScreen
) -> None:
    model = await upstream.script("draft", Say("Done."))
    await screen.box.fill("Half a thou")
    await screen.reload()
    await expect(screen.box).to_have_value("Half a thou")
    await expect((await open_screen()).box).to_have_value("")
    await screen.ask("A thought", model)
    await screen.sees_answer("Done.")
    await screen.box.fill("For this conversation")
    await screen.page.keyboard.press("Control+Shift+O")
    await expect(screen.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()
    await expect(screen.box).to_have_value("")
    await screen.back()
    await expect(screen.box).to_have_value("For this conversation")


async def test_a_box_that_cannot_grow_by_itself_grows_with_its_text(screen: Screen) -> None:
    await screen.page.add_init_script("CSS.supports = () => false")
    await screen.reload()
    height = "(box) => { box.style.fieldSizing = 'fixed'; return box.offsetHeight; }"
    empty = await screen.box.evaluate(height)
    await screen.box.fill("One\nTwo\nThree\nFour")
    assert await screen.box.evaluate(height) >= empty + 3 * 20
    await screen.box.fill("")
    assert await screen.box.evaluate(height) == empty
