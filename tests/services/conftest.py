"""What tests of calls to OpenRouter need: a scripted server, a client of it, and a clock that nobody waits for."""

from collections.abc import AsyncIterator

import httpx
import pytest

from tests.services import wire
from webapp.config import Settings
from webapp.services.call import Clock
from webapp.services.openrouter import OpenRouter
from webapp.services.transport import open_client

KEY = "sk-or-v1-0123456789abcdef"


@pytest.fixture
async def server() -> AsyncIterator[wire.Server]:
    async with wire.running() as server:
        yield server


@pytest.fixture
def settings(server: wire.Server) -> Settings:
    return Settings(openrouter_api_key=KEY, openrouter_base_url=server.url, openrouter_timeout=5.0)


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(settings) as client:
        yield client


@pytest.fixture
def slept() -> list[float]:
    """The waits that were asked of the clock."""
    return []


@pytest.fixture
def openrouter(client: httpx.AsyncClient, settings: Settings, slept: list[float]) -> OpenRouter:
    return OpenRouter(client, settings, clock=clock_that_notes(slept))


def clock_that_notes(slept: list[float]) -> Clock:
    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    return Clock(now=lambda: 1_787_000_000.0, sleep=sleep, jitter=lambda: 1.0)
