"""When a page is first seen: on this machine's network, and on a slow processor and network."""

from typing import Final

from benchmarks.bench import Bench
from benchmarks.browser import chromium, new_tab
from benchmarks.table import Row, at_most

SLOWER: Final = 4

_FIRST_PAINT = """() => new Promise((found) => new PerformanceObserver((list) =>
  list.getEntriesByName("first-contentful-paint").forEach((entry) => found(entry.startTime)))
  .observe({ type: "paint", buffered: true }))"""
_BLOCKING = """() => performance.getEntriesByType("resource")
  .filter((one) => one.renderBlockingStatus === "blocking").length"""


def measure_paint(bench: Bench) -> list[Row]:
    """First contentful paint with an empty cache, what moved until the page was loaded, and what held it up."""
    with bench.upstream() as upstream, bench.app(upstream, "paint") as app, chromium() as browser:
        with new_tab(browser, app.port) as tab:
            tab.open()
            quick = tab.page.evaluate(_FIRST_PAINT)
        with new_tab(browser, app.port) as tab:
            tab.slow_down(times=SLOWER, network=True)
            tab.open()
            slow = tab.page.evaluate(_FIRST_PAINT)
            blocking = tab.page.evaluate(_BLOCKING)
            shifts = tab.probe()["shifts"]
    return [
        Row("first contentful paint, empty cache", "ms", quick),
        Row(f"first contentful paint, 400 kbit/s, 400 ms, processor {SLOWER} times slower", "ms", slow),
        Row("of its files, those that hold up the paint", "", blocking),
        at_most("layout shift while it loads", "", shifts, 0),
    ]
