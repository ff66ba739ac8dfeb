"""Every page in every state is open to all: by rules that a machine can check, and by what is spoken and focused."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Final
from uuid import uuid4

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.browser.axe import LOOKS, breaches
from tests.browser.screen import Screen, opened_menu
from tests.fakes import exports
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream, shows_file
from webapp.standin.steps import Cite, Hold, Reason, Say, Show

EVERYTHING: Final = """Text with **bold**, `code`, a [link](https://example.org/page) and a footnote[^1].

- an item
  - nested
- [x] done
- [ ] to do

1. First

| Name | Value |
|---|--:|
| One | 1,234 |

```python
def greet(name: str) -> str:
    return f"Hello, {name}"
```

> A quote.

> [!NOTE]
> A note.

![A picture](https://example.org/picture.png)
"""
NOTE: Final = "\n[^1]: The footnote.\n"
HEADINGS: Final = "# First\n\nText.\n\n#### Fourth\n\nText.\n\n## Second\n\nText."
CORNER: Final = "|   | One | Two |\n|---|---|---|\n| **Row** | 1 | 2 |"


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"SECRET_KEY": "x" * 32, "MONTHLY_SOFT_LIMIT": "0"}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def tab(browser: Browser) -> AsyncIterator[Page]:
    """One tab for all states, which so loads scripts and styles once."""
    context = await browser.new_context()
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def screen(tab: Page, server: AppServer) -> AsyncIterator[Screen]:
    """A new visitor's first page: nothing is left of the state before."""
    await tab.goto(f"{server.url}/healthz")
    await tab.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
    await tab.context.clear_cookies()
    await tab.set_viewport_size({"width": 1280, "height": 800})
    await tab.emulate_media(color_scheme="null", reduced_motion="null")
    screen = Screen(tab, server.url)
    await screen.open()
    yield screen
    assert screen.complaints == []


State = Callable[[Screen, Upstream], Awaitable[None]]
STATES: Final[dict[str, State]] = {}


def state(act: State) -> State:
    """What leads from a new page to a state, which its name tells."""
    STATES[act.__name__.strip("_").replace("_", " ")] = act
    return act


@state
async def _new(screen: Screen, upstream: Upstream) -> None:
    await expect(screen.box).to_be_focused()


@state
async def _waiting(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("waiting", Hold("a")))
    await expect(screen.button("Stop the answer")).to_be_visible()


@state
async def _thinking(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("thinking", Reason("Hm, let me think."), Hold("a")))
    await expect(screen.answer.locator(".reasoning > summary")).to_be_visible()


@state
async def _growing(screen: Screen, upstream: Upstream) -> None:
    text = Say(EVERYTHING + "\n\nAnd half a sen")
    await screen.ask("Go", await upstream.script("growing", Reason("Hm."), text, Hold("a")))
    await screen.sees_growing("half a sen")


@state
async def _finished_with_everything(screen: Screen, upstream: Upstream) -> None:
    cited = (Cite("https://example.org/a", "A page"), Cite("https://example.com/b"))
    shown = (Say(EVERYTHING + NOTE), Show(), shows_file(b"GIF89a, and broken"))
    await screen.ask("Go", await upstream.script("everything", Reason("Hm."), *cited, *shown))
    await expect(screen.answer.locator("img")).to_be_visible()
    await expect(screen.answer.get_by_role("link", name="Save the picture")).to_be_visible()
    await screen.answer.locator(".reasoning > summary").click()


@state
async def _headings_in_an_answer(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("headings", Say(HEADINGS)))


@state
async def _a_table_with_an_empty_corner(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("corner", Say(CORNER)))


@state
async def _stopped(screen: Screen, upstream: Upstream) -> None:
    await _growing(screen, upstream)
    await screen.box.press("Escape")
    await expect(screen.answer).to_contain_text("Stopped.")


@state
async def _interrupted(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", "standin/mid-stream-error")
    await expect(screen.error).to_be_visible()


@state
async def _failed(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", "standin/error-402")
    await expect(screen.error).to_be_visible()


@state
async def _refused(screen: Screen, upstream: Upstream) -> None:
    await screen.paste("x" * 300_000)
    await screen.button("Send").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("too long")
    await screen.box.fill("x")


@state
async def _menu_open(screen: Screen, upstream: Upstream) -> None:
    # Long enough that no button lies half below the menu: half of one is too small to be hit.
    await _ask_and_wait(screen, await upstream.script("menu", Say("Done.\n\n" * 9)))
    await screen.page.locator(".menu > summary").click()
    await expect(screen.page.get_by_role("textbox", name="Title")).to_be_visible()


@state
async def _delete_confirmation_open(screen: Screen, upstream: Upstream) -> None:
    await _menu_open(screen, upstream)
    await screen.page.get_by_text("Delete this conversation").click()
    await expect(screen.button("Delete")).to_be_visible()


@state
async def _actions_open(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("actions", Say("Done.")))
    await opened_menu(screen.answer)
    await expect(screen.answer.get_by_role("button", name="Fork")).to_be_visible()


@state
async def _versions_with_receipt_and_feedback(screen: Screen, upstream: Upstream) -> None:
    await _two_versions(screen, upstream, "versions")
    await opened_menu(screen.answer)
    await screen.answer.get_by_role("button", name="Good answer").click()
    await screen.answer.locator(".feedback > summary").click()
    await screen.answer.locator(".receipt > summary").click()
    await expect(screen.answer.get_by_role("textbox", name="What was good")).to_be_visible()


@state
async def _what_was_sent(screen: Screen, upstream: Upstream) -> None:
    await _settings_of_a_conversation(screen, upstream)
    await screen.page.get_by_label("Temperature").fill("0.5")
    await screen.page.get_by_label("What the model is told first").fill("Be brief. " * 40 + "x" * 200)
    await screen.button("Save").click()
    await screen.button("Retry").click()
    await expect(screen.answer).to_contain_text("2/2")  # stands below answers that have ended
    await screen.answer.locator(".receipt > summary").click()
    await screen.answer.get_by_role("link", name="exactly what was sent").click()
    await expect(screen.page.get_by_role("heading", name="What was sent")).to_be_visible()


@state
async def _a_question_being_edited(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("editing", Say("Done.")))
    await screen.page.get_by_role("link", name="Edit").first.click()
    await expect(screen.button("Ask again")).to_be_visible()


@state
async def _something_deleted(screen: Screen, upstream: Upstream) -> None:
    await _actions_open(screen, upstream)
    await screen.answer.get_by_role("button", name="Delete this message").click()
    await expect(screen.button("Undo")).to_be_visible()


@state
async def _all_branches(screen: Screen, upstream: Upstream) -> None:
    await _two_versions(screen, upstream, "all-branches")
    await screen.page.get_by_role("link", name="Branches").click()
    await expect(screen.page.get_by_role("heading", name="The same as a list")).to_be_visible()


@state
async def _a_branch_that_is_not_shown(screen: Screen, upstream: Upstream) -> None:
    await _all_branches(screen, upstream)
    await screen.page.get_by_role("link", name="First.").click()
    await expect(screen.button("Show this branch")).to_be_visible()


@state
async def _another_model(screen: Screen, upstream: Upstream) -> None:
    await _actions_open(screen, upstream)
    await screen.answer.get_by_role("link", name="Retry with another model").click()
    await expect(screen.page.get_by_role("heading", name="Answer with another model")).to_be_visible()


@state
async def _share_form_open(screen: Screen, upstream: Upstream) -> None:
    await _menu_open(screen, upstream)
    await screen.page.locator("summary", has_text="Share").click()
    await expect(screen.button("Make an address")).to_be_visible()


@state
async def _save_as_open(screen: Screen, upstream: Upstream) -> None:
    await _menu_open(screen, upstream)
    await screen.page.locator("summary", has_text="Save as").click()
    await expect(screen.page.get_by_role("link", name="Markdown")).to_be_visible()


@state
async def _menu_of_all_open(screen: Screen, upstream: Upstream) -> None:
    await screen.page.locator(".menu > summary").click()
    await expect(screen.page.get_by_role("link", name="Import")).to_be_visible()


@state
async def _the_export(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("export", Say("Done.")))
    await screen.open("/export")
    await expect(screen.page.get_by_role("link", name="Download as a zip")).to_be_visible()


@state
async def _a_refused_file(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/import")
    await screen.page.get_by_label("File").set_input_files({"name": "a.json", "mimeType": "", "buffer": b""})
    await screen.button("Look at it").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("nothing in the file")


@state
async def _a_file_that_was_read(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/import")
    data = msgspec.json.encode([exports.claude(key=str(uuid4())), {"title": "No conversation"}])
    await screen.page.get_by_label("File").set_input_files({"name": "a.json", "mimeType": "", "buffer": data})
    await screen.button("Look at it").click()
    await expect(screen.button("Bring it in")).to_be_visible()


@state
async def _shares(screen: Screen, upstream: Upstream) -> None:
    await _share_form_open(screen, upstream)
    await screen.button("Make an address").click()
    await expect(screen.page.get_by_role("textbox", name="Address of").first).to_be_visible()


@state
async def _a_shared_page(screen: Screen, upstream: Upstream) -> None:
    await _shares(screen, upstream)
    address = await screen.page.get_by_role("link", name="Open", exact=True).first.get_attribute("href")
    await screen.open(str(address))
    await expect(screen.page.get_by_text("Shared, to read")).to_be_visible()


@state
async def _a_temporary_chat(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/temporary")
    await expect(screen.page.get_by_text("Nothing of this is kept.")).to_be_visible()


@state
async def _a_temporary_chat_in_which_something_was_said(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/temporary")
    await screen.ask("Go", await upstream.script("temporary", Reason("Hm."), Say("Yes.")))
    await screen.sees_answer("Yes.")


@state
async def _the_library_and_what_is_in_it(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/library/prompts/new")
    await screen.page.get_by_label("Name", exact=True).fill("Weather")
    await screen.page.get_by_label("Text").fill("How warm is it in {{city}}?")
    await screen.button("Save").click()
    await expect(screen.page.get_by_role("link", name="Use Weather").first).to_be_visible()


@state
async def _the_places_of_a_prompt(screen: Screen, upstream: Upstream) -> None:
    await _the_library_and_what_is_in_it(screen, upstream)
    await screen.page.get_by_role("link", name="Use Weather").first.click()
    await expect(screen.button("Put it into the box")).to_be_visible()


@state
async def _a_persona_in_a_form(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/library/personas/new")
    await expect(screen.page.get_by_label("Temperature")).to_be_visible()


@state
async def _a_new_conversation_of_a_persona(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/library/personas/new")
    await screen.page.get_by_label("Name").fill("Poet")
    await screen.button("Save").click()
    await screen.page.get_by_role("link", name="Start a conversation with Poet").first.click()
    await expect(screen.page.get_by_role("navigation", name="Personas")).to_be_visible()


@state
async def _settings_of_a_conversation(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("settings", Say("Done.")))
    await screen.open(f"{screen.path}/settings")
    await screen.page.get_by_label("Temperature").fill("9")
    await screen.button("Save").click()
    await expect(screen.page.get_by_role("alert")).to_be_visible()


@state
async def _appearance_open(screen: Screen, upstream: Upstream) -> None:
    await screen.button("Appearance").click()
    await expect(screen.page.get_by_role("group", name="Theme")).to_be_visible()


@state
async def _shortcuts_open(screen: Screen, upstream: Upstream) -> None:
    await screen.button("Keyboard shortcuts").click()
    await expect(screen.page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


@state
async def _all_conversations(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("all", Say("Done.")))
    await screen.open("/c")
    await screen.page.get_by_role("checkbox", name="Go").first.check()


@state
async def _renaming_one_in_its_row(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("renaming", Say("Done.")))
    await screen.list.locator(".sidebar__item").first.press("F2")
    await screen.list.get_by_role("textbox", name="New title").fill(" ")
    await screen.page.keyboard.press("Enter")
    await expect(screen.list.get_by_role("alert")).to_contain_text("A title has")


@state
async def _taken_out_of_the_archive(screen: Screen, upstream: Upstream) -> None:
    await _all_conversations(screen, upstream)
    await screen.button("Archive").click()
    await expect(screen.page.get_by_text("is in the archive now")).to_be_visible()
    await screen.open("/c?shelf=archive")
    await screen.page.get_by_role("checkbox", name="All").check()
    await screen.button("Take out of the archive").click()
    await expect(screen.button("Undo")).to_be_visible()


@state
async def _organising_one(screen: Screen, upstream: Upstream) -> None:
    await _all_conversations(screen, upstream)
    await screen.page.get_by_role("main").get_by_role("link", name="Organise").first.click()
    await screen.page.get_by_role("textbox", name="Title").fill("Go")
    await screen.page.get_by_role("combobox", name="Add a tag").fill("A tag")
    await screen.button("Add").click()
    await screen.page.get_by_role("main").get_by_role("link", name="Organise").first.click()
    await expect(screen.button("Take off A tag")).to_be_visible()


@state
async def _organising_one_on_a_page(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("organise", Say("Done.")))
    await screen.open(f"{screen.path}/organise")
    await expect(screen.button("Pin")).to_be_visible()


@state
async def _deleted_ones(screen: Screen, upstream: Upstream) -> None:
    await _all_conversations(screen, upstream)
    await screen.button("Delete").click()
    await expect(screen.button("Undo")).to_be_visible()
    await screen.open("/c?shelf=deleted")
    await screen.page.get_by_text("for good …").click()
    await expect(screen.button("Delete for good")).to_be_visible()


@state
async def _an_empty_archive(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/c?shelf=archive")
    await expect(screen.page.get_by_text("The archive is empty.")).to_be_visible()


@state
async def _nothing_left_to_delete(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/deleted/progress")
    await expect(screen.page.get_by_text("There is nothing left to delete.")).to_be_visible()


@state
async def _search_before_anything_is_typed(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/search")
    await expect(screen.page.get_by_role("searchbox", name="Search")).to_be_focused()


@state
async def _found(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("found", Say("A needle in it.")))
    await screen.open("/search")
    await screen.page.get_by_role("searchbox", name="Search").fill("needle")
    await expect(screen.page.locator(".hit mark").first).to_be_visible()


@state
async def _earlier_messages(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("earlier", Say("Done.")))
    await screen.open(f"{screen.path}?before=019b0000-0000-7000-8000-000000000000")


@state
async def _an_address_where_nothing_is(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/nowhere")
    await expect(screen.page.get_by_role("heading", name="Not found")).to_be_visible()


@state
async def _the_operator_s_page(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/status")
    await expect(screen.page.get_by_text("piece by piece")).to_be_visible()


@state
async def _what_was_spent(screen: Screen, upstream: Upstream) -> None:
    await _ask_and_wait(screen, await upstream.script("spent", Say("Done.")))
    await screen.list.get_by_role("link", name="this month").click()
    await expect(screen.page.get_by_role("heading", name="Usage in")).to_be_visible()


@state
async def _an_own_key(screen: Screen, upstream: Upstream) -> None:
    await screen.open("/settings/key")
    await screen.page.get_by_label("Your key").fill("no key")
    await screen.button("Use this key").click()
    await expect(screen.page.get_by_role("alert")).to_be_visible()


async def _two_versions(screen: Screen, upstream: Upstream, name: str) -> None:
    await _ask_and_wait(screen, await upstream.takes(name, [Say("First.")], [Say("Second.")]))
    await screen.button("Retry").click()
    await screen.sees_answer("Second.")
    await expect(screen.answer).to_contain_text("2/2")


async def _ask_and_wait(screen: Screen, model: str) -> None:
    await screen.ask("Go", model)
    await expect(screen.button("Retry")).to_be_visible()


@pytest.mark.parametrize("name", STATES)
async def test_no_rule_is_broken(screen: Screen, upstream: Upstream, name: str) -> None:
    await STATES[name](screen, upstream)
    assert await breaches(screen.page) == []


async def test_no_rule_is_broken_in_the_drawer_of_a_phone(screen: Screen) -> None:
    await screen.page.set_viewport_size({"width": 390, "height": 844})
    await screen.button("Show the list of conversations").click()
    phones = tuple(look for look in LOOKS if look.width == 390)
    assert await breaches(screen.page, phones) == []
    await screen.button("Appearance").click()
    assert await breaches(screen.page, phones) == []


@pytest.mark.parametrize("cookie", ["light.larger.comfortable.on", "dark.small.compact.off"])
async def test_no_rule_is_broken_however_pages_look(screen: Screen, upstream: Upstream, cookie: str) -> None:
    await screen.page.context.add_cookies([{"name": "appearance", "value": cookie, "url": screen.url}])
    await screen.reload()
    await _finished_with_everything(screen, upstream)
    assert await breaches(screen.page) == []


async def open_without_scripts(page: Page, url: str) -> None:
    """As a browser without JavaScript shows it; afterwards the page takes scripts, as the rules are checked by one."""
    devtools = await page.context.new_cdp_session(page)
    await devtools.send("Emulation.setScriptExecutionDisabled", {"value": True})
    await page.goto(url, wait_until="commit")
    await expect(page.locator("body")).to_contain_text("half a sen")
    await devtools.send("Emulation.setScriptExecutionDisabled", {"value": False})


async def test_no_rule_is_broken_without_javascript(
    screen: Screen, context: BrowserContext, upstream: Upstream
) -> None:
    await _growing(screen, upstream)
    page = await context.new_page()
    await open_without_scripts(page, screen.page.url)
    assert await breaches(page) == []
    document = await page.locator("iframe").get_attribute("src")
    await open_without_scripts(page, f"{screen.url}{document}")
    assert await breaches(page) == []


# What is spoken

SPEAKING: Final = "[aria-live]:not([aria-live=off]), [role=status], [role=alert]"
SPOKEN: Final = "() => spoken.map((node) => node.textContent).filter(Boolean)"


async def test_a_finished_answer_is_announced_once_and_no_token_is(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.takes(
        "said", [Say("First.")], [Say("Some "), Hold("a"), Say("more "), Hold("b"), Say("text.")]
    )
    await screen.ask("One", model)
    await screen.sees_answer("First.")
    await screen.page.evaluate(
        """(speaking) => {
            window.spoken = [];
            const hear = (records) => spoken.push(...records.flatMap((record) => [...record.addedNodes]));
            const all = { childList: true, characterData: true, subtree: true };
            for (const region of document.querySelectorAll(speaking)) new MutationObserver(hear).observe(region, all);
        }""",
        SPEAKING,
    )
    await screen.ask("Two")
    await screen.sees_growing("Some")
    await upstream.open("said", "a")
    await screen.sees_growing("more")
    assert await screen.page.evaluate(SPOKEN) == []
    await upstream.open("said", "b")
    await screen.sees_answer("Some more text.")
    assert await screen.page.evaluate(SPOKEN) == ["The answer has ended."]


# Where the focus is, and how large what is touched


async def test_the_focus_is_seen_wherever_it_goes(screen: Screen, upstream: Upstream) -> None:
    await _finished_with_everything(screen, upstream)
    await screen.page.evaluate("document.activeElement.blur()")
    seen: list[str] = []
    for _ in range(60):
        await screen.page.keyboard.press("Tab")
        name, is_seen = await screen.page.evaluate(
            """() => {
                const it = document.activeElement, { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(it);
                const box = it.getBoundingClientRect();
                const ring = outlineStyle === "solid" && parseFloat(outlineWidth) >= 2 && !outlineColor.endsWith(" 0)");
                const inView = box.bottom > 0 && box.top < innerHeight;
                return [it.outerHTML.slice(0, 80), inView && (ring || it.id === "message")];
            }"""
        )
        if name.startswith("<body"):
            break
        assert is_seen, name
        seen.append(name)
    assert len(seen) > 12


TOUCHED: Final = "a, button, summary, select, textarea, input:not([type=hidden])"
SMALL: Final = """([touched, least]) => [...document.querySelectorAll(touched)]
    .filter((it) => it.checkVisibility({ visibilityProperty: true }) && !it.closest(".skip-link, .prose"))
    .map((it) => [it.outerHTML.slice(0, 80), it.getBoundingClientRect()])
    .filter(([, box]) => Math.min(box.width, box.height) < least - 0.01)
    .map(([html, box]) => `${html} ${box.width} × ${box.height}`)"""


async def test_what_is_touched_is_large_enough_for_a_finger(
    browser: Browser, screen: Screen, upstream: Upstream
) -> None:
    await _finished_with_everything(screen, upstream)
    phone = await browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    page = await phone.new_page()
    await page.goto(screen.page.url)
    assert await page.evaluate(SMALL, [TOUCHED, 44]) == []
    await page.locator(".menu > summary").tap()
    await page.get_by_text("Delete this conversation").tap()
    assert await page.evaluate(SMALL, [TOUCHED, 44]) == []
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Show the list of conversations").tap()
    await page.get_by_role("button", name="Appearance").tap()
    assert await page.evaluate(SMALL, [TOUCHED, 44]) == []
    await phone.close()
