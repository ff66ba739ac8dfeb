"""Where things are on the screen, in pixels."""

from typing import Final

from playwright.async_api import Locator

from tests.browser.screen import Screen

BAR: Final = 56  # the height of the bar above a conversation


async def scrolled(screen: Screen) -> float:
    return float(await screen.page.evaluate("document.scrollingElement.scrollTop"))


async def rest(screen: Screen) -> float:
    """Pixels between the view's end and the page's, as it is drawn next."""
    return float(
        await screen.page.evaluate(
            """async () => {
                await new Promise(requestAnimationFrame);
                const root = document.scrollingElement;
                return root.scrollHeight - root.scrollTop - root.clientHeight;
            }"""
        )
    )


async def top(element: Locator) -> float:
    return float(await element.evaluate("(element) => element.getBoundingClientRect().top"))


async def at_rest(screen: Screen) -> None:
    """Returns when the view has not moved for some frames: smooth scrolling takes its time."""
    await screen.page.evaluate(
        """async () => {
            const root = document.scrollingElement;
            for (let still = 0, last = -1; still < 8; ) {
                await new Promise(requestAnimationFrame);
                still = root.scrollTop === last ? still + 1 : 0;
                last = root.scrollTop;
            }
        }"""
    )


async def turn_wheel(screen: Screen, pixels: int) -> None:
    await screen.page.mouse.move(600 if (await size(screen))[0] > 800 else 200, 300)
    await screen.page.mouse.wheel(0, pixels)
    await at_rest(screen)


async def size(screen: Screen) -> tuple[int, int]:
    view = screen.page.viewport_size
    assert view is not None
    return view["width"], view["height"]


async def without_anchoring(screen: Screen) -> None:
    """Makes the browser one that has no scroll anchoring, as Safari is, whatever the page says."""
    await screen.page.evaluate(
        """() => {
            const sheet = new CSSStyleSheet();
            sheet.replaceSync("* { overflow-anchor: none !important; }");
            document.adoptedStyleSheets = [sheet];
        }"""
    )


async def watch_place(element: Locator) -> None:
    """Notes where the element is in every frame from now on."""
    await element.evaluate(
        """(element) => {
            window.places = new Set();
            const note = () => {
                window.places.add(element.getBoundingClientRect().top);
                requestAnimationFrame(note);
            };
            note();
        }"""
    )


async def places(screen: Screen) -> set[float]:
    """Where the watched element has been."""
    return set(await screen.page.evaluate("[...window.places]"))


async def watch_shifts(screen: Screen) -> None:
    """Notes what is shifted, but for the line below a growing answer, which goes before the text."""
    await screen.page.evaluate(
        """() => {
            window.shifts = [];
            const elementOf = (node) => (node?.closest ? node : node?.parentElement);
            const isText = (node) => elementOf(node) && !elementOf(node).closest(".message__wait");
            new PerformanceObserver((list) => {
                const nodes = list.getEntries().flatMap(({ sources }) => sources.map(({ node }) => node));
                const name = (node) => `${node.nodeName} ${elementOf(node).className}`;
                window.shifts.push(...nodes.filter(isText).map(name));
            }).observe({ type: "layout-shift" });
        }"""
    )


async def shifts(screen: Screen) -> list[str]:
    return list(await screen.page.evaluate("window.shifts"))
