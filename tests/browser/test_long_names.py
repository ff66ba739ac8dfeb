"""Names without a place to break, as long as they may be, on narrow screens: nothing goes over the edge."""

import re
from typing import Final

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.doors import add_user, sign_in
from tests.browser.screen import Screen, opened_menu
from tests.browser.test_accessibility import TOUCHED
from tests.fakes.app_server import AppServer
from tests.fakes.signed_in import ADMINISTRATOR
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Cite, Say

LONG: Final = "Rindfleischetikettierungsueberwachungsaufgabenuebertragungsgesetz" * 2
USER: Final = f"{LONG[:60].lower()}@example.org"
WIDTHS: Final = (320, 360, 390)
EVERYTHING: Final = (
    f"# {LONG}\n\n**{LONG}** `{LONG}` [{LONG}](https://example.org/{LONG})\n\n```{LONG[:30]}\n{LONG}\n```\n"
)

OVER_THE_EDGE: Final = """(touched) => {
    const end = document.documentElement.clientWidth + 0.5;
    const scrolls = (it) => it && (/auto|scroll/.test(getComputedStyle(it).overflowX) || scrolls(it.parentElement));
    const isHidden = (it) => it.matches(".skip-link") || it.closest("[popover]:not(:popover-open)");
    const isSeen = (it) => it.checkVisibility({ visibilityProperty: true }) && !isHidden(it);
    const isOver = ({ left, right, width }) => width > 1 && (left < -0.5 || right > end);
    const over = [...document.querySelectorAll(touched)]
        .filter((it) => isSeen(it) && !scrolls(it.parentElement) && isOver(it.getBoundingClientRect()))
        .map((it) => it.outerHTML.slice(0, 120));
    const { scrollWidth } = document.documentElement;
    return scrollWidth > end ? [...over, `the page is ${scrollWidth} wide`] : over;
}"""


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"AUTH": "on", "SECRET_KEY": "x" * 32, **ADMINISTRATOR}


@pytest_asyncio.fixture(loop_scope="session")
async def screen(open_screen: OpenScreen, server: AppServer) -> Screen:
    screen = await open_screen("/login")
    await screen.page.emulate_media(reduced_motion="reduce")  # what slides in is where it will be
    await sign_in(screen)
    return screen


async def post(screen: Screen, path: str, **form: str) -> None:
    fields: dict[str, str | float | bool] = {**form}
    answer = await screen.page.request.post(screen.url + path, form=fields, headers={"origin": screen.url})
    assert answer.ok, await answer.text()


async def over_the_edge(screen: Screen) -> list[str]:
    """What goes over the edge at one of the widths, with the longest name chosen in each field."""
    await screen.page.evaluate(
        """(name) => {
            for (const { selectedOptions: [chosen] } of document.querySelectorAll("select")) chosen.text = name;
        }""",
        LONG,
    )
    found: list[str] = []
    for width in WIDTHS:
        await screen.page.set_viewport_size({"width": width, "height": 700})
        over = await screen.page.evaluate(OVER_THE_EDGE, TOUCHED)
        found += [f"{screen.path} at {width} pixels: {one}" for one in over]
    return found


async def a_conversation(screen: Screen, upstream: Upstream, name: str) -> str:
    """One in which everything is long; its path."""
    said = Say(EVERYTHING), Cite(f"https://{LONG[:60]}.example.org/{LONG}", LONG)
    await screen.ask(LONG, await upstream.takes(name, [*said], [*said]))
    await expect(screen.button("Retry")).to_be_visible()
    await post(screen, f"{screen.path}/title", title=LONG)
    await post(screen, f"{screen.path}/tags", name=LONG[:40])
    await screen.reload()
    return screen.path


@pytest.mark.parametrize("name", ["Qwen3 235B A22B Instruct 2507", LONG[:22], LONG])
async def test_the_name_of_a_model_leaves_the_send_button_in_its_place(screen: Screen, name: str) -> None:
    for width in (*WIDTHS, 1280):
        await screen.page.set_viewport_size({"width": width, "height": 700})
        await screen.model.evaluate("(model, name) => { model.selectedOptions[0].text = name; }", name)
        box = await screen.page.locator(".composer__box").bounding_box()
        send = await screen.button("Send").bounding_box()
        assert box is not None
        assert send is not None
        assert send["x"] + send["width"] <= box["x"] + box["width"] - 8
        assert box["x"] + box["width"] <= width


async def test_pages_of_conversations_stay_within_a_narrow_screen(screen: Screen, upstream: Upstream) -> None:
    found: list[str] = []
    await post(screen, "/library/personas", name=LONG[:100])
    await post(screen, "/library/prompts", name=LONG[:100], text=f"{LONG} {{{{{LONG[:40]}}}}}")
    path = await a_conversation(screen, upstream, "long-names")
    await screen.button("Retry").click()
    await expect(screen.answer).to_contain_text("2/2")
    await post(screen, f"{path}/shares", later="yes")
    tag = re.search(r"/c\?tag=[0-9a-f-]+", await screen.page.evaluate("fetch('/c').then((page) => page.text())"))
    assert tag is not None
    await screen.open("/shares")
    shared = await screen.page.get_by_role("link", name="Open", exact=True).first.get_attribute("href")
    asked_for = [path, f"{path}/branches", f"{path}/organise", f"{path}/settings", "/", "/c", tag[0], "/shares"]
    for one in (*asked_for, str(shared), f"/search?q={LONG}", "/library", "/temporary", "/export", "/import"):
        await screen.open(one)
        await screen.page.wait_for_load_state()
        found += await over_the_edge(screen)
    assert found == []


async def test_what_opens_over_a_conversation_stays_within_a_narrow_screen(screen: Screen, upstream: Upstream) -> None:
    found: list[str] = []
    await a_conversation(screen, upstream, "long-panels")
    await screen.page.locator(".menu > summary").click()
    found += await over_the_edge(screen)
    await screen.page.get_by_role("link", name="Pin, archive, tags").click()
    await expect(screen.page.get_by_role("dialog", name="Organise")).to_be_visible()
    found += await over_the_edge(screen)
    await screen.page.keyboard.press("Escape")
    await screen.button("Show the list of conversations").click()
    found += await over_the_edge(screen)
    await screen.button("Appearance").click()
    found += await over_the_edge(screen)
    assert found == []


async def test_what_is_done_with_messages_stays_within_a_narrow_screen(screen: Screen, upstream: Upstream) -> None:
    found: list[str] = []
    path = await a_conversation(screen, upstream, "long-messages")
    await screen.answer.locator(".receipt > summary").click()
    found += await over_the_edge(screen)
    await screen.answer.get_by_role("link", name="exactly what was sent").click()
    await screen.page.wait_for_url("**/request")
    found += await over_the_edge(screen)
    await screen.open(path)
    await opened_menu(screen.answer)
    found += await over_the_edge(screen)
    await screen.answer.get_by_role("link", name="Retry with another model").click()
    await expect(screen.page.get_by_role("heading", name="Answer with another model")).to_be_visible()
    found += await over_the_edge(screen)
    await screen.open(path)
    await screen.page.get_by_role("link", name="Edit").first.click()
    await expect(screen.button("Ask again")).to_be_visible()
    found += await over_the_edge(screen)
    assert found == []


async def test_library_and_account_stay_within_a_narrow_screen(screen: Screen) -> None:
    found: list[str] = []
    await post(screen, "/library/personas", name=LONG[:100])
    await post(screen, "/library/prompts", name=LONG[:100], text=f"{LONG} {{{{{LONG[:40]}}}}}")
    await post(screen, "/account/name", full_name=LONG[:100])
    await post(screen, "/account/tokens", name=LONG[:60], read="true", days="30")
    await screen.open("/library")
    library = screen.page.locator("a[href^='/library/']")
    paths = [await one.get_attribute("href") for one in await library.all()]
    for path in (*paths, "/account", "/account/passkeys", "/usage", "/settings/key", "/status"):
        await screen.open(str(path))
        found += await over_the_edge(screen)
    assert found == []


async def test_administration_stays_within_a_narrow_screen(screen: Screen, server: AppServer) -> None:
    found: list[str] = []
    user = await add_user(server, USER)
    await post(screen, "/admin/invitations", name=f"x{USER}", role="member")
    sections = [f"/admin/{one}" for one in ("users", "invitations", "usage", "models", "budgets", "settings", "events")]
    for path in (*sections, f"/admin/users/{user.id}"):
        await screen.open(path)
        found += await over_the_edge(screen)
        for fold in await screen.page.locator("main summary").all():
            await fold.click()
        found += await over_the_edge(screen)
    assert found == []
