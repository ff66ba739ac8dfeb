"""A Chromium as the measurements use it: pages that ask the app, tell when tokens were shown, and what that cost."""

import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct
from playwright.sync_api import Browser, Page, sync_playwright

from benchmarks.load import percentile
from benchmarks.processes import ROOT
from benchmarks.stamps import SPAN, UNIT_NS, units
from benchmarks.upstream import Script

FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
# A phone on a slow network: bytes a second down and up, milliseconds of delay.
SLOW_NETWORK: Final = {
    "offline": False,
    "latency": 400,
    "downloadThroughput": 400_000 / 8,
    "uploadThroughput": 400_000 / 8,
}

_PROBE: Final = Path(__file__).with_name("probe.js")


_ENDED: Final = "() => document.querySelectorAll('.message--answer:not([aria-busy])').length"
_POLL: Final = 0.2  # seconds: seldom enough to cost the page nothing
_NO_SCRIPT: Final = ("(root)", "(idle)", "(program)")  # of a profile: none of it is the work of a script
_SAMPLING: Final = 500  # microseconds between two samples of a profile
_LONGEST_SAMPLE: Final = 2_000  # microseconds; what is longer was another process's time, as the sampler pauses as well


class Work(Struct, frozen=True):
    """Seconds of the page's main thread so far, by what it did; ``total`` is all that it did."""

    layout: float
    style: float
    total: float

    def since(self, before: "Work") -> "Work":
        return Work(*(now - then for now, then in zip(self._values(), before._values(), strict=True)))

    def _values(self) -> tuple[float, ...]:
        return self.layout, self.style, self.total


class Tab:
    """One page of the app. Times are in milliseconds."""

    def __init__(self, page: Page, port: int) -> None:
        self.page = page
        self._port = port
        self._tools = page.context.new_cdp_session(page)
        self._tools.send("Performance.enable")
        self._offset_ns = time.time_ns() - time.monotonic_ns()

    def slow_down(self, *, times: int = 1, network: bool = False) -> None:
        """Makes the processor slower by a factor, and the network slow."""
        self._tools.send("Emulation.setCPUThrottlingRate", {"rate": times})
        if network:
            self._tools.send("Network.enable")
            self._tools.send("Network.emulateNetworkConditions", SLOW_NETWORK)

    def open(self, path: str = "/") -> None:
        self.page.goto(f"http://127.0.0.1:{self._port}{path}")

    def ask(self, script: Script) -> None:
        """Sends a question as a person does, by Enter, and does not wait for the answer."""
        self.page.get_by_label("Message", exact=True).fill(msgspec.json.encode(script).decode())
        self.page.keyboard.press("Enter")

    def wait_for_answers(self, count: int, timeout: float) -> None:
        """Until so many answers on the page have ended; ``timeout`` in seconds."""
        deadline = time.monotonic() + timeout
        while self.page.evaluate(_ENDED) < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"fewer than {count} answers have ended")
            time.sleep(_POLL)

    def probe(self) -> dict[str, Any]:
        found: dict[str, Any] = self.page.evaluate("() => window.probe")
        return found

    def ages(self) -> list[float]:
        """How old each token was when it was shown."""
        return [self._age(sent, shown) for sent, shown in self.probe()["shown"]]

    def monotonic_ns(self, page_time: float) -> float:
        """A time of the page as ``time.monotonic_ns`` counts it."""
        return page_time * 1e6 - self._offset_ns

    def work(self) -> Work:
        metrics = {one["name"]: one["value"] for one in self._tools.send("Performance.getMetrics")["metrics"]}
        names = ("LayoutDuration", "RecalcStyleDuration", "TaskDuration")
        return Work(*(metrics[name] for name in names))

    def begin_profile(self) -> None:
        self._tools.send("Profiler.enable")
        self._tools.send("Profiler.setSamplingInterval", {"interval": _SAMPLING})
        self._tools.send("Profiler.start")

    def script_seconds(self) -> float:
        """What scripts took since ``begin_profile``. Chromium's own count leaves out what follows an await."""
        profile = self._tools.send("Profiler.stop")["profile"]
        names = {node["id"]: node["callFrame"]["functionName"] for node in profile["nodes"]}
        samples = zip(profile["samples"], profile["timeDeltas"], strict=True)
        spent = (min(float(delta), _LONGEST_SAMPLE) for node, delta in samples if names[node] not in _NO_SCRIPT)
        return sum(spent) / 1e6

    def _age(self, sent: int, shown: float) -> float:
        age = (units(int(self.monotonic_ns(shown))) - sent) % SPAN
        return (age if age < SPAN // 2 else age - SPAN) * UNIT_NS / 1e6


@contextmanager
def chromium() -> Iterator[Browser]:
    """The browser that bin/browser finds."""
    path = subprocess.run([ROOT / "bin" / "browser"], check=True, capture_output=True, text=True).stdout.strip()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        yield browser
        browser.close()


@contextmanager
def new_tab(browser: Browser, port: int, *, probed: bool = True) -> Iterator[Tab]:
    """A page with an empty cache; ``probed`` if it is to note when tokens are shown, which costs a little itself."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    if probed:
        context.add_init_script(path=_PROBE)
    yield Tab(context.new_page(), port)
    context.close()


def share(values: list[float], at: float) -> float:
    """The value below which that share of ``values`` lies."""
    return percentile(sorted(values), at)
