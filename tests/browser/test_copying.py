"""What a message says goes to the clipboard: as Markdown, as rich text, and by hand where the browser keeps its own."""

from playwright.async_api import BrowserContext, expect

from tests.browser.screen import Screen
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

TEXT = "Some **bold** words.\n\n```python\nprint(42)\n```\n"


async def test_an_answer_is_copied_as_markdown(screen: Screen, upstream: Upstream, context: BrowserContext) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await screen.ask("Go", await upstream.script("markdown", Say(TEXT)))
    await screen.sees_ended()
    await screen.answer.get_by_role("link", name="Copy", exact=True).click()
    await expect(screen.answer.get_by_role("link", name="Copied")).to_be_visible()
    assert await screen.page.evaluate("navigator.clipboard.readText()") == TEXT
    assert screen.path.startswith("/c/")


async def test_an_answer_is_copied_as_rich_text(screen: Screen, upstream: Upstream, context: BrowserContext) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await screen.ask("Go", await upstream.script("rich", Say(TEXT)))
    await screen.sees_ended()
    await screen.answer.get_by_role("button", name="More actions").click()
    await screen.answer.get_by_role("link", name="Copy as rich text").click()
    await expect(screen.page.locator("#spoken")).to_have_text("Copied")
    html = await screen.page.evaluate(
        """async () => {
            const [item] = await navigator.clipboard.read();
            return (await item.getType("text/html")).text();
        }"""
    )
    assert "<strong>bold</strong>" in html
    assert "Wrap" not in html


async def test_where_the_browser_keeps_its_clipboard_it_is_copied_all_the_same(
    screen: Screen, upstream: Upstream, context: BrowserContext
) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await screen.ask("Go", await upstream.script("by-hand", Say(TEXT)))
    await screen.sees_ended()
    await screen.page.evaluate("navigator.clipboard.write = undefined")
    await screen.answer.get_by_role("link", name="Copy", exact=True).click()
    await expect(screen.answer.get_by_role("link", name="Copied")).to_be_visible()
    assert await screen.page.evaluate("navigator.clipboard.readText()") == TEXT
