"""Limits on guessing, as the database counts them."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select, update

from webapp.accounts.attempts_store import Attempts, Limit
from webapp.db.engine import Database
from webapp.db.tables import Attempts as AttemptsRow

HOUR = timedelta(hours=1)
LIMIT = Limit(free=3, first=HOUR, most=4 * HOUR, memory=24 * HOUR)  # long, so that no test is too slow for it


@pytest.fixture
def attempts(database: Database) -> Attempts:
    return Attempts(database)


async def later(database: Database, by: timedelta) -> None:
    """Time passes: what is in the database becomes so much older."""
    async with database.write() as session:
        for row in await session.scalars(select(AttemptsRow)):
            row.began_at, row.expires_at = row.began_at - by, row.expires_at - by


async def test_some_are_free_and_then_one_waits_twice_as_long_each_time(attempts: Attempts, database: Database) -> None:
    for count in (1, 2, 3):
        attempt = await attempts.take("alice", LIMIT)
        assert (attempt.is_let_in, attempt.count) == (True, count)
    for hours in (1, 2, 4, 4):
        refused = await attempts.take("alice", LIMIT)
        assert not refused.is_let_in
        assert hours - 0.5 < refused.seconds / 3600 <= hours
        await later(database, hours * HOUR)
        assert (await attempts.take("alice", LIMIT)).is_let_in


async def test_what_was_refused_does_not_count(attempts: Attempts, database: Database) -> None:
    for _ in range(20):
        await attempts.take("alice", LIMIT)
    await later(database, HOUR)
    assert (await attempts.take("alice", LIMIT)).count == 4


async def test_subjects_do_not_know_of_each_other(attempts: Attempts) -> None:
    for _ in range(5):
        await attempts.take("alice", LIMIT)
    assert (await attempts.take("bob", LIMIT)).count == 1


async def test_of_many_at_once_no_more_are_let_in_than_are_free(database: Database) -> None:
    processes = [Attempts(database) for _ in range(12)]
    taken = await asyncio.gather(*(one.take("alice", LIMIT) for one in processes))
    assert sum(one.is_let_in for one in taken) == LIMIT.free


async def test_who_was_right_begins_anew(attempts: Attempts) -> None:
    for _ in range(4):
        await attempts.take("alice", LIMIT)
    await attempts.forget("alice")
    assert (await attempts.take("alice", LIMIT)).count == 1


async def test_one_that_ended_well_is_taken_back_and_no_other(attempts: Attempts) -> None:
    await attempts.take("address", LIMIT)
    await attempts.take("address", LIMIT)
    await attempts.take_back("address")
    await attempts.take_back("nobody")
    assert (await attempts.take("address", LIMIT)).count == 2


async def test_what_is_long_past_is_forgotten_and_deleted(attempts: Attempts, database: Database) -> None:
    for name in ("alice", "bob"):
        for _ in range(4):
            await attempts.take(name, LIMIT)
    await later(database, 25 * HOUR)
    assert (await Attempts(database).take("alice", LIMIT)).count == 1
    async with database.read() as session:
        assert await session.scalar(select(func.count()).select_from(AttemptsRow)) == 1


async def test_an_expired_row_that_is_not_swept_yet_counts_for_nothing(attempts: Attempts, database: Database) -> None:
    for _ in range(4):
        await attempts.take("alice", LIMIT)
    async with database.write() as session:
        await session.execute(update(AttemptsRow).values(expires_at=datetime(2026, 1, 1, tzinfo=UTC)))
    assert (await attempts.take("alice", LIMIT)).count == 1


@settings(deadline=None, derandomize=True)
@given(free=st.integers(1, 20), first=st.integers(1, 60), most=st.integers(1, 10_000), count=st.integers(0, 10**6))
def test_waits_grow_and_end_somewhere(free: int, first: int, most: int, count: int) -> None:
    limit = Limit(free, timedelta(seconds=first), timedelta(seconds=most))
    assert timedelta(0) <= limit.wait(count) <= limit.wait(count + 1) <= timedelta(seconds=most)
    assert (limit.wait(count) == timedelta(0)) == (count < free)
