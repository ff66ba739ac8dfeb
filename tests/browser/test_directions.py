"""Text from right to left: marks, bars, columns and tick boxes stand where such a text begins."""

import pytest
from playwright.async_api import Locator

from tests.browser.screen import Screen
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

TEXT = """مرحبا بالعالم

- عنصر واحد
- عنصر ثان

> اقتباس

- [x] تم

| الاسم | القيمة |
|---|---|
| واحد | 1 |

```python
print(1)
```
"""
BLOCKS = (".prose :is(ul, ol, blockquote, table)", ".prose :is(ul, ol, li, blockquote, table)")


async def middle(element: Locator) -> float:
    box = await element.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2


@pytest.mark.parametrize("blocks", BLOCKS)
@pytest.mark.parametrize("width", [1280, 390])
async def test_blocks_that_have_a_direction_begin_at_the_right(
    screen: Screen, upstream: Upstream, blocks: str, width: int
) -> None:
    await screen.ask("Go", await upstream.script("rtl", Say(TEXT)))
    await screen.sees_ended()
    await screen.page.set_viewport_size({"width": width, "height": 900})
    await screen.page.evaluate(
        "(blocks) => document.querySelectorAll(blocks).forEach((one) => (one.dir = 'auto'))", blocks
    )
    for block in ("ul", "blockquote", "table"):
        one = screen.text.locator(block).first
        assert await one.evaluate("(one) => getComputedStyle(one).direction") == "rtl"
    columns = screen.text.locator("th")
    assert await middle(columns.nth(0)) > await middle(columns.nth(1))
    edges = await screen.text.locator("tr > :nth-child(2)").evaluate_all("""(cells) => cells.map((cell) => {
        const words = document.createRange();
        words.selectNodeContents(cell);
        return words.getBoundingClientRect().right;
    })""")
    assert max(edges) - min(edges) <= 1  # a number below its head
    tick, item = screen.text.locator("input"), screen.text.locator("li").last
    box, around = await tick.bounding_box(), await screen.text.bounding_box()
    assert box is not None
    assert around is not None
    assert await middle(tick) > await middle(item)
    assert box["x"] + box["width"] <= around["x"] + around["width"] + 1  # and is not cut off
    code = screen.text.locator(".code")
    assert await code.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
    bar = await screen.text.locator("blockquote").evaluate("(one) => getComputedStyle(one).borderRightWidth")
    assert bar == "3px"
