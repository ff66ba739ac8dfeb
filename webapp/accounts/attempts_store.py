"""How often something was tried, counted in the database for all processes; from some number on one has to wait.

Counted before it is known how an attempt ends: so of many at once no more are let in than one after the other.
"""

import time
from datetime import datetime, timedelta
from functools import partial
from typing import Any, Final

from msgspec import Struct
from sqlalchemy import bindparam, delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.secret import hash_of
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Attempts as AttemptsRow
from webapp.db.types import new_id

SWEEP_EVERY: Final = 60.0  # seconds


class Limit(Struct, frozen=True):
    """So many attempts are free. After each further one the wait is twice as long: from `first` up to `most`.

    Who has not tried for `memory` begins anew.
    """

    free: int
    first: timedelta
    most: timedelta
    memory: timedelta = timedelta(days=1)

    def wait(self, count: int) -> timedelta:
        """How long to wait after the attempt that made it `count`."""
        if count < self.free:
            return timedelta(0)
        return min(self.first * (1 << min(count - self.free, 30)), self.most)


class Rate(Struct, frozen=True):
    """At most so many within a time, which begins with the first of them."""

    most: int
    within: timedelta


class Attempt(Struct, frozen=True):
    """`count` includes it if it was let in; else `seconds` is how long to wait before the next."""

    count: int
    seconds: float = 0.0

    @property
    def is_let_in(self) -> bool:
        return self.seconds <= 0


class Attempts:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._swept_at = -SWEEP_EVERY

    async def take(self, subject: str, limit: Limit) -> Attempt:
        """Counts an attempt at `subject`, or says how long to wait; one that has to wait does not count."""
        key = hash_of(subject)
        seen = await self._seen(key, limit)
        return await self._count(key, limit) if seen.is_let_in else seen

    async def note(self, subject: str, limit: Limit) -> Attempt:
        """The same for an attempt that has failed already, and is let in or not: nobody waits for it to be counted."""
        key = hash_of(subject)
        seen = await self._seen(key, limit)
        if seen.is_let_in:
            await self._database.background.do(("attempt", new_id()), partial(self._count, key, limit))
        return seen

    async def spend(self, subject: str, rate: Rate) -> float:
        """Counts one more of what may be done by a rate, or returns how many seconds there are to wait."""
        key = hash_of(subject)
        async with self._database.read() as session:  # a flood is turned away without a write
            if seconds := _too_soon((await session.execute(_ROW, {"key": key})).first(), rate):
                return seconds
        await self._sweep()
        async with self._database.write(f"attempts {key.hex()}") as session:
            row = (await session.execute(_ROW, {"key": key})).first()
            if seconds := _too_soon(row, rate):
                return seconds
            await _add_within(session, key, rate)
            return 0.0

    async def _seen(self, key: bytes, limit: Limit) -> Attempt:
        """Without a write, so that a flood is turned away cheaply."""
        async with self._database.read() as session:
            return await _look(session, key, limit)

    async def _count(self, key: bytes, limit: Limit) -> Attempt:
        await self._sweep()
        async with self._database.write(f"attempts {key.hex()}") as session:
            seen = await _look(session, key, limit)
            return seen if not seen.is_let_in else await _add(session, key, limit)

    async def forget(self, subject: str) -> None:
        """Begins anew with `subject`: whoever tried has shown to be the right one."""
        async with self._database.write(f"attempts {hash_of(subject).hex()}") as session:
            await session.execute(delete(AttemptsRow).where(AttemptsRow.subject == hash_of(subject)))

    async def take_back(self, subject: str) -> None:
        """One attempt less: it ended well, and says nothing about the others of the same subject."""
        async with self._database.write(f"attempts {hash_of(subject).hex()}") as session:
            row = await session.get(AttemptsRow, hash_of(subject))
            if row is not None:
                row.count = max(0, row.count - 1)

    async def _sweep(self) -> None:
        """By one at a time, and apart from what is counted, so that nobody waits for a row that another waits with."""
        if time.monotonic() - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = time.monotonic()
        async with self._database.write("attempts") as session:
            await session.execute(delete(AttemptsRow).where(AttemptsRow.expires_at <= moment()))


async def _look(session: AsyncSession, key: bytes, limit: Limit) -> Attempt:
    row = (await session.execute(_ROW, {"key": key})).first()
    if row is None or row.expires_at <= row.now:
        return Attempt(0)
    seconds = (row.began_at + limit.wait(row.tried) - row.now).total_seconds()
    return Attempt(row.tried, max(0.0, seconds))


async def _add(session: AsyncSession, key: bytes, limit: Limit) -> Attempt:
    now: datetime = (await session.execute(select(_NOW))).scalar_one()
    row = await session.get(AttemptsRow, key)
    if row is None:
        row = AttemptsRow(subject=key, count=0, began_at=now, expires_at=now)
        session.add(row)
    row.count = 1 if row.expires_at <= now else row.count + 1
    row.began_at, row.expires_at = now, now + limit.memory
    return Attempt(row.count)


def _too_soon(row: Any, rate: Rate) -> float:
    """Seconds until one more may be; 0 if that is now."""
    if row is None or row.tried < rate.most:
        return 0.0
    return max(0.0, float((row.expires_at - row.now).total_seconds()))


async def _add_within(session: AsyncSession, key: bytes, rate: Rate) -> None:
    now: datetime = (await session.execute(select(_NOW))).scalar_one()
    row = await session.get(AttemptsRow, key)
    if row is None:
        session.add(AttemptsRow(subject=key, count=1, began_at=now, expires_at=now + rate.within))
    elif row.expires_at <= now:
        row.count, row.began_at, row.expires_at = 1, now, now + rate.within
    else:
        row.count += 1


_NOW: Final = moment().label("now")
_ROW: Final = select(AttemptsRow.count.label("tried"), AttemptsRow.began_at, AttemptsRow.expires_at, _NOW).where(
    AttemptsRow.subject == bindparam("key")
)
