"""Asks OpenRouter afterwards for what calls have cost that were stopped or cut, in the background."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from decimal import Decimal
from typing import Final, Protocol

from webapp.accounts.keys import Keys, UnreadableKeyError
from webapp.accounts.spending import Spent
from webapp.background import background
from webapp.conversations.bills_store import BillStore, DueBill
from webapp.db.job_log import JobLog
from webapp.services.errors import OpenRouterError
from webapp.services.listings import Generation

logger = logging.getLogger(__name__)

LOOK_INTERVAL: Final = 60.0  # seconds between looks for bills that other processes have left
LEASE: Final = timedelta(minutes=1)
# OpenRouter knows a call some seconds after its end. What it does not know by the last of these, it never will.
DELAYS: Final = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=12))

# What OpenRouter doesn't know by then was hardly billed: nobody's money is held for longer.
HELD_FOR: Final = 2  # times that it was asked for, the second a minute after the first


class Cashier(Protocol):
    """Whoever knows what past calls have cost."""

    async def generation(self, generation_id: str, key: str = "") -> Generation | None: ...


class Settling:
    """Open bills of all processes: each is asked for by one of them."""

    def __init__(self, store: BillStore, cashier: Cashier, keys: Keys) -> None:
        self._store = store
        self._cashier = cashier
        self._keys = keys
        self._is_asked_to_look = asyncio.Event()
        self._log = JobLog(logger, "Open bills could not be settled")

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None, None]:
        """Settles while the block runs. What is left then, the next one to look will find."""
        async with background(self._keep_looking(), name="settling"):
            yield

    def look(self) -> None:
        """Says that there is a bill."""
        self._is_asked_to_look.set()

    async def settle_due(self) -> int:
        """Asks for all bills that are due now, and returns how many those were."""
        bills = await self._store.claim(LEASE)
        await asyncio.gather(*(self._settle(bill) for bill in bills))
        return len(bills)

    async def _keep_looking(self) -> None:
        while True:
            self._is_asked_to_look.clear()
            try:
                while await self.settle_due():
                    pass
                self._log.worked()
            except Exception as error:  # the bills are still there, and will be due again
                self._log.failed(error)
            with suppress(TimeoutError):
                async with asyncio.timeout(LOOK_INTERVAL):
                    await self._is_asked_to_look.wait()

    async def _settle(self, bill: DueBill) -> None:
        told = await self._told(bill)
        if told is not None:
            await self._store.settle(bill.id, told)
        elif bill.generation_id and bill.tries <= len(DELAYS):
            await self._store.put_off(bill.id, DELAYS[bill.tries - 1], releases=bill.tries >= HELD_FOR)
        else:
            logger.info("What generation %s has cost is not told; the estimate stands", bill.generation_id or "-")
            await self._store.give_up(bill.id)

    async def _told(self, bill: DueBill) -> Spent | None:
        """What OpenRouter tells of a call; None where it does not, for now."""
        if not bill.generation_id or (bill.by_own_key and bill.own_key is None):
            return None
        try:
            key = self._keys.open(bill.user_id, bill.own_key) if bill.by_own_key and bill.own_key else ""
            found = await self._cashier.generation(bill.generation_id, key)
        except (OpenRouterError, UnreadableKeyError) as error:
            logger.warning("What generation %s has cost could not be asked for: %s", bill.generation_id, error)
            return None
        return None if found is None or found.total_cost is None else _spent(found, found.total_cost)


def _spent(found: Generation, cost: Decimal) -> Spent:
    return Spent(
        found.native_tokens_prompt or 0,
        found.native_tokens_completion or 0,
        found.native_tokens_reasoning or 0,
        found.native_tokens_cached or 0,
        cost,
    )
