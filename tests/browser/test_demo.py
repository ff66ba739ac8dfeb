"""A server without a key: a stand-in answers, and the page says so to everybody."""

import pytest
from playwright.async_api import expect

from tests.browser.axe import breaches
from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"OPENROUTER_API_KEY": ""}


async def test_the_demo_says_so_and_breaks_no_rule(screen: Screen) -> None:
    await expect(screen.page.get_by_role("complementary", name="Demo mode")).to_contain_text("not a real model")
    assert await breaches(screen.page) == []
