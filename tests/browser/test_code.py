"""Blocks of code and diagrams: coloured, copied, wrapped, drawn; and nothing in them gets out."""

import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, FrameLocator, Locator, Page, expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say

PYTHON = "```python\nif x < 1:\n    print('a  b')\n"
CODE = "if x < 1:\n    print('a  b')"
DIAGRAM = "```mermaid\ngraph TD\n  A[First] --> B[Second]\n```\n"

HOSTILE = (
    'graph TD\n  A --> B\n  click A href "javascript:alert(1)"\n  click B call alert(1)\n',
    "graph TD\n  A[\"<img src='https://evil.example/a' onerror='alert(1)'>\"] --> B[\"<script>alert(1)</script>\"]\n",
    """\
%%{init: {"securityLevel": "loose", "htmlLabels": true, "flowchart": {"htmlLabels": true}}}%%
%%{init: {"themeCSS": "@import url(https://evil.example/c); * { background: url(https://evil.example/d) }"}}%%
graph TD
  A["<iframe src='https://evil.example/e'></iframe>"] --> B
""",
    "graph TD\n  A@{ img: 'https://evil.example/f', label: 'x' } --> B\n  style A fill:url(https://evil.example/g)\n",
    """\
sequenceDiagram
  participant A
  link A: x @ javascript:alert(1)
  A->>A: <a href="javascript:alert(1)">x</a>
""",
    "graph TD\n" + "".join(f"  A{number} --> A{number + 1}\n" for number in range(5_000)),
)


def block(screen: Screen) -> Locator:
    return screen.answer.locator(".code")


CLICK_ON_EVERYTHING = """() => {
    const click = () => new MouseEvent("click", { bubbles: true, cancelable: true });
    document.querySelectorAll("svg *").forEach((one) => one.dispatchEvent(click()));
}"""


async def height(screen: Screen) -> float:
    """Of the block. A first frame may put the block anew, so it can take another look."""
    for _ in range(50):
        box = await block(screen).bounding_box()
        if box is not None:
            return box["height"]
    raise AssertionError("there is no block")


def drawing(screen: Screen, number: int = 0) -> FrameLocator:
    return screen.answer.frame_locator("iframe[title=Diagram]").nth(number)


async def clipboard(page: Page) -> str:
    """What a paste would bring."""
    await page.evaluate("document.body.append(document.createElement('textarea'))")
    box = page.locator("body > textarea")
    await box.focus()
    await page.keyboard.press("Control+V")
    text = await box.input_value()
    await box.evaluate("(box) => box.remove()")
    return text


async def test_code_has_its_colours_when_it_is_closed_and_not_before(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("colours", Say(PYTHON), Hold("a"), Say("```\n"), Hold("b"), Say("The end."))
    await screen.ask("Go", model)
    await screen.sees_growing("print")
    await expect(block(screen).locator("code span")).to_have_count(0)
    before = await height(screen)
    await upstream.open("colours", "a")
    await expect(block(screen).get_by_text("if", exact=True)).to_have_class("k")
    assert await height(screen) == before
    html = await block(screen).inner_html()
    await upstream.open("colours", "b")
    await screen.sees_ended()
    assert await block(screen).inner_html() == html
    await screen.reload()
    assert await block(screen).inner_html() == html


@pytest.mark.parametrize("has_clipboard", [True, False])
async def test_code_is_copied_as_it_is_also_while_it_grows(
    open_screen: OpenScreen, upstream: Upstream, *, has_clipboard: bool
) -> None:
    screen = await open_screen()
    await screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    if not has_clipboard:  # as on a page that came by plain http from another machine
        await screen.page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
        await screen.open()
    model = await upstream.script("copy", Say(PYTHON), Hold("a"), Say("    return\n```\n"), Hold("b"))
    await screen.ask("Go", model)
    await screen.sees_growing("print")
    button = block(screen).get_by_role("button", name=re.compile("Cop"))
    await button.click()
    await expect(button).to_have_text("Copied")
    await expect(screen.page.get_by_role("status")).to_have_text("Copied")
    await expect(button).to_be_focused()
    assert await clipboard(screen.page) == CODE
    await expect(button).to_have_text("Copy")
    await upstream.open("copy", "a")
    await expect(block(screen)).to_contain_text("return")
    await button.click()
    await expect(button).to_have_text("Copied")
    assert await clipboard(screen.page) == CODE + "\n    return"


async def test_wrapped_lines_and_the_focus_survive_until_after_the_end(screen: Screen, upstream: Upstream) -> None:
    long = "```text\n" + "word " * 200 + "\n"
    model = await upstream.script("wrap", Say("a\n\n" + long), Hold("a"), Say("```\n\nb"), Hold("b"), Say("\n\nc"))
    await screen.ask("Go", model)
    await screen.sees_growing("word")
    button = block(screen).get_by_role("button", name="Wrap")
    narrow = await height(screen)
    await button.focus()
    await screen.page.keyboard.press("Enter")
    for gate, then in (("a", "b"), ("b", "c")):
        await expect(button).to_have_attribute("aria-pressed", "true")
        await expect(button).to_be_focused()
        assert await height(screen) > narrow * 1.5
        await upstream.open("wrap", gate)
        await screen.sees_growing(then) if gate == "a" else await screen.sees_ended()
    await expect(button).to_be_focused()
    await screen.page.keyboard.press("Space")
    await expect(button).to_have_attribute("aria-pressed", "false")
    assert await height(screen) == narrow


HEAR = """() => {
    const hear = (done) => document.addEventListener("htmx:sse:before:message", done, { once: true });
    window.heard = new Promise(hear);
}"""


async def test_a_click_arrives_also_where_more_comes_while_the_pointer_is_down(
    screen: Screen, upstream: Upstream
) -> None:
    model = await upstream.script(
        "pressed", Say("a\n\n```text\none\n"), Hold("a"), Say("two\n"), Hold("b"), Say("```\n\nthree"), Hold("c")
    )
    await screen.ask("Go", model)
    await screen.sees_growing("one")
    button = block(screen).get_by_role("button", name="Wrap")
    for gate, then, is_pressed in (("a", "two", "true"), ("b", "three", "false")):
        await screen.page.evaluate(HEAR)
        await button.hover()
        await screen.page.mouse.down()
        await upstream.open("pressed", gate)
        await screen.page.evaluate("window.heard.then(() => true)")
        await screen.page.mouse.up()
        await expect(button).to_have_attribute("aria-pressed", is_pressed)
        await expect(screen.answer).to_contain_text(then)


async def test_what_comes_while_the_pointer_is_down_is_there_at_the_end(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("down", Say("One\n\n"), Hold("a"), Say("Two\n\n"), Say("Three")))
    await screen.sees_growing("One")
    await screen.answer.get_by_text("One").hover()
    await screen.page.mouse.down()
    await upstream.open("down", "a")
    await screen.sees_ended()
    await screen.page.mouse.up()
    await expect(screen.text.locator("p")).to_have_text(["One", "Two", "Three"])


async def test_the_bar_of_a_long_block_stays_in_sight(screen: Screen, upstream: Upstream) -> None:
    lines = "".join(f"line {number}\n" for number in range(200))
    model = await upstream.script("bar", Say(f"```text\n{lines}```\n\nThe end."))
    await screen.ask("Go", model)
    await screen.sees_ended()
    await block(screen).evaluate("(block) => scrollBy(0, block.getBoundingClientRect().top + 1000)")
    await expect(block(screen).get_by_role("button", name="Copy")).to_be_in_viewport()
    await block(screen).get_by_role("button", name="Wrap").click()


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser, server: AppServer) -> AsyncIterator[Screen]:
    """A tab without JavaScript."""
    context = await browser.new_context(java_script_enabled=False)
    screen = Screen(await context.new_page(), server.url)
    yield screen
    await context.close()


async def test_without_javascript_there_are_no_dead_buttons(plain: Screen, screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("dead", Say(PYTHON + "```\n\n" + DIAGRAM))
    await screen.ask("Go", model)
    await screen.sees_ended()
    await expect(block(screen).get_by_role("button")).to_have_count(5)
    await plain.open(screen.path)
    await expect(block(plain).first).to_contain_text("Python")
    await expect(block(plain).get_by_role("button")).to_have_count(0)


async def test_a_diagram_is_drawn_when_it_is_asked_for(screen: Screen, upstream: Upstream) -> None:
    requests: list[str] = []
    screen.page.on("request", lambda request: requests.append(request.url.removeprefix(screen.url)))
    model = await upstream.script("draw", Say(DIAGRAM + "\nMore"), Hold("a"), Say(".\n"))
    await screen.ask("Go", model)
    await screen.sees_growing("More")
    assert [path for path in requests if "diagram" in path or "mermaid" in path] == []
    button = block(screen).get_by_role("button", name="Diagram")
    await button.click()
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
    await expect(block(screen).locator("code")).to_be_hidden()
    assert await drawing(screen).locator("html").evaluate("(html) => html.scrollHeight <= innerHeight")
    await upstream.open("draw", "a")
    await screen.sees_ended()
    await expect(button).to_have_attribute("aria-pressed", "true")
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
    await button.click()
    await expect(block(screen).locator("code")).to_be_visible()
    await expect(screen.answer.locator("iframe")).to_have_count(0)


async def test_a_drawn_diagram_stays(screen: Screen, upstream: Upstream) -> None:
    await screen.page.clock.install()
    await screen.open()
    await screen.ask("Go", await upstream.script("stays", Say(DIAGRAM)))
    await screen.sees_ended()
    await block(screen).get_by_role("button", name="Diagram").click()
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
    await screen.page.clock.run_for(30_000)  # any longer would end requests that are on their way
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
    await expect(screen.answer).not_to_contain_text("This cannot be drawn")


async def test_a_frame_that_stays_silent_is_given_up(screen: Screen, upstream: Upstream) -> None:
    await screen.page.clock.install()
    await screen.open()
    await screen.page.route("**/mermaid-*.js", lambda route: route.abort())
    await screen.page.route("**/assets/diagram-*.js", lambda route: route.abort())
    await screen.ask("Go", await upstream.script("silent", Say(DIAGRAM)))
    await screen.sees_ended()
    await block(screen).get_by_role("button", name="Diagram").click()
    await expect(screen.answer.locator("iframe")).to_have_count(1)
    await screen.page.clock.run_for(30_000)  # any longer would end requests that are on their way
    await expect(screen.answer).to_contain_text("This cannot be drawn")
    await expect(block(screen).locator("code")).to_be_visible()


async def test_a_diagram_that_was_asked_for_too_early_can_be_asked_for_again(
    screen: Screen, upstream: Upstream
) -> None:
    model = await upstream.script("early", Say("```mermaid\ngraph TD\n  A[First\n"), Hold("a"), Say("] --> B\n```\n"))
    await screen.ask("Go", model)
    await screen.sees_growing("First")
    button = block(screen).get_by_role("button", name="Diagram")
    await button.click()
    await expect(block(screen)).to_contain_text("This cannot be drawn")
    await expect(block(screen).locator("code")).to_be_visible()
    await expect(button).to_have_attribute("aria-pressed", "false")
    await upstream.open("early", "a")
    await screen.sees_ended()
    await expect(block(screen)).not_to_contain_text("This cannot be drawn")
    await button.click()
    await expect(drawing(screen).get_by_text("First")).to_be_visible()


async def test_a_hostile_diagram_reaches_nothing(screen: Screen, upstream: Upstream) -> None:
    foreign: list[str] = []
    dialogs: list[str] = []
    screen.page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    screen.page.context.on("page", lambda page: foreign.append(page.url))
    screen.page.on("request", lambda request: foreign.append(request.url))
    model = await upstream.script("hostile", Say("".join(f"```mermaid\n{source}```\n\n" for source in HOSTILE)))
    await screen.ask("Go", model)
    await screen.sees_ended()
    for number in range(len(HOSTILE)):
        one = block(screen).nth(number)
        await one.get_by_role("button", name="Diagram").click()
        await expect(one.locator("iframe[style], .code__problem")).to_be_visible()
        if not await one.locator("iframe").count():
            continue
        frame = one.frame_locator("iframe")
        assert await frame.locator("html").evaluate("() => origin") == "null"
        await frame.locator("html").evaluate(CLICK_ON_EVERYTHING)
    assert dialogs == []
    assert [url for url in foreign if not url.startswith(screen.url)] == []
    assert screen.path.startswith("/c/")
    screen.complaints = [one for one in screen.complaints if "Content Security Policy" not in one]


ATTACKS = """async () => {
    const breaches = [], outcomes = {};
    addEventListener("securitypolicyviolation", (event) => breaches.push(event.effectiveDirective));
    window.ran = 0;
    const drawing = document.getElementById("drawing");
    drawing.innerHTML = `<svg onload="ran++"><g onclick="ran++"><rect onmouseover="ran++"/></g></svg>
        <img src="x" onerror="ran++"><a href="javascript:ran++">x</a><details ontoggle="ran++" open></details>`;
    for (const one of drawing.querySelectorAll("*"))
        for (const type of ["click", "mouseover", "toggle", "load", "error"]) one.dispatchEvent(new Event(type));
    drawing.querySelector("a").click();
    const script = Object.assign(document.createElement("script"), { textContent: "ran++" });
    document.body.append(script);
    const tries = {
        cookie: () => document.cookie,
        storage: () => localStorage.length,
        parent: () => parent.document.title,
        top: () => (top.location = "https://evil.example/"),
    };
    for (const [name, work] of Object.entries(tries))
        try { work(); outcomes[name] = "done"; } catch (error) { outcomes[name] = error.name; }
    outcomes.window = open("https://evil.example/") === null ? "none" : "done";
    outcomes.fetch = await fetch("https://evil.example/").then(() => "done", () => "refused");
    await new Promise((done) => setTimeout(done, 100));
    return { ran, outcomes, breaches: [...new Set(breaches)] };
}"""


async def test_no_handler_or_script_that_a_drawing_had_would_run(screen: Screen, upstream: Upstream) -> None:
    """Mermaid does write handlers into its drawings: the frame's sandbox and its policy are what holds."""
    await screen.ask("Go", await upstream.script("handlers", Say(DIAGRAM)))
    await screen.sees_ended()
    await block(screen).get_by_role("button", name="Diagram").click()
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
    found = await drawing(screen).locator("html").evaluate(ATTACKS)
    assert found["ran"] == 0
    assert {"script-src-attr", "script-src-elem", "img-src", "connect-src"} <= set(found["breaches"])
    assert found["outcomes"] == {
        **dict.fromkeys(("cookie", "storage", "parent", "top"), "SecurityError"),
        "window": "none",
        "fetch": "refused",
    }
    assert screen.path.startswith("/c/")
    screen.complaints.clear()


async def test_a_page_takes_no_word_from_other_windows(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("words", Say(DIAGRAM))
    await screen.ask("Go", model)
    await screen.sees_ended()
    await block(screen).get_by_role("button", name="Diagram").click()
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
    await screen.page.evaluate("postMessage({ height: null }, '*')")
    await screen.page.evaluate("() => new Promise((done) => setTimeout(done, 0))")
    await expect(drawing(screen).get_by_text("Second")).to_be_visible()
