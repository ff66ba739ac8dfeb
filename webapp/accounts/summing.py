"""Keeps what says how much each user has here short, in the background."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Final

from webapp.accounts.storage_store import Storage
from webapp.background import background
from webapp.db.job_log import JobLog

logger = logging.getLogger(__name__)

INTERVAL: Final = 60.0  # seconds


class Summing:
    def __init__(self, storage: Storage, *, interval: float = INTERVAL) -> None:
        self._storage = storage
        self._interval = interval
        self._log = JobLog(logger, "What users have here could not be summed up")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        async with background(self._keep_summing(), name="storage"):
            yield

    async def _keep_summing(self) -> None:
        while True:
            await asyncio.sleep(self._interval)
            try:
                await self._storage.fold()
                self._log.worked()
            except Exception as error:
                self._log.failed(error)
