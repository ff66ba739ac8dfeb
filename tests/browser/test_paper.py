"""What is printed: all that the page has, and where to get the rest."""

from typing import Final

from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.seed import seed
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Say

SHEET: Final = 643  # pixels between the margins of A4
ROW: Final = "|" + "|".join(f"Tablets{number}" for number in range(12)) + "|\n"
WIDE: Final = f"""{ROW}|{"---|" * 12}
{ROW}
$$ {" + ".join(f"x_{{{number}}} y^{{{number}}}" for number in range(40))} $$

```text
{"word " * 80}
```

https://example.org/?q=1 and <https://other.example/> and [a link](https://example.org/page)

```mermaid
graph TD
  A[First] --> B[Second]
```
"""


async def print_(screen: Screen) -> None:
    """As the browser does before it prints, when the page has all of its scripts."""
    await screen.has_all_scripts()
    await screen.page.set_viewport_size({"width": SHEET, "height": 1000})
    await screen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    await screen.page.emulate_media(media="print")


async def asked(screen: Screen, upstream: Upstream, name: str) -> None:
    await screen.ask("Go", await upstream.script(name, Say(WIDE)))
    await screen.sees_ended()


async def test_nothing_that_is_wide_goes_over_the_edge_of_the_paper(screen: Screen, upstream: Upstream) -> None:
    await asked(screen, upstream, "wide")
    await print_(screen)
    over = await screen.page.evaluate(
        """(sheet) => [...document.querySelectorAll(".prose *")]
            .filter((one) => one.getBoundingClientRect().right > sheet + 0.5)
            .map((one) => one.outerHTML.slice(0, 80))""",
        SHEET,
    )
    assert over == []


async def test_a_bare_address_is_printed_once_and_that_of_a_link_beside_it(screen: Screen, upstream: Upstream) -> None:
    await asked(screen, upstream, "bare")
    await print_(screen)
    printed = await screen.page.evaluate(
        """() => [...document.querySelectorAll(".prose a")]
            .map((link) => link.textContent + getComputedStyle(link, "::after").content)"""
    )
    assert printed[:2] == ["https://example.org/?q=1none", "https://other.example/none"]
    assert "(" in printed[2]


async def test_a_diagram_that_is_shown_is_printed_as_drawn(screen: Screen, upstream: Upstream) -> None:
    await asked(screen, upstream, "drawn")
    await screen.button("Diagram").click()
    await expect(screen.answer.frame_locator("iframe").get_by_text("Second")).to_be_visible()
    await print_(screen)
    await expect(screen.answer.locator("iframe")).to_be_visible()
    await expect(screen.answer.get_by_text("graph TD")).to_be_hidden()


async def test_paper_has_the_model_and_the_time(screen: Screen, upstream: Upstream) -> None:
    await asked(screen, upstream, "signed")
    await print_(screen)
    footer = screen.answer.locator(".message__footer")
    await expect(footer.locator(".on-paper")).to_contain_text("script/signed")
    await expect(footer.locator("time:visible")).to_have_count(1)
    await expect(screen.button("Retry")).to_be_hidden()


async def test_of_a_long_conversation_paper_says_what_is_missing_and_where_it_is(
    server: AppServer, open_screen: OpenScreen
) -> None:
    long = seed(server.database, [f"MARK-{number}" for number in range(90)])
    screen = await open_screen(f"/c/{long.id}")
    await expect(screen.page.get_by_text("Earlier messages", exact=True)).to_be_visible()
    await print_(screen)
    await expect(screen.page.get_by_text(f"The whole conversation is at /c/{long.id}.html")).to_be_visible()
    await expect(screen.page.get_by_text("Earlier messages", exact=True)).to_be_hidden()
    assert (await screen.page.request.get(f"{screen.url}/c/{long.id}.html")).ok
