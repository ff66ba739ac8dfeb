"""What a message says goes to the clipboard: as Markdown, as rich text, and by hand where the browser keeps its own."""

from playwright.async_api import BrowserContext, expect

from tests.browser.screen import Screen, opened_menu
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
    await opened_menu(screen.answer)
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


SELECTED = """\
Before $x^2$ after.

$$E=mc^2$$

```python
if x:
    print(42)
```

The end.
"""


async def copied_selection(screen: Screen, select: str) -> str:
    """What a paste brings as text after the script has selected something and Ctrl+C was pressed."""
    await screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    await screen.has_all_scripts()
    await screen.page.evaluate("document.activeElement.blur()")
    await screen.page.evaluate(select)
    await screen.page.keyboard.press("Control+C")
    return str(await screen.page.evaluate("navigator.clipboard.readText()"))


async def test_a_selection_has_code_without_labels_and_formulas_as_their_source(
    screen: Screen, upstream: Upstream
) -> None:
    await screen.ask("Go", await upstream.script("selected", Say(SELECTED)))
    await screen.sees_ended()
    select = "getSelection().selectAllChildren(document.querySelector('.message--answer > .prose'))"
    text = await copied_selection(screen, select)
    lines = [line for line in text.splitlines() if line]
    assert lines == ["Before $x^2$ after.", "$$E=mc^2$$", "if x:", "    print(42)", "The end."]


async def test_all_that_is_selected_has_no_buttons_nor_what_is_folded(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("A question", await upstream.script("all-selected", Reason("Only thoughts."), Say(SELECTED)))
    await screen.sees_ended()
    text = await copied_selection(screen, "getSelection().selectAllChildren(document.getElementById('turns'))")
    assert text.startswith("A question")
    assert "print(42)" in text
    for word in ("Copy", "Wrap", "Python", "Retry", "thoughts", "Thought", "You", "When"):
        assert word not in text


async def test_a_formula_is_copied_whole(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("half-selected", Say(SELECTED)))
    await screen.sees_ended()
    text = await copied_selection(screen, "getSelection().selectAllChildren(document.querySelector('math msup'))")
    assert text == "$x^2$"


async def test_rich_text_has_formulas_as_their_source_beside_it(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("rich-formula", Say(SELECTED)))
    await screen.sees_ended()
    assert "<math" in await copied_as_rich_text(screen)
    text = await screen.page.evaluate("navigator.clipboard.readText()")
    assert "Before $x^2$ after.\n" in text
    assert "Wrap" not in text
