"""What costs much is had so often in an hour and not more, counted for all processes; then it is told when again."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from tests.fakes.app_server import AppServer
from tests.fakes.database import open_database
from webapp.accounts.attempts_store import Attempts, Rate
from webapp.accounts.secret import hash_of
from webapp.accounts.throttles import (
    EXPORTS,
    MOST_ADDRESSES,
    PICTURES,
    PICTURES_OF_MANY,
    RATES,
    Costly,
    Throttles,
    Windows,
)
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import Attempts as AttemptsRow
from webapp.web.client import Client
from webapp.web.refusals import TooManyError

HOUR = timedelta(hours=1)

pytestmark = pytest.mark.own_server  # its user has had enough


@pytest.fixture
async def database(address: Address) -> AsyncIterator[Database]:
    async with open_database(address) as database:
        yield database


async def test_so_many_may_be_and_one_more_waits_for_the_end_of_the_hour(database: Database) -> None:
    attempts, rate = Attempts(database), Rate(3, HOUR)
    assert [await attempts.spend("forks", rate) for _ in range(3)] == [0, 0, 0]
    assert 3_500 < await attempts.spend("forks", rate) <= 3_600
    assert await attempts.spend("others", rate) == 0
    async with database.write() as session:
        await session.execute(update(AttemptsRow).values(expires_at=datetime.now(UTC) - timedelta(seconds=1)))
    assert await attempts.spend("forks", rate) == 0


async def test_of_many_at_once_no_more_are_let_in_than_one_after_the_other(database: Database) -> None:
    tries = await asyncio.gather(*(Attempts(database).spend("forks", Rate(5, HOUR)) for _ in range(20)))
    assert sum(seconds == 0 for seconds in tries) == 5


async def test_each_user_and_each_kind_has_a_count_of_its_own(database: Database) -> None:
    throttles, anna, ben = Throttles(Attempts(database)), uuid4(), uuid4()
    for _ in range(RATES[Costly.IMPORT].most):
        await throttles.take(Costly.IMPORT, anna)
    with pytest.raises(TooManyError, match="more than 100 imports within an hour") as refused:
        await throttles.take(Costly.IMPORT, anna)
    assert refused.value.retry_after is not None
    assert refused.value.retry_after > 3_000
    await throttles.take(Costly.FORK, anna)
    await throttles.take(Costly.IMPORT, ben)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 30)), max_size=60), st.integers(1, 5))
def test_in_no_time_of_that_length_are_there_more_than_two_windows_have(
    asked: list[tuple[str, int]], most: int
) -> None:
    now, let_in = 0.0, dict[str, list[float]](a=[], b=[])
    windows = Windows(10.0, lambda: now)
    for who, pause in asked:
        now += pause
        wait = windows.spend(who, most)
        assert 0 <= wait <= 10
        if not wait:
            let_in[who].append(now)
    for times in let_in.values():
        assert all(len([one for one in times if at <= one < at + 10]) <= 2 * most for at in times)


def test_readers_of_shares_are_counted_by_address_and_those_who_share_one_are_not_kept_out() -> None:
    throttles = Throttles(None, lambda: 0.0)  # type: ignore[arg-type]  # nothing is written
    for _ in range(PICTURES):
        throttles.show_picture(Client("203.0.113.7", "203.0.113.7", is_shared=False))
    with pytest.raises(TooManyError, match=r"more than 3,000 pictures within an hour\. Try again in 60 minutes"):
        throttles.show_picture(Client("203.0.113.7", "203.0.113.7", is_shared=False))
    throttles.show_picture(Client("203.0.113.8", "203.0.113.8", is_shared=False))
    for _ in range(PICTURES_OF_MANY):
        throttles.show_picture(Client("10.0.0.1", "10.0.0.1", is_shared=True))
    with pytest.raises(TooManyError):
        throttles.show_picture(Client("10.0.0.1", "10.0.0.1", is_shared=True))


def test_no_crowd_of_addresses_fills_the_memory() -> None:
    windows = Windows(10.0, lambda: 0.0)
    for number in range(MOST_ADDRESSES + 100):
        windows.spend(str(number), 1)
    assert len(windows._begun) == MOST_ADDRESSES


@pytest.mark.parametrize(
    ("what", "method", "path"),
    [
        (Costly.FORK, "POST", f"/messages/{UUID(int=1)}/fork"),
        (Costly.IMPORT, "POST", "/import"),
        (Costly.TEMPORARY, "POST", "/temporary"),
    ],
)
async def test_each_costly_address_is_throttled(
    server: AppServer, client: httpx.AsyncClient, what: Costly, method: str, path: str
) -> None:
    await client.get("/")  # with which there is a user
    had_enough(server, what)
    response = await client.request(method, path, data={"message": "x"})
    assert response.status_code == 429, response.text
    assert f"{what} within an hour" in response.text
    assert 3_000 < int(response.headers["retry-after"]) <= 3_600


async def test_exports_are_throttled_in_each_process(client: httpx.AsyncClient) -> None:
    for _ in range(EXPORTS):
        assert (await client.get("/export/all")).status_code == 200
    for method, path in (("GET", "/export/all"), ("POST", "/export/chosen")):
        refused = await client.request(method, path, data={"id": str(uuid4())})
        assert (refused.status_code, "60 exports within an hour" in refused.text) == (429, True)


def had_enough(server: AppServer, what: Costly) -> None:
    now = datetime.now(UTC)
    with closing(sqlite3.connect(server.database)) as connection:
        user = connection.execute("SELECT id FROM users").fetchone()[0]
        moments = [f"{at:%Y-%m-%d %H:%M:%S.%f}" for at in (now, now + HOUR)]
        row = (hash_of(f"{what} of {UUID(user)}"), RATES[what].most, *moments)
        connection.execute("INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?)", row)
        connection.commit()
