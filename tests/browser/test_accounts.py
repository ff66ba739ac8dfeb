"""Stories of people who have accounts: how they come in, what they see to, and how it ends."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.accounts.people import HOME
from tests.browser.axe import breaches
from tests.browser.conftest import OpenScreen
from tests.browser.doors import BOB, add_user, behind, end_sessions, fill_in, sign_in
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.signed_in import ADMINISTRATOR, NAME, PASSWORD
from tests.fakes.smtp import MailServer
from tests.fakes.upstream import Upstream
from webapp.accounts.users import Role
from webapp.standin.steps import Hold, Say

NEW_PASSWORD = "a quiet afternoon"


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"AUTH": "on", **ADMINISTRATOR}


@pytest_asyncio.fixture(loop_scope="session")
async def other_context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Another browser, or another person's."""
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield context
    await context.close()


@asynccontextmanager
async def started(folder: Path, **environ: str) -> AsyncIterator[AppServer]:
    """A server of the story's own, in demo mode."""
    server = AppServer(folder, {"AUTH": "on", **environ})
    server.start()
    try:
        yield server
    finally:
        server.stop()
    assert "Traceback" not in server.log()


# Coming in


async def test_the_first_administrator_comes_by_the_link_of_the_log(context: BrowserContext, tmp_path: Path) -> None:
    async with started(tmp_path) as server:
        path = re.findall(r"http://\S+(/setup\?token=\S+)", server.log())[0]
        screen = Screen(await context.new_page(), server.url)
        await screen.open(path)
        await screen.page.get_by_label("E-mail address").fill("first@example.org")
        await screen.page.get_by_label("Password").fill("password12")
        await screen.button("Make the account").click()
        await expect(screen.page.get_by_role("alert")).to_contain_text("first that anybody would try")
        assert await breaches(screen.page) == []
        await screen.page.get_by_label("Password").fill(NEW_PASSWORD)
        await screen.button("Make the account").click()
        await expect(screen.box).to_be_visible()
        await screen.open("/account")
        await expect(screen.page.get_by_text("an administrator")).to_be_visible()
        await screen.open(path)
        await expect(screen.page.get_by_text("This link does not work")).to_be_visible()
        assert screen.complaints == []


async def test_one_signs_in_and_gets_to_where_one_wanted_to_go(open_screen: OpenScreen) -> None:
    screen = await open_screen("/account?done=name")
    assert await breaches(screen.page) == []
    await fill_in(screen.page, password="a wrong password")
    await expect(screen.page.get_by_role("alert")).to_have_text("The e-mail address or the password is not right.")
    await expect(screen.page.get_by_label("E-mail address")).to_have_value(NAME)
    assert await breaches(screen.page) == []
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.button("Sign in").click()
    await expect(screen.page.get_by_role("heading", name="Account")).to_be_visible()
    assert screen.path == "/account?done=name"


async def test_who_guesses_is_told_how_long_to_wait(open_screen: OpenScreen) -> None:
    screen = await open_screen("/login")
    for number in range(40):
        await fill_in(screen.page, "guessed@example.org", f"guess number {number}")
        alert = screen.page.get_by_role("alert")
        await expect(alert).to_be_visible()
        if "Too many" in await alert.inner_text():
            break
    await expect(alert).to_contain_text(re.compile(r"Too many attempts\. Try again in \d+ (second|minute)s?\."))


async def test_who_is_invited_makes_an_account(
    server: AppServer, open_screen: OpenScreen, other_context: BrowserContext
) -> None:
    async with behind(server) as house:
        administrator = await house.users.credentials(NAME)
        assert administrator is not None
        link = await house.invitations.make(administrator.user, Role.MEMBER, "carol@example.org", 7, HOME)
    path = link[link.index("/join") :]
    screen = await open_screen(path)
    await expect(screen.page.get_by_label("E-mail address")).to_have_value("carol@example.org")
    assert await breaches(screen.page) == []
    await screen.page.get_by_label("Your name").fill("Carol")
    await screen.page.get_by_label("Password").fill(NEW_PASSWORD)
    await screen.button("Make the account").click()
    await expect(screen.box).to_be_visible()
    again = Screen(await other_context.new_page(), server.url)
    await again.open(path)
    await expect(again.page.get_by_text("has been used already")).to_be_visible()
    await sign_out(screen)


async def sign_out(screen: Screen) -> None:
    await screen.page.set_viewport_size({"width": 1280, "height": 800})  # the look at its rules may have left it narrow
    await screen.button("Sign out").click()
    await expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()


async def test_who_has_forgotten_the_password_gets_a_link_by_mail(context: BrowserContext, tmp_path: Path) -> None:
    async with MailServer().running() as post:
        mails = {"SMTP_URL": f"smtp://127.0.0.1:{post.port}", "MAIL_FROM": "chat@example.org"}
        async with started(tmp_path, **ADMINISTRATOR, **mails, SIGNUP_DOMAINS="example.org") as server:
            screen = Screen(await context.new_page(), server.url)
            await screen.open("/login")
            await screen.page.get_by_role("link", name="Forgotten your password?").click()
            await screen.page.get_by_label("E-mail address").fill(NAME)
            assert await breaches(screen.page) == []
            await screen.button("Send me a link").click()
            await expect(screen.page.get_by_role("status")).to_contain_text("on its way")
            assert await breaches(screen.page) == []
            letter = await post.letter()
            assert letter["To"] == NAME
            await screen.open(re.findall(r"http://[^/]+(/password\S+)", letter.get_content())[0])
            assert await breaches(screen.page) == []
            await screen.page.get_by_label("Password").fill(NEW_PASSWORD)
            await screen.button("Set the password").click()
            await expect(screen.box).to_be_visible()
            await sign_out(screen)

            await screen.page.get_by_role("link", name="Make an account").click()
            await screen.page.get_by_label("E-mail address").fill("dora@example.org")
            await screen.button("Send me a link").click()
            letter = await post.letter()
            assert letter["To"] == "dora@example.org"
            await screen.open(re.findall(r"http://[^/]+(/join\S+)", letter.get_content())[0])
            await screen.page.get_by_label("Password").fill(NEW_PASSWORD)
            await screen.button("Make the account").click()
            await expect(screen.box).to_be_visible()
            assert screen.complaints == []


# One's own account


async def test_a_token_opens_the_api_until_it_is_revoked(open_screen: OpenScreen) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    await screen.page.get_by_role("link", name="Account").click()
    await screen.page.get_by_label("Name of a new token").fill("Backup script")
    await screen.page.get_by_label("write").check()
    await screen.page.get_by_label("It works for").select_option("7 days")
    await screen.button("Make a token").click()
    token = await screen.page.get_by_label("Your new token").input_value()
    assert await breaches(screen.page) == []
    async with httpx.AsyncClient(
        base_url=screen.url, headers={"authorization": f"Bearer {token}"}, verify=False
    ) as client:
        assert (await client.post("/conversations", json={})).status_code == 201
        await screen.open("/account")
        await expect(screen.page.get_by_label("Your new token")).to_have_count(0)
        await expect(screen.page.get_by_text("May read and write. Made just now, last used just now")).to_be_visible()
        await screen.button("Revoke Backup script").click()
        await expect(screen.page.get_by_role("status")).to_contain_text("That token is revoked.")
        assert (await client.get("/conversations")).status_code == 401


async def test_a_new_password_signs_out_everywhere_else(
    server: AppServer, open_screen: OpenScreen, other_context: BrowserContext
) -> None:
    await add_user(server, "erin@example.org")
    screen = await open_screen("/login")
    await sign_in(screen, "erin@example.org")
    other = Screen(await other_context.new_page(), server.url)
    await sign_in(other, "erin@example.org")
    await screen.open("/account")
    await expect(screen.page.get_by_role("region", name="Signed in").get_by_role("listitem")).to_have_count(2)
    await screen.page.get_by_label("Current password").fill("a wrong password")
    await screen.page.get_by_label("New password").fill(NEW_PASSWORD)
    await screen.button("Change the password").click()
    await expect(screen.page.get_by_role("alert")).to_have_text("The current password is not right.")
    assert await breaches(screen.page) == []
    await screen.page.get_by_label("Current password").fill(PASSWORD)
    await screen.page.get_by_label("New password").fill(NEW_PASSWORD)
    await screen.button("Change the password").click()
    await expect(screen.page.get_by_role("status")).to_contain_text("Your password is changed.")
    await other.open("/")
    await expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await screen.open("/")
    await expect(screen.box).to_be_visible()


# The end of a session


async def test_a_session_that_is_ended_elsewhere_ends_its_stream(
    server: AppServer, open_screen: OpenScreen, other_context: BrowserContext, upstream: Upstream
) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    model = await upstream.script("revoked", Say("For my eyes"), Hold("a"), Say(" only."))
    await screen.ask("Go", model)
    await screen.sees_growing("For my eyes")
    conversation = screen.path
    other = Screen(await other_context.new_page(), server.url)
    await sign_in(other)
    await other.open("/account")
    await other.button("Sign out everywhere else").click()
    await expect(other.page.get_by_role("status")).to_contain_text("signed out everywhere else")
    await upstream.open("revoked", "a")
    await other.open(conversation)
    await other.sees_answer("For my eyes only.")
    await expect(screen.page.get_by_role("alert").get_by_role("link", name="Sign in")).to_be_visible()
    await expect(screen.page.get_by_text("only.")).to_have_count(0)


async def test_what_is_sent_after_the_session_has_ended_is_sent_once_after_signing_in(
    server: AppServer, open_screen: OpenScreen, upstream: Upstream
) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    model = await upstream.takes("expired", [Say("First.")], [Say("Second.")])
    await screen.ask("One", model)
    await screen.sees_answer("First.")
    await end_sessions(server)
    await screen.ask("Two, which is\nnot lost")
    await expect(screen.page.get_by_role("alert")).to_contain_text("You are not signed in")
    await expect(screen.box).to_have_value("Two, which is\nnot lost")
    assert await breaches(screen.page) == []
    await screen.page.get_by_role("link", name="Sign in").click()
    await fill_in(screen.page)
    await screen.sees_answer("Second.")
    await expect(screen.questions).to_have_text(["One", "Two, which is\nnot lost"])
    await expect(screen.box).to_have_value("")
    await screen.reload()
    await expect(screen.questions).to_have_count(2)
    await expect(screen.box).to_have_value("")


async def test_the_first_question_is_not_lost_either(
    server: AppServer, open_screen: OpenScreen, upstream: Upstream
) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    await end_sessions(server)
    await screen.ask("Hello", await upstream.script("expired-first", Say("Hello there.")))
    await screen.page.get_by_role("link", name="Sign in").click()
    await fill_in(screen.page)
    await expect(screen.questions).to_have_text(["Hello"])


async def test_what_was_changed_since_is_not_sent_by_itself(server: AppServer, open_screen: OpenScreen) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    await end_sessions(server)
    await screen.ask("Hello")
    await expect(screen.page.get_by_role("alert")).to_be_visible()
    await screen.box.fill("Hello, or rather not")
    await screen.page.get_by_role("link", name="Sign in").click()
    await fill_in(screen.page)
    await expect(screen.box).to_have_value("Hello, or rather not")
    await expect(screen.questions).to_have_count(0)


async def test_somebody_else_neither_sends_nor_sees_it(server: AppServer, open_screen: OpenScreen) -> None:
    await add_user(server)
    screen = await open_screen("/login")
    await sign_in(screen)
    await end_sessions(server)
    await screen.ask("For my eyes only")
    await screen.page.get_by_role("link", name="Sign in").click()
    await fill_in(screen.page, BOB)
    await expect(screen.box).to_have_value("")
    await expect(screen.questions).to_have_count(0)
    assert await screen.page.evaluate("JSON.stringify(sessionStorage).includes('my eyes')") is False


async def test_a_page_that_somebody_else_left_open_sends_nothing(server: AppServer, open_screen: OpenScreen) -> None:
    await add_user(server)
    screen = await open_screen("/login")
    await sign_in(screen)
    other_tab = await open_screen("/account")
    await other_tab.button("Sign out").click()
    await expect(other_tab.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await sign_in(other_tab, BOB)
    await screen.ask("For my eyes only")
    await expect(screen.page.get_by_role("alert")).to_contain_text("Somebody else has signed in here")
    await other_tab.reload()
    await expect(other_tab.list.get_by_text("For my eyes only")).to_have_count(0)


async def test_without_scripts_the_question_goes_along_to_sign_in_and_back(
    browser: Browser, server: AppServer, upstream: Upstream
) -> None:
    await add_user(server)
    context = await browser.new_context(java_script_enabled=False)
    screen = Screen(await context.new_page(), server.url)
    await sign_in(screen)
    await end_sessions(server)
    await screen.box.fill("Not lost\neither")
    await screen.button("Send").click()
    await expect(screen.page.get_by_role("alert")).to_contain_text("You are not signed in")
    await fill_in(screen.page, password="a wrong password")
    await fill_in(screen.page)
    await expect(screen.box).to_have_value("Not lost\neither")
    await screen.button("Send").click()
    await expect(screen.questions).to_have_text(["Not lost\neither"])
    await screen.open()  # while the answer grows this page has Stop in the place of Send
    await end_sessions(server)
    await screen.box.fill("For my eyes only")
    await screen.button("Send").click()
    await fill_in(screen.page, BOB)
    await expect(screen.list).to_be_visible()
    await expect(screen.page.get_by_text("my eyes")).to_have_count(0)
    await context.close()


async def test_after_signing_out_back_shows_nothing(open_screen: OpenScreen, upstream: Upstream) -> None:
    screen = await open_screen("/login")
    await sign_in(screen)
    await screen.ask("Hello", await upstream.script("back", Say("For my eyes only.")))
    await screen.sees_answer("For my eyes only.")
    await sign_out(screen)
    await screen.back()
    await expect(screen.page.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(screen.page.get_by_text("my eyes")).to_have_count(0)
