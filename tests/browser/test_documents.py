"""Stories of documents: saved, brought in, shared; with scripts and without."""

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import msgspec
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.conftest import OpenScreen
from tests.browser.geometry import at_rest, scrolled
from tests.browser.screen import Screen
from tests.fakes import exports
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say


@pytest_asyncio.fixture(loop_scope="session")
async def plain(browser: Browser, server: AppServer) -> AsyncIterator[Page]:
    """A tab of a browser without JavaScript."""
    context = await browser.new_context(java_script_enabled=False, base_url=server.url)
    yield await context.new_page()
    await context.close()


def sent(title: str) -> bytes:
    return msgspec.json.encode([exports.claude(key=str(uuid4())) | {"name": title}])


async def choose(page: Page, data: bytes) -> None:
    """Chooses a file, and has it looked at."""
    await page.get_by_label("File").set_input_files(
        {"name": "mine.json", "mimeType": "application/json", "buffer": data}
    )
    await page.get_by_role("button", name="Look at it").click()


async def unfold(page: Page, name: str) -> None:
    await page.locator(".menu > summary").click()
    await page.locator("summary", has_text=name).click()


async def test_a_conversation_is_saved_from_its_menu(screen: Screen, upstream: Upstream, tmp_path: Path) -> None:
    await screen.ask("Go", await upstream.script("saved", Say("Said.")))
    await screen.sees_answer("Said.")
    await unfold(screen.page, "Save as")
    async with screen.page.expect_download() as download:
        await screen.page.get_by_role("link", name="Web page").click()
    await (await download.value).save_as(tmp_path / "saved.html")
    await screen.page.goto(f"file://{tmp_path}/saved.html")
    await expect(screen.page.get_by_role("heading", name="Go")).to_be_visible()
    await expect(screen.page.locator(".prose")).to_have_text("Said.")


async def test_those_that_are_ticked_in_the_list_are_saved_as_a_zip(
    screen: Screen, upstream: Upstream, tmp_path: Path
) -> None:
    for name in ("One of two", "Two of two"):
        await screen.open()
        await screen.ask(name, await upstream.script("zipped", Say("Said.")))
        await screen.sees_answer("Said.")
    await screen.open("/c")
    await screen.page.get_by_role("checkbox", name="Two of two").check()
    async with screen.page.expect_download() as download:
        await screen.button("Export").click()
    await (await download.value).save_as(tmp_path / "some.zip")
    with zipfile.ZipFile(tmp_path / "some.zip") as archive:
        [name] = [name for name in archive.namelist() if name.endswith(".md")]
    assert "Two of two" in name
    await screen.page.get_by_role("checkbox", name="Two of two").uncheck()
    await screen.button("Export").click()
    await expect(screen.page.get_by_text("Nothing is chosen.")).to_be_visible()


async def test_a_file_is_looked_at_and_brought_in(screen: Screen) -> None:
    await screen.page.locator(".menu > summary").click()
    await screen.page.get_by_role("link", name="Import").click()
    await choose(screen.page, sent("With scripts"))
    await expect(screen.page.get_by_text("1 conversation with 2 messages can be brought in.")).to_be_visible()
    await expect(screen.list.get_by_text("With scripts")).to_have_count(0)
    await screen.button("Bring it in").click()
    await expect(screen.page.get_by_text("1 conversation was brought in.")).to_be_visible()
    await screen.reload()
    await screen.list.get_by_text("With scripts").click()
    await expect(screen.text).to_contain_text("A letter.")


async def test_a_file_is_brought_in_without_javascript(plain: Page) -> None:
    await plain.goto("/import")
    await choose(plain, sent("Without scripts"))
    await plain.get_by_role("button", name="Bring it in").click()
    await expect(plain.get_by_text("1 conversation was brought in.")).to_be_visible()
    await plain.get_by_role("link", name="To the conversations").click()
    await plain.get_by_role("main").get_by_text("Without scripts").click()
    await expect(plain.get_by_text("A letter.")).to_be_visible()


async def share(page: Page, *boxes: str) -> str:
    """Makes an address for the conversation of the page, and returns its path."""
    await unfold(page, "Share")
    for box in boxes:
        await page.get_by_label(box).check()
    await page.get_by_role("button", name="Make an address").click()
    return str(await page.get_by_role("link", name="Open", exact=True).first.get_attribute("href"))


async def holding(upstream: Upstream, name: str) -> str:
    """A model that answers at once, and the second time says "Some ", waits at gate a, and goes on."""
    return await upstream.takes(name, [Say("First.")], [Say("Some "), Hold("a", 120), Say("more.")])


async def test_who_has_the_address_sees_the_answer_grow(
    open_screen: OpenScreen, screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Go", await holding(upstream, "shown"))
    await screen.sees_answer("First.")
    conversation = screen.path
    address = await share(screen.page, "later", "Live")
    await screen.open(conversation)
    await screen.ask("On")
    await screen.sees_growing("Some")
    reader = await open_screen(address)
    await reader.sees_growing("Some")
    await upstream.open("shown", "a")
    await reader.sees_answer("Some more.")
    await expect(reader.page.get_by_role("button", name="Retry")).to_have_count(0)


async def test_what_is_shared_is_read_from_its_first_question_on(
    open_screen: OpenScreen, screen: Screen, upstream: Upstream
) -> None:
    long = Say("A paragraph of some length.\n\n" * 80)
    await screen.ask("The first question", await upstream.takes("read", [long], [long, Hold("a", 120)]))
    await screen.sees_ended()
    conversation = screen.path
    address = await share(screen.page, "later", "Live")
    for is_growing in (False, True):
        reader = await open_screen(address)
        await expect(reader.page.locator(".message__bubble").first).to_be_in_viewport()
        await reader.page.wait_for_load_state()
        await at_rest(reader)
        assert await scrolled(reader) == 0
        if not is_growing:
            await screen.open(conversation)
            await screen.ask("The second question")
            await screen.sees_growing("A paragraph")


async def test_what_is_withdrawn_ends_for_those_who_watch(
    open_screen: OpenScreen, screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Go", await holding(upstream, "withdrawn"))
    await screen.sees_answer("First.")
    conversation = screen.path
    address = await share(screen.page, "later", "Live")
    owner = await open_screen("/shares")
    await screen.open(conversation)
    await screen.ask("On")
    await screen.sees_growing("Some")
    reader = await open_screen(address)
    await reader.sees_growing("Some")
    await owner.page.get_by_role("button", name="Withdraw").first.click()
    await expect(reader.page.get_by_role("alert")).to_contain_text("withdrawn")
    await upstream.open("withdrawn", "a")
    await reader.reload()
    await expect(reader.page.get_by_role("heading", name="Not found")).to_be_visible()


async def test_it_is_shared_and_read_without_javascript(plain: Page, screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await holding(upstream, "plainly"))
    await screen.sees_answer("First.")
    await plain.goto(screen.path)
    address = await share(plain, "later", "Live")
    await screen.ask("On")
    await screen.sees_growing("Some")
    await plain.goto(address, wait_until="commit")
    growing = plain.frame_locator("iframe")
    await expect(growing.get_by_text("Some")).to_be_visible()
    await upstream.open("plainly", "a")
    await expect(growing.get_by_text("The answer has ended.")).to_be_visible()
    await growing.get_by_role("link").click()
    await expect(plain.get_by_text("Some more.")).to_be_visible()


async def test_a_large_file_leaves_the_view_where_it_is_and_fills_the_list(screen: Screen) -> None:
    """The last story here: of so many conversations in the list others would not find theirs."""
    await screen.open("/import")
    many = [exports.claude(key=str(uuid4())) | {"name": f"Of many {number}"} for number in range(400)]
    await choose(screen.page, msgspec.json.encode(many))
    await screen.button("Bring them in").click()
    await expect(screen.page.get_by_text("400 conversations were brought in.")).to_be_visible()
    await expect(screen.list.get_by_text("Of many").first).to_be_visible()
    assert await screen.page.evaluate("() => scrollY") == 0
