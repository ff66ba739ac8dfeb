"""Whatever a model says, in a real browser: nothing runs, nothing is fetched, nobody is led away."""

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest_asyncio
from playwright.async_api import BrowserContext, Page, Route, expect

from tests.browser.conftest import OpenScreen
from tests.browser.hostile import ELEMENTS, HOST, strings
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.eventually import eventually
from tests.fakes.upstream import Upstream
from tests.rendering.test_safety import TAGS
from webapp.standin.steps import Cite, Event, Reason, Say, Wait

STRINGS: Final = strings()
ANSWERS: Final = 8
PIECE: Final = 400  # characters that arrive together

_WATCH: Final = """
window.__count = 0; window.__breaches = [];
for (const name of ["__xss", "alert", "print", "confirm", "prompt"]) window[name] = () => { window.__count++; };
addEventListener("securitypolicyviolation", (event) =>
  window.__breaches.push(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`));
const allowed = /^(?:TAGS|button)$/;
const check = (node) => {
  if (!(node instanceof Element) || !node.closest(".prose")) return;
  for (const element of [node, ...node.querySelectorAll("*")]) {
    if (element.matches(".prose, [id$='-tail'], .live__tail")) continue;
    if (!allowed.test(element.localName)) window.__breaches.push("element: " + element.localName);
    for (const {name} of element.attributes)
      if (/^(on|hx-|data-hx-|style$|srcdoc|formaction|xlink)/.test(name)) window.__breaches.push("attribute: " + name);
  }
};
new MutationObserver((records) => { for (const record of records) record.addedNodes.forEach(check); })
  .observe(document, {childList: true, subtree: true});
window.__checkAll = () => document.querySelectorAll(".prose > *").forEach(check);
""".replace("TAGS", TAGS.pattern)


class Guard:
    """What a page did that it should not have done."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        self.led: list[str] = []
        self.dialogs = 0

    async def watch(self, context: BrowserContext) -> None:
        await context.add_init_script(_WATCH)
        await context.route(lambda url: not url.startswith(self.url), self._refuse)
        context.on("page", self._watch_page)

    async def _refuse(self, route: Route) -> None:
        self.asked.append(route.request.url)
        await route.abort()

    def _watch_page(self, page: Page) -> None:
        page.on("framenavigated", lambda frame: self.led.append(frame.url))
        page.on("dialog", lambda _: setattr(self, "dialogs", self.dialogs + 1))

    async def found_nothing(self, screen: Screen) -> None:
        await screen.page.evaluate("() => __checkAll()")
        assert await screen.page.evaluate("() => [__count, [...new Set(__breaches)]]") == [0, []]
        assert (self.asked, self.dialogs) == ([], 0)
        strange = [url for url in self.led if not re.fullmatch(re.escape(self.url) + r"/(c/[0-9a-f-]+)?(#.*)?", url)]
        assert strange == []


@pytest_asyncio.fixture(loop_scope="session")
async def guard(context: BrowserContext, server: AppServer) -> AsyncIterator[Guard]:
    guard = Guard(server.url)
    await guard.watch(context)
    yield guard


async def test_the_guard_notices(guard: Guard, screen: Screen) -> None:
    await screen.page.evaluate(
        """() => {
            const prose = document.createElement("div"), image = document.createElement("img");
            prose.className = "prose";
            image.setAttribute("hx-get", "/");
            image.src = "http://evil.example/";
            prose.append(image);
            document.body.append(prose);
            alert();
        }"""
    )
    found = await screen.page.evaluate("() => new Promise((done) => setTimeout(() => done([__count, __breaches])))")
    assert found[0] == 1
    assert {"element: img", "attribute: hx-get"} <= set(found[1])
    assert any(breach.startswith("policy: img-src") for breach in found[1])
    screen.complaints.clear()


async def test_nothing_that_a_model_says_comes_to_life(
    guard: Guard, open_screen: OpenScreen, upstream: Upstream
) -> None:
    assert len(STRINGS) > 600
    screen = await open_screen()
    for number in range(ANSWERS):
        text = "\n\n".join(STRINGS[number::ANSWERS])
        said = [step for piece in re.findall(rf"(?s).{{1,{PIECE}}}", text) for step in (Say(piece), Wait(0.01))]
        thought = Reason("\n\n".join(ELEMENTS))
        sources = [Cite(f"https://{HOST}/?q={each}", each) for each in ELEMENTS[number::ANSWERS]]
        broken = Event('{"choices":[{"delta":{"content":"\\ud800<script>__xss()</script>\\udfff"}}]}')
        model = await upstream.script(f"hostile-{number}", thought, *sources, *said, broken, Say("\n\nThe end."))
        await screen.ask(f"{ELEMENTS[number]} {text[:500]}".replace("\0", ""), model)
        await expect(screen.answers).to_have_count(number + 1)
        await screen.sees_ended()
        await expect(screen.text).to_contain_text("The end.")
    await guard.found_nothing(screen)
    await screen.reload()

    async def has_all() -> bool:
        """The page loads the turns above its window when one is at its top, to which a late browser may not keep."""
        await screen.page.evaluate("() => scrollTo(0, 0)")
        return await screen.answers.count() == ANSWERS

    await eventually(has_all)
    await guard.found_nothing(screen)
    addresses = await screen.page.evaluate("() => [...document.querySelectorAll('.prose a')].map((a) => a.href)")
    assert len(addresses) > 50
    here = re.escape(screen.page.url)
    assert [url for url in addresses if not re.match(rf"https?://|mailto:|{here}#m-", url)] == []


async def test_no_question_or_title_comes_to_life(guard: Guard, open_screen: OpenScreen, upstream: Upstream) -> None:
    screen = await open_screen()
    model = await upstream.script("mild", Say("Yes."))
    for payload in ELEMENTS[::6]:
        await screen.open()
        await screen.ask(payload.replace("\0", ""), model)
        await screen.sees_answer("Yes.")
    await guard.found_nothing(screen)
    await screen.reload()
    await guard.found_nothing(screen)
