"""Limits of the month and keys of one's own, as people meet them. Each story has a server and a month of its own."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from tests.browser.conftest import OpenScreen
from tests.browser.screen import Screen
from tests.fakes.app_server import AppServer
from tests.fakes.upstream import KEY, Upstream
from webapp.standin.server import StandIn
from webapp.standin.steps import Hold, Say, Usage

LONG = "word " * 12_000  # about five cents at the stand-in's prices
OWN_KEY = "sk-or-v1-a-key-of-my-own"


def settings(**values: str) -> pytest.MarkDecorator:
    """Those of a story's server."""
    return pytest.mark.parametrize("given", [values], ids=[""])


@pytest.fixture
def server(standin: StandIn, given: dict[str, str], tmp_path: Path) -> Iterator[AppServer]:
    server = AppServer(tmp_path, {"OPENROUTER_API_KEY": KEY, "OPENROUTER_BASE_URL": standin.base_url, **given})
    server.start()
    yield server
    server.stop()
    log = server.log()
    assert "Traceback" not in log, log
    assert OWN_KEY not in log


@settings(MONTHLY_HARD_LIMIT="0.01")
async def test_an_answer_that_comes_to_the_limit_is_stopped_and_nothing_more_is_sent(
    screen: Screen, upstream: Upstream, server: AppServer
) -> None:
    model = await upstream.script("dear", Say("It begins. "), Say(LONG), Hold("a"), Say("It ends."))
    await screen.ask("Go", model)
    await upstream.closed("dear")
    await screen.sees_ended()
    await expect(screen.text).to_contain_text("It begins. word")
    await expect(screen.answer).to_contain_text("Stopped.")
    await expect(screen.error).to_contain_text("this month's money is spent")
    await expect(screen.error).to_contain_text("begins anew on 1 ")
    await expect(screen.page.locator("#note")).to_contain_text("This month's money is spent")
    await screen.ask("And now?")
    alert = screen.page.get_by_role("alert")
    await expect(alert).to_contain_text("This month's money is spent")
    await expect(screen.box).to_have_value("And now?")
    await screen.answer.get_by_role("button", name="Continue").click()
    await expect(alert).to_contain_text("This month's money is spent")
    await screen.sees_ended()
    async with httpx.AsyncClient(base_url=server.url, trust_env=False, verify=False) as client:
        page = await client.post("/c", data={"message": "Without scripts", "model": model})
    assert page.status_code == 402
    assert int(page.headers.get("retry-after", "1")) > 0
    assert ">Without scripts</textarea>" in page.text
    assert len(await upstream.requests("dear")) == 1


@settings(MONTHLY_SOFT_LIMIT="1", MONTHLY_HARD_LIMIT="5")
async def test_above_the_soft_limit_a_note_says_so_and_sending_goes_on(screen: Screen, upstream: Upstream) -> None:
    model = await upstream.script("soft", Say("Yes."), Usage(cost=1.2))
    note, month = screen.page.locator("#note"), screen.list.get_by_role("link", name="this month")
    await expect(month).to_have_text("$0.00 of $5.00 this month")
    await expect(note).to_be_empty()
    await screen.ask("Go", model)
    await screen.sees_answer("Yes.")
    await expect(month).to_have_text("$1.20 of $5.00 this month")
    await expect(note).to_contain_text("$1.20 are spent this month: more than $1.00. Sending ends at $5.00.")
    await screen.ask("Again")
    await screen.sees_answer("Yes.")
    await expect(month).to_have_text("$2.40 of $5.00 this month")
    await note.get_by_role("link").click()
    await expect(screen.page.get_by_role("heading", name="Usage in")).to_be_visible()
    await expect(screen.page.locator("main")).to_contain_text("$2.40 was spent.")
    await expect(screen.page.get_by_role("row", name="script/soft")).to_contain_text("$2.40")
    await screen.page.get_by_role("link", name="To the conversations").click()
    await expect(note).to_contain_text("$2.40 are spent this month")


@settings(MAX_MESSAGES_PER_MINUTE="1")
async def test_who_sends_too_fast_is_told_when_to_send_again(screen: Screen, upstream: Upstream) -> None:
    await screen.ask("Go", await upstream.script("fast", Say("Yes.")))
    await screen.sees_answer("Yes.")
    await screen.ask("And on")
    await expect(screen.page.get_by_role("alert")).to_contain_text("Send again in ")
    await expect(screen.box).to_have_value("And on")


@settings(SECRET_KEY="a secret of thirty-two characters".replace(" ", "-"), MONTHLY_HARD_LIMIT="0")
async def test_an_own_key_is_entered_used_and_removed(screen: Screen, upstream: Upstream) -> None:
    model, page = await upstream.script("own", Say("Yes.")), screen.page
    await screen.list.get_by_role("link", name="this month").click()
    await page.get_by_role("link", name="Your OpenRouter key").click()
    field = page.get_by_label("Your key")
    await field.fill("sk-or-v1-expired")
    await field.press("Enter")
    await expect(page.get_by_role("alert")).to_contain_text("OpenRouter does not accept this key.")
    await expect(field).to_have_value("")
    await field.fill(OWN_KEY)
    await screen.button("Use this key").click()
    await expect(page.locator("main")).to_contain_text("Your own key, which ends in -own")
    assert OWN_KEY not in await page.content()
    await screen.open()
    await screen.ask("Go", model)
    await screen.sees_answer("Yes.")
    assert (await upstream.arrived("own")).headers["authorization"] == f"Bearer {OWN_KEY}"
    await expect(screen.list.get_by_role("link", name="this month")).to_contain_text("by your own key")
    await screen.ask("Go", "standin/error-401")
    await expect(screen.error).to_contain_text("OpenRouter does not accept your own key.")
    await screen.error.get_by_role("link", name="Your OpenRouter key").click()
    await screen.button("Remove the key").click()
    await expect(page.get_by_label("Your key")).to_be_visible()
    await screen.open()
    await screen.ask("Go", model)
    await expect(page.get_by_role("alert")).to_contain_text("This month's money is spent")


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


PORT = free_port()


@settings(SECRET_KEY="x" * 32, PORT=str(PORT), APP_URL=f"http://127.0.0.1:{PORT}")
async def test_a_key_comes_by_signing_in_at_openrouter(open_screen: OpenScreen, upstream: Upstream) -> None:
    screen = await open_screen("/settings/key")
    await screen.page.get_by_role("button", name="Get one by signing in at OpenRouter").click()
    await expect(screen.page.locator("main")).to_contain_text("Your own key, which ends in ")
    assert screen.path == "/settings/key"
    await screen.open()
    await screen.ask("Go", await upstream.script("signed", Say("Yes.")))
    await screen.sees_answer("Yes.")
    used = (await upstream.arrived("signed")).headers["authorization"]
    assert used.startswith("Bearer sk-or-v1-")
    assert used != f"Bearer {KEY}"


@settings()
async def test_without_a_secret_the_page_says_that_own_keys_are_off(open_screen: OpenScreen) -> None:
    screen = await open_screen("/settings/key")
    await expect(screen.page.locator("main")).to_contain_text("Own keys are off here.")
    await expect(screen.page.get_by_role("textbox")).to_have_count(0)
