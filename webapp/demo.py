"""Demo mode: without a key for OpenRouter a stand-in of our own answers."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from msgspec.structs import replace

from webapp.config import Settings

logger = logging.getLogger(__name__)


@contextmanager
def upstream(settings: Settings) -> Iterator[tuple[Settings, bool]]:
    """The settings to run with, and whether they lead to the stand-in, which then runs as long as the block."""
    if settings.openrouter_api_key:
        yield settings, False
        return
    from webapp.standin.server import DEMO_KEY, start_in_thread  # not loaded where there is a key

    standin = start_in_thread(tokens_per_second=settings.demo_tokens_per_second)
    logger.info("OPENROUTER_API_KEY is not set: demo mode, a stand-in answers at %s", standin.base_url)
    try:
        yield replace(settings, openrouter_api_key=DEMO_KEY, openrouter_base_url=standin.base_url), True
    finally:
        standin.stop()
