"""What a message says goes to the clipboard: as Markdown, as rich text, and by hand where the browser keeps its own."""

from playwright.async_api import BrowserContext, expect

from tests.browser.screen import Screen
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Reason, Say

TEXT = "Some **bold** words.\n\n```python\nprint(42)\n```\n"


async def test_an_answer_is_copied_as_markdown(screen: Screen, upstream: Upstream, context: BrowserContext) -> None:
    await context.grant_permissions(["clipboard-read", "clipboard-write"])
    await screen.ask("Go", await upstream.script("markdown", Say(TEXT)))
    await screen.sees_ended()
    await screen.answer.get_by_role("link", name="Copy", exact=True).click()
    await expect(screen.answer.get_by_role("link", name="Copied")).to_be_visible()
    assert await screen.page.evaluate("navigator.clipboard.readText()") == TEXT
    assert screen.path.startswith("/c/")


async def copied_as_rich_text(screen: Screen) -> str:
    """The HTML that the last answer gives to the clipboard."""
    await screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await screen.answer.get_by_role("button", name="More actions").click()
    await screen.answer.get_by_role("link", name="Copy as rich text").click()
    await expect(screen.page.locator("#spoken")).to_have_text("Copied")
    return str(
        await screen.page.evaluate(
            """async () => {
                const [item] = await navigator.clipboard.read();
                return (await item.getType("text/html")).text();
            }"""
        )
    )


async def test_an_answer_is_copied_as_rich_text(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("rich", Say(TEXT)))
    await screen.sees_ended()
    html = await copied_as_rich_text(screen)
    assert "<strong>bold</strong>" in html
    assert "Wrap" not in html


async def test_the_answer_is_copied_and_not_its_thoughts(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("rich-thoughts", Reason("Only *thoughts*."), Say("The *answer*.")))
    await screen.sees_ended()
    html = await copied_as_rich_text(screen)
    assert "<em>answer</em>" in html
    assert "thoughts" not in html


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
