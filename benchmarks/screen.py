"""What a reader sees and when: from Enter to the upstream, from a token to the screen, and what it costs the page."""

import http.client
from statistics import median
from typing import Final

from playwright.sync_api import Browser

from benchmarks.bench import Bench
from benchmarks.browser import Tab, Work, chromium, new_tab, share
from benchmarks.table import Row, at_most
from benchmarks.upstream import Script

STREAM: Final = Script(600, 60.0)  # ten seconds
BURST: Final = Script(3_000, 1e6)
SENDS: Final = 7


def measure_screen(bench: Bench) -> list[Row]:
    """In Chromium, beside the app on the same machine."""
    with bench.upstream() as upstream, bench.app(upstream, "screen") as app, chromium() as browser:
        _warm_up(browser, app.port)
        return [
            at_most("Enter to the request upstream", "ms", _enter(browser, app.port, upstream), 15),
            *_shown(browser, app.port),
            *_burst(browser, app.port),
            *_main_thread(browser, app.port),
        ]


def _warm_up(browser: Browser, port: int) -> None:
    with new_tab(browser, port) as tab:
        tab.open()
        tab.ask(Script(60, 60.0))
        tab.wait_for_answers(1, 20)


def _enter(browser: Browser, port: int, upstream: int) -> float:
    """The median over several sends in one conversation, the first left out."""
    times = []
    with new_tab(browser, port) as tab:
        tab.open()
        for count in range(1, SENDS + 1):
            tab.ask(Script(3, 60.0))
            tab.wait_for_answers(count, 20)
            times.append((_last_arrival(upstream) - tab.monotonic_ns(tab.probe()["entered"])) / 1e6)
    return median(times[1:])


def _last_arrival(upstream: int) -> int:
    """When the upstream was asked last, in nanoseconds of the machine's clock."""
    connection = http.client.HTTPConnection("127.0.0.1", upstream, timeout=5)
    connection.request("GET", "/arrival")
    arrived = int(connection.getresponse().read())
    connection.close()
    return arrived


def _shown(browser: Browser, port: int) -> list[Row]:
    """From the upstream's write to the frame of the screen."""
    ages = {times: _ages(browser, port, times) for times in (1, 4)}
    return [
        at_most("token to screen p50, 600 at 60/s", "ms", share(ages[1], 0.5), 35),
        at_most("token to screen p95, 600 at 60/s", "ms", share(ages[1], 0.95), 50),
        at_most("token to screen p95, processor 4 times slower", "ms", share(ages[4], 0.95), 90),
    ]


def _ages(browser: Browser, port: int, slower: int) -> list[float]:
    with new_tab(browser, port) as tab:
        tab.open()
        tab.slow_down(times=slower)
        tab.ask(STREAM)
        tab.wait_for_answers(1, 40)
        return tab.ages()


def _burst(browser: Browser, port: int) -> list[Row]:
    """As many tokens at once as a long answer has."""
    with new_tab(browser, port) as tab:
        tab.open()
        tab.ask(BURST)
        tab.wait_for_answers(1, 30)
        shown = tab.probe()["shown"]
        ages = tab.ages()
    seconds = (shown[-1][1] - shown[0][1] + ages[0]) / 1000
    return [
        Row("burst of 3,000 tokens: shown", "", len(shown), budget="3000", is_ok=len(shown) == BURST.tokens),
        at_most("burst of 3,000 tokens: first sent to last shown", "s", seconds, 0.3),
    ]


def _main_thread(browser: Browser, port: int) -> list[Row]:
    """Pages that are not probed, and one of them not profiled either: that work would count."""
    with new_tab(browser, port, probed=False) as tab:
        before = _warm(tab)
        tab.ask(STREAM)
        tab.wait_for_answers(2, 40)
        work = tab.work().since(before)
    with new_tab(browser, port, probed=False) as tab:
        _warm(tab)
        tab.begin_profile()
        tab.ask(STREAM)
        tab.wait_for_answers(2, 40)
        script = tab.script_seconds()
    return [
        at_most("main thread for a stream of 10 s: script", "s", script, 0.3),
        Row("main thread for a stream of 10 s: style and layout", "s", work.style + work.layout),
        at_most("main thread for a stream of 10 s: all", "s", work.total, 2.2),
    ]


def _warm(tab: Tab) -> Work:
    """Lets the page have a first answer, so that everything is warm; the work until then."""
    tab.open()
    tab.ask(Script(5, 60.0))
    tab.wait_for_answers(1, 20)
    return tab.work()
