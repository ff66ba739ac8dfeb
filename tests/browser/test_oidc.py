"""Signing in at a provider, in a browser: there and back, there and not wanting to, and linking an account to it.

The provider is another site for the browser, as in life: the app is at localhost, and it at 127.0.0.1.
"""

from collections.abc import Iterator
from typing import Final

import pytest
from playwright.async_api import Browser, expect

from tests.browser.conftest import OpenScreen
from tests.browser.doors import grow_stale
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.oidc_provider import CLIENT_ID, CLIENT_SECRET, OidcProvider, running_provider
from tests.fakes.ports import quiet_port
from tests.fakes.signed_in import ADMINISTRATOR, NAME, PASSWORD

GO: Final = "Sign in with Provider"


@pytest.fixture(scope="module")
def running() -> Iterator[OidcProvider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def provider(running: OidcProvider) -> OidcProvider:
    running.forget()
    return running


@pytest.fixture(scope="module")
def environ(running: OidcProvider) -> dict[str, str]:
    port = str(quiet_port())
    return {
        "AUTH": "on",
        "PORT": port,
        "APP_URL": f"http://localhost:{port}",
        "OIDC_ISSUER": running.issuer,
        "OIDC_CLIENT_ID": CLIENT_ID,
        "OIDC_CLIENT_SECRET": CLIENT_SECRET,
        "OIDC_NAME": "Provider",
        "OIDC_DOMAINS": "example.org",
        "PASSWORD_SIGN_IN": "off",
        **ADMINISTRATOR,
    }


async def go(screen: Screen) -> None:
    """To the provider, whose page it is then."""
    await screen.button(GO).click()
    await expect(screen.page.get_by_role("heading", name="Sign in here")).to_be_visible()


async def agree(screen: Screen) -> None:
    await screen.page.get_by_role("link", name="Agree").click()


async def by_password(screen: Screen) -> None:
    await screen.page.get_by_text("Administrators can use a password").click()
    await screen.page.get_by_label("E-mail address").fill(NAME)
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.button("Sign in").click()


async def test_one_comes_back_signed_in_where_one_wanted_to_go(open_screen: OpenScreen, provider: OidcProvider) -> None:
    screen = await open_screen("/account/passkeys")
    await go(screen)
    await agree(screen)
    await expect(screen.page.get_by_role("heading", name="Passkeys")).to_be_visible()
    await expect(screen.page.get_by_text("You can also sign in with Provider")).to_be_visible()
    assert screen.path == "/account/passkeys"
    await screen.button("Do not sign in with Provider").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("nothing is left to sign in with")


async def test_who_cancels_there_is_where_they_were_and_told_nothing(
    open_screen: OpenScreen, provider: OidcProvider
) -> None:
    screen = await open_screen("/login")
    await go(screen)
    await screen.page.get_by_role("link", name="Cancel").click()
    await expect(screen.button(GO)).to_be_visible()
    await expect(screen.page.get_by_role("alert")).to_have_count(0)


async def test_two_tabs_on_their_way_both_arrive(open_screen: OpenScreen, provider: OidcProvider) -> None:
    first, second = await open_screen("/login"), await open_screen("/login")
    await go(first)
    await go(second)
    for screen in (first, second):
        await agree(screen)
        await expect(screen.box).to_be_visible()


async def test_what_another_browser_began_is_not_ended_here(
    open_screen: OpenScreen, browser: Browser, provider: OidcProvider
) -> None:
    screen = await open_screen("/login")
    await go(screen)
    back = await screen.page.get_by_role("link", name="Agree").get_attribute("href")
    assert back is not None
    context = await browser.new_context()
    victim = await context.new_page()
    await victim.goto(back)
    await expect(victim.get_by_role("alert")).to_contain_text("begun in another browser")
    await expect(victim.get_by_role("button", name=GO)).to_be_visible()
    await context.close()
    await agree(screen)
    await expect(screen.box).to_be_visible()


async def test_who_has_no_account_is_told_what_to_do(open_screen: OpenScreen, provider: OidcProvider) -> None:
    provider.person |= {"sub": "2", "email": "eve@elsewhere.example"}
    screen = await open_screen("/login")
    await go(screen)
    await agree(screen)
    await expect(screen.page.get_by_role("alert")).to_contain_text("Nobody has invited eve@elsewhere.example yet")


async def test_an_account_with_a_password_is_linked_by_its_owner(
    open_screen: OpenScreen, provider: OidcProvider
) -> None:
    provider.person |= {"sub": "3", "email": NAME}
    screen = await open_screen("/account/passkeys")
    await go(screen)
    await agree(screen)
    await expect(screen.page.get_by_role("alert")).to_contain_text(f"There is an account for {NAME} already")
    await screen.open("/account/passkeys")
    await by_password(screen)
    await screen.button("Link this account to Provider").click()
    await agree(screen)
    await expect(screen.page.get_by_text("You can also sign in with Provider")).to_be_visible()
    await screen.page.context.clear_cookies()
    await screen.open("/account/passkeys")
    await go(screen)
    await agree(screen)
    await expect(screen.button("Do not sign in with Provider")).to_be_visible()
    await screen.button("Do not sign in with Provider").click()
    await expect(screen.button("Link this account to Provider")).to_be_visible()


async def test_it_works_without_javascript(browser: Browser, server: AppServer, provider: OidcProvider) -> None:
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(server.url + "/account/passkeys")
    await page.get_by_role("button", name=GO).click()
    await page.get_by_role("link", name="Agree").click()
    await expect(page.get_by_role("heading", name="Passkeys")).to_be_visible()
    await context.close()


async def test_a_provider_that_is_away_is_told_of(open_screen: OpenScreen, provider: OidcProvider) -> None:
    screen = await open_screen("/login")
    await go(screen)
    provider.answers["/token"] = 500, {}, b""
    await agree(screen)
    await expect(screen.page.get_by_role("alert")).to_contain_text("Provider does not answer as it should")


async def test_who_signed_in_a_while_ago_signs_in_there_once_more_and_goes_on(
    open_screen: OpenScreen, provider: OidcProvider, server: AppServer
) -> None:
    provider.person = {"sub": "7", "email": "gina@example.org", "email_verified": True}
    screen = await open_screen("/account")
    await go(screen)
    await agree(screen)
    await screen.page.get_by_label("Name of a new token").fill("Backup script")
    await grow_stale(server)
    await screen.button("Make a token").click()
    await expect(screen.page.get_by_label("Password")).to_have_count(0)
    await screen.button("Sign in with Provider again").click()
    provider.person["sub"] = "8"
    await agree(screen)
    await expect(screen.page.get_by_role("alert")).to_contain_text("with another account")
    provider.person["sub"] = "7"
    await screen.button("Sign in with Provider again").click()
    provider.claims["auth_time"] = 1
    await agree(screen)
    await expect(screen.page.get_by_role("alert")).to_contain_text("too long ago")
    provider.claims.clear()
    await screen.button("Sign in with Provider again").click()
    await agree(screen)
    await screen.button("Go on").click()
    await expect(screen.page.get_by_label("Your new token")).to_be_visible()
