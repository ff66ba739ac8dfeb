"""Passkeys in a browser that has a device for them: one makes one, signs in with it, and lets it go."""

from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import breaches
from tests.browser.conftest import OpenScreen
from tests.browser.doors import grow_stale
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.ports import quiet_port

NAME: Final = "alice@example.org"
PASSWORD: Final = "a long way home"
DEVICE: Final = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    port = str(quiet_port())
    return {
        "AUTH": "on",
        "ADMIN_EMAIL": NAME,
        "ADMIN_PASSWORD": PASSWORD,
        "PORT": port,
        "APP_URL": f"http://localhost:{port}",
    }


class Device:
    """A device that keeps passkeys, of the browser's own making."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._cdp: Any = None
        self._id: Any = None

    async def plug_in(self) -> None:
        self._cdp = await self._page.context.new_cdp_session(self._page)
        await self._cdp.send("WebAuthn.enable")
        added = await self._cdp.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
        self._id = added["authenticatorId"]

    async def knows_its_user(self, does: bool) -> None:
        """Whether the finger that is laid on it is the right one."""
        await self._cdp.send("WebAuthn.setUserVerified", {"authenticatorId": self._id, "isUserVerified": does})


@pytest_asyncio.fixture(loop_scope="session")
async def signed_in(open_screen: OpenScreen) -> AsyncIterator[tuple[Screen, Device]]:
    screen = await open_screen("/account/passkeys")
    device = Device(screen.page)
    await device.plug_in()
    await by_password(screen)
    await expect(screen.page.get_by_role("heading", name="Passkeys")).to_be_visible()
    yield screen, device
    await remove_all(screen)


async def by_password(screen: Screen) -> None:
    await screen.page.get_by_label("E-mail address").fill(NAME)
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.button("Sign in").click()


async def remove_all(screen: Screen) -> None:
    await screen.open("/account/passkeys")
    removals = screen.page.get_by_role("button", name="Remove the passkey")
    for left in range(await removals.count(), 0, -1):
        await removals.first.click()
        await expect(removals).to_have_count(left - 1)


async def make(screen: Screen, name: str) -> None:
    await screen.page.get_by_label("Name of a new passkey").fill(name)
    await screen.button("Make a passkey").click()
    await expect(screen.page.get_by_label(f"Name of the passkey {name}")).to_have_value(name)


async def sign_out(screen: Screen) -> None:
    await screen.page.context.clear_cookies()
    await screen.open("/account/passkeys")
    await expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_one_makes_a_passkey_and_signs_in_with_it(signed_in: tuple[Screen, Device]) -> None:
    screen, _ = signed_in
    await make(screen, "Laptop")
    await expect(screen.page.get_by_text("not used yet")).to_be_visible()
    await sign_out(screen)
    await screen.button("Sign in with a passkey").click()
    await expect(screen.page.get_by_text("last used on")).to_be_visible()
    assert screen.path == "/account/passkeys"


async def test_one_renames_it_and_lets_it_go(signed_in: tuple[Screen, Device]) -> None:
    screen, _ = signed_in
    await make(screen, "Laptop")
    await screen.page.get_by_label("Name of the passkey Laptop").fill("Old laptop")
    await screen.button("Rename the passkey Laptop").click()
    await expect(screen.page.get_by_label("Name of the passkey Old laptop")).to_be_visible()
    await screen.button("Remove the passkey Old laptop").click()
    await expect(screen.page.get_by_text("You have none yet.")).to_be_visible()
    await sign_out(screen)
    await screen.button("Sign in with a passkey").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("does not open an account")


async def test_the_wrong_finger_opens_nothing_and_one_may_try_again(signed_in: tuple[Screen, Device]) -> None:
    screen, device = signed_in
    await make(screen, "Laptop")
    await sign_out(screen)
    await device.knows_its_user(False)
    await screen.button("Sign in with a passkey").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("Nothing came of it")
    await device.knows_its_user(True)
    await screen.button("Ask again").click()
    await expect(screen.page.get_by_text("last used on")).to_be_visible()


async def test_a_device_has_one_passkey_of_an_account(signed_in: tuple[Screen, Device]) -> None:
    screen, _ = signed_in
    await make(screen, "Laptop")
    await screen.page.get_by_label("Name of a new passkey").fill("Once more")
    await screen.button("Make a passkey").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("on that device already")
    await screen.page.get_by_role("link", name="Back").click()
    await expect(screen.page.get_by_label("Name of the passkey Laptop")).to_be_visible()


async def test_no_rule_of_accessibility_is_broken(signed_in: tuple[Screen, Device]) -> None:
    screen, _ = signed_in
    await make(screen, "Laptop")
    assert await breaches(screen.page) == []
    await screen.button("Make a passkey").click()
    await expect(screen.page.get_by_role("alert")).to_be_visible()
    assert await breaches(screen.page) == []
    await sign_out(screen)
    assert await breaches(screen.page) == []
    await screen.button("Sign in with a passkey").click()  # so that it can be removed
    await expect(screen.page.get_by_text("last used on")).to_be_visible()


async def test_where_passkeys_cannot_work_none_are_offered(open_screen: OpenScreen, server: AppServer) -> None:
    by_number = await open_screen("/login", server.url.replace("localhost", "127.0.0.1"))
    await expect(by_number.button("Sign in")).to_be_visible()
    await expect(by_number.button("Sign in with a passkey")).to_be_hidden()


async def test_without_javascript_the_page_says_what_is_missing(browser: Browser, server: AppServer) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(server.url + "/login")
    await page.get_by_role("button", name="Sign in with a passkey").click()
    await expect(page.locator("noscript p", has_text="Passkeys need JavaScript")).to_be_visible()
    await page.get_by_role("link", name="Back").click()
    await expect(page.get_by_label("Password")).to_be_visible()
    await context.close()


async def test_a_passkey_shows_that_it_is_still_its_owner(signed_in: tuple[Screen, Device], server: AppServer) -> None:
    screen, _ = signed_in
    await make(screen, "Laptop")
    await grow_stale(server)
    await screen.button("Remove the passkey Laptop").click()
    await expect(screen.page.get_by_text("To remove a passkey")).to_be_visible()
    await screen.button("Use a passkey").click()
    await screen.button("Go on").click()
    await expect(screen.page.get_by_text("You have none yet.")).to_be_visible()
