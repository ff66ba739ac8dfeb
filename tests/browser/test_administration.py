"""What administrators do in a browser, and what those whom it is about see of it. The pages have no scripts."""

from collections.abc import AsyncIterator, Awaitable, Callable
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.browser.axe import breaches
from tests.browser.screen import Screen
from tests.browser.test_accessibility import SMALL, TOUCHED
from tests.fakes.app_server import AppServer
from tests.fakes.signed_in import ADMINISTRATOR, NAME, PASSWORD
from tests.fakes.upstream import Upstream
from webapp.standin.steps import Hold, Say

SECTIONS = ("users", "invitations", "usage", "models", "budgets", "settings", "events")
HAIKU = "anthropic/claude-haiku-4.5"


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"AUTH": "on", **ADMINISTRATOR}


OpenTab = Callable[[], Awaitable[Screen]]


@pytest_asyncio.fixture(loop_scope="session")
async def open_tab(browser: Browser, server: AppServer) -> AsyncIterator[OpenTab]:
    """Tabs of browsers that know nothing of each other. None may have had a script error at the end."""
    screens: list[Screen] = []

    async def open_tab() -> Screen:
        context = await browser.new_context(viewport={"width": 1280, "height": 800})
        screens.append(Screen(await context.new_page(), server.url))
        return screens[-1]

    yield open_tab
    for screen in screens:
        await screen.page.context.close()
    assert [complaint for screen in screens for complaint in screen.complaints] == []


@pytest_asyncio.fixture(loop_scope="session")
async def office(open_tab: OpenTab) -> Screen:
    """The administrator's tab."""
    screen = await open_tab()
    await sign_in(screen, NAME)
    return screen


async def sign_in(screen: Screen, name: str) -> None:
    await screen.open("/login")
    await screen.page.get_by_label("E-mail address").fill(name)
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.button("Sign in").click()
    await expect(screen.box).to_be_visible()


async def invite(office: Screen, name: str) -> str:
    """Makes an invitation for an address; returns the path of its link."""
    await office.open("/admin/invitations")
    await office.page.get_by_label("E-mail address").fill(name)
    await office.button("Invite").click()
    return await shown_path(office)


async def shown_path(office: Screen) -> str:
    """That of a link which is shown this once. Its host is the one of APP_URL, and a server of tests has none."""
    link = urlsplit(await office.page.get_by_label("Give this link").input_value())
    return f"{link.path}?{link.query}"


async def join(office: Screen, screen: Screen, name: str, full_name: str = "") -> None:
    """Somebody is invited, and comes."""
    await screen.open(await invite(office, name))
    await screen.page.get_by_label("Your name").fill(full_name)
    await screen.page.get_by_label("Password").fill(PASSWORD)
    await screen.button("Make the account").click()
    await expect(screen.box).to_be_visible()


async def open_person(office: Screen, name: str) -> None:
    """The page of somebody who was found by name."""
    await office.open("/admin/users")
    await office.page.get_by_label("Name or e-mail address").fill(name)
    await office.button("Find").click()
    await office.page.get_by_role("main").get_by_role("list").get_by_role("link").click()


async def saved(page: Page) -> None:
    await expect(page.get_by_role("status")).to_have_text("Saved.")


async def test_somebody_is_invited_comes_and_is_among_the_users(office: Screen, open_tab: OpenTab) -> None:
    alice = await open_tab()
    await join(office, alice, "alice@example.org", "Alice Adams")
    await expect(alice.list.get_by_role("link", name="Administration")).to_have_count(0)
    await office.open("/")
    await office.list.get_by_role("link", name="Administration").click()
    await expect(office.page.get_by_role("heading", name="Users", level=1)).to_be_visible()
    await open_person(office, "adams")
    await expect(office.page.get_by_role("heading", name="Alice Adams", level=1)).to_be_visible()
    await office.page.get_by_role("combobox", name="Role").select_option("administrator")
    await office.button("Save the role").click()
    await saved(office.page)
    await alice.reload()
    await expect(alice.list.get_by_role("link", name="Administration")).to_be_visible()


async def test_an_invitation_that_was_withdrawn_leads_nowhere(office: Screen, open_tab: OpenTab) -> None:
    path = await invite(office, "mallory@example.org")
    await office.button("Withdraw the invitation of mallory@example.org").click()
    await saved(office.page)
    await expect(office.page.get_by_text("mallory@example.org")).to_have_count(0)
    mallory = await open_tab()
    await mallory.open(path)
    await expect(mallory.button("Make the account")).to_have_count(0)
    await expect(mallory.page.get_by_text("Ask for a new one")).to_be_visible()


async def test_who_is_disabled_while_an_answer_grows_is_out_and_finds_it_later(
    office: Screen, open_tab: OpenTab, upstream: Upstream
) -> None:
    bob = await open_tab()
    await join(office, bob, "bob@example.org")
    await bob.ask("Go", await upstream.script("bob", Say("Half of it. "), Hold("gate"), Say("The rest.")))
    await bob.sees_growing("Half of it.")
    await open_person(office, "bob@example.org")
    await office.button("Disable bob@example.org").click()
    await saved(office.page)
    await upstream.closed("bob")
    await bob.reload()
    await expect(bob.button("Sign in")).to_be_visible()
    await office.button("Enable again").click()
    await saved(office.page)
    await sign_in(bob, "bob@example.org")
    await bob.list.get_by_role("link", name="Go").click()
    await bob.sees_answer("Half of it.")


async def test_to_delete_somebody_the_name_is_typed(office: Screen, open_tab: OpenTab) -> None:
    carol = await open_tab()
    await join(office, carol, "carol@example.org")
    await open_person(office, "carol@example.org")
    await office.page.get_by_text("Delete carol@example.org").click()
    typed = office.page.get_by_label("Type carol@example.org")
    await typed.fill("carol")
    await office.button("Delete for good").click()
    await expect(office.page.get_by_role("alert")).to_contain_text("Nothing was deleted")
    await office.page.get_by_text("Delete carol@example.org").click()
    await typed.fill("carol@example.org")
    await office.button("Delete for good").click()
    await saved(office.page)
    await expect(office.page.get_by_text("carol@example.org")).to_have_count(0)
    await carol.reload()
    await expect(carol.button("Sign in")).to_be_visible()


async def test_a_new_password_comes_by_a_link_that_is_shown_once(office: Screen, open_tab: OpenTab) -> None:
    dave = await open_tab()
    await join(office, dave, "dave@example.org")
    await open_person(office, "dave@example.org")
    await office.button("Make a link").click()
    await dave.open(await shown_path(office))
    await expect(dave.page.get_by_label("password")).to_be_visible()
    await open_person(office, "dave@example.org")
    await expect(office.button("Make a link")).to_be_visible()


async def test_whose_link_another_has_seen_is_told_before_they_go_on(office: Screen, open_tab: OpenTab) -> None:
    fred = await open_tab()
    await join(office, fred, "fred@example.org")
    await open_person(office, "fred@example.org")
    await office.button("Make a link").click()
    await fred.open(await shown_path(office))
    await fred.page.get_by_label("Password").fill("a stormy evening")
    await fred.button("Set the password").click()
    await expect(fred.page.get_by_role("heading", name="Before you go on")).to_be_visible()
    await expect(fred.page.get_by_text("was signed in as you")).to_be_visible()
    assert await breaches(fred.page) == []
    await fred.page.get_by_role("link", name="Go on").click()
    await expect(fred.box).to_be_visible()
    await fred.open("/account")
    await expect(fred.page.get_by_role("heading", name="What happened here")).to_be_visible()
    await expect(fred.page.get_by_text("Reset link made")).to_be_visible()
    await expect(fred.page.get_by_text("By a link to choose a new password")).to_be_visible()
    assert await breaches(fred.page) == []


async def test_models_that_are_not_allowed_any_more_are_gone_and_a_conversation_says_so(
    office: Screen, open_tab: OpenTab, upstream: Upstream
) -> None:
    erin = await open_tab()
    await join(office, erin, "erin@example.org")
    await erin.ask("Hello", await upstream.script("erin", Say("Hi.")))
    await erin.sees_answer("Hi.")
    await office.open("/admin/models")
    await office.page.get_by_label("Maker or model").fill("claude haiku")
    await office.button("Find").click()
    await office.button(f"Allow only this: {HAIKU}").click()
    await saved(office.page)
    try:
        await erin.reload()
        await expect(erin.page.get_by_text("is not allowed here. Choose another from the list.")).to_be_visible()
        await erin.box.fill("Once more")
        await erin.button("Send").click()
        await expect(erin.page.get_by_role("alert")).to_contain_text("is not allowed here")
        await expect(erin.box).to_have_value("Once more")
        await erin.model.select_option(HAIKU)
        await erin.button("Send").click()
        await expect(erin.questions).to_have_text(["Hello", "Once more"])
        await erin.sees_ended()
        await erin.open("/")
        await expect(erin.model.locator("option")).to_have_count(1)
    finally:
        await office.button("Allow all models again").click()
        await saved(office.page)


@pytest.mark.parametrize("section", SECTIONS)
async def test_no_rule_is_broken(office: Screen, section: str) -> None:
    await office.open(f"/admin/{section}")
    assert await breaches(office.page) == []


async def test_no_rule_is_broken_where_there_is_something(office: Screen) -> None:
    await office.open("/admin/models?find=claude")
    assert await breaches(office.page) == []
    await invite(office, "frank@example.org")
    assert await breaches(office.page) == []
    await open_person(office, NAME)
    assert await breaches(office.page) == []
    await office.page.get_by_label("Soft").fill("lots")
    await office.button("Save the limits").click()
    await expect(office.page.get_by_role("alert")).to_be_visible()
    assert await breaches(office.page) == []


async def test_what_is_touched_is_large_enough_for_a_finger(browser: Browser, office: Screen) -> None:
    state = await office.page.context.storage_state()
    phone = await browser.new_context(
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True, storage_state=state
    )
    page = await phone.new_page()
    for section in (*SECTIONS, "models?find=claude"):
        await page.goto(f"{office.url}/admin/{section}")
        in_words = ".line__more a, .sums a, p:not(.line__name) a"
        small = await page.evaluate(SMALL.replace(".skip-link, .prose", f".skip-link, {in_words}"), [TOUCHED, 44])
        assert (section, small) == (section, [])
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), section
    await phone.close()
