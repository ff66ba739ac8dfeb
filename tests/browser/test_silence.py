"""A model that falls silent, for a server that waits one second."""

import pytest
from playwright.async_api import expect

from tests.browser.screen import Screen


@pytest.fixture(scope="module")
def environ() -> dict[str, str]:
    return {"OPENROUTER_TIMEOUT": "1"}


async def test_a_model_that_falls_silent_is_given_up_and_its_text_kept(screen: Screen) -> None:
    await screen.ask("Go", "standin/stall")
    await expect(screen.error).to_be_visible()
    await expect(screen.text).not_to_be_empty()
