"""What an answer of 200 kB costs the page at its end, and whether anything in view jumps while one grows."""

import time
from typing import Final

from playwright.sync_api import Browser

from benchmarks.bench import Bench
from benchmarks.browser import Tab, chromium, new_tab
from benchmarks.table import Row, at_most
from benchmarks.upstream import Script, mean_length

LENGTH: Final = 200_000  # characters
RATE: Final = 200.0  # tokens a second
WARM: Final = 2.0  # seconds that are not measured after what came ahead


def measure_long(bench: Bench) -> list[Row]:
    """In Chromium: prose, lists, tables, code and formulas. All of the answer but its end comes ahead, quickly."""
    seconds = 6.0 if bench.quick else 15.0
    with bench.upstream() as upstream, bench.app(upstream, "long") as app, chromium() as browser:
        return [*_costs(browser, app.port, seconds), *_moved(browser, app.port, 2 * seconds)]


def _costs(browser: Browser, port: int, seconds: float) -> list[Row]:
    first_script, first = _work(browser, port, 0, seconds)
    last_script, last = _work(browser, port, _tokens(LENGTH) - int(seconds * RATE), seconds)
    name = f"answer of {LENGTH // 1000} kB at {RATE:g}/s"
    return [
        at_most(
            f"{name}: script in its last {seconds:g} s, of one core, beside the first",
            "%",
            last_script,
            5,
            first_script,
        ),
        Row(f"{name}: main thread, the same", "%", last, first),
    ]


def _work(browser: Browser, port: int, ahead: int, seconds: float) -> tuple[float, float]:
    """Per cent of a core for scripts and for all, in ``seconds`` after so many tokens that came ``ahead``."""
    tokens = ahead + int((seconds + 2 * WARM) * RATE)
    with new_tab(browser, port, probed=False) as tab:
        tab.open()
        tab.ask(Script(tokens, RATE, ahead=ahead, formulas=True))
        _wait_for_text(tab, ahead)
        time.sleep(WARM)
        tab.begin_profile()
        before, began = tab.work(), time.monotonic()
        time.sleep(seconds)
        work, took = tab.work().since(before), time.monotonic() - began
        return tab.script_seconds() / took * 100, work.total / took * 100


def _wait_for_text(tab: Tab, tokens: int) -> None:
    """Until the page has about so many tokens: what is shown of a token is a little shorter than what was written."""
    shown = "() => document.querySelector('.message--answer')?.textContent.length ?? 0"
    while tab.page.evaluate(shown) < tokens * 6:
        time.sleep(0.1)


def _moved(browser: Browser, port: int, seconds: float) -> list[Row]:
    """The first half is read from its top, the second half is followed."""
    with new_tab(browser, port) as tab:
        tab.open()
        tab.ask(Script(int(seconds * RATE), RATE, formulas=True))
        time.sleep(seconds / 2)
        tab.page.locator("#newer").click()
        tab.wait_for_answers(1, seconds + 60)
        probe = tab.probe()
    name = f"answer of {seconds:g} s at {RATE:g}/s"
    return [
        at_most(f"{name}: layout shift, but for the line below it", "", probe["shifts"], 0),
        Row(f"{name}: longest task", "ms", probe["longest"]),
    ]


def _tokens(length: int) -> int:
    return int(length / mean_length(formulas=True))
