"""Addresses as a browser reads them: the host that is shown is the host that it goes to."""

from typing import Final

from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.hostile_addresses import ADDRESSES
from tests.fakes.upstream import Upstream
from webapp.rendering.addresses import host_of
from webapp.standin.steps import Cite, Say

_READ: Final = """(addresses) => addresses.map((address) => {
  try {
    const { protocol, hostname, username, password } = new URL(address);
    return [protocol, hostname, username + password];
  } catch {
    return ["", "", ""];
  }
})"""


async def test_a_browser_goes_to_the_host_that_is_named_and_to_no_other(open_screen: OpenScreen) -> None:
    screen = await open_screen("/status/nothing")
    addresses = [one for one in ADDRESSES if one.isascii() or "\ud800" not in one]
    read = await screen.page.evaluate(_READ, addresses)
    named = {url: (host_of(url), *seen) for url, seen in zip(addresses, read, strict=True) if host_of(url)}
    assert len(addresses) > 300
    assert len(named) > 50
    wrong = {
        url: seen for url, seen in named.items() if seen[0] != seen[2] or seen[1] not in ("http:", "https:") or seen[3]
    }
    assert wrong == {}


async def test_a_source_shows_its_host_and_one_in_doubt_is_left_out(screen: Screen, upstream: Upstream) -> None:
    cited = (
        "https://www.google.com/a",
        "https://evil.example\\@www.google.com/",
        "https://www.google.com@evil.example/",
        "https://g\u043e\u043egle.com/",
        "javascript:alert(1)",
    )
    model = await upstream.script("cites", Say("Read this."), *(Cite(url, "A page") for url in cited))
    await screen.ask("Go", model)
    await screen.sees_answer("Read this.")
    sources = screen.page.get_by_role("list", name="Sources").get_by_role("link")
    await expect(sources).to_have_text(["google.com A page", "xn--ggle-55da.com A page"])
