"""The app's routes, for tests that go through all of them."""

from functools import cache
from typing import Final

from webapp.app import create_app
from webapp.config import Settings

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@cache
def routes() -> tuple[tuple[str, str], ...]:
    """Path and method of each, in order."""
    app = create_app(Settings(data_dir="nowhere"))
    return tuple(sorted({(route.path, method) for route in app.routes for method in getattr(route, "methods", ())}))
