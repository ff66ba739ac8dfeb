"""Handlers of a test's own, asked without a server in between."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, cast

import httpx
from litestar import Litestar
from litestar.types import ControllerRouterHandler


@asynccontextmanager
async def asking(*handlers: ControllerRouterHandler, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of an app that has these routes and nothing else."""
    app = Litestar(route_handlers=handlers, openapi_config=None, logging_config=None, debug=False, **options)
    transport = httpx.ASGITransport(cast("Any", app), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client
