"""The ledger beside a plain list of what was spent: exact to the picodollar, on both databases."""

from collections import defaultdict
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fakes.apart import apart
from tests.fakes.database import open_database
from webapp.accounts.ledger_store import Ledger, book
from webapp.accounts.spending import Entry, Line, Month, Spent, day_of
from webapp.db.address import Address
from webapp.db.engine import Database
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id

NOW = datetime(2026, 11, 1, tzinfo=UTC)

_COSTS = st.decimals(-1, 1_000, places=12, allow_nan=False)
_DAYS = st.sampled_from(["2026-10-31", "2026-11-01", "2026-11-30", "2026-12-01"])
GivenEntry = tuple[int, str, str, Decimal, int, bool]

_ENTRIES = st.lists(
    st.tuples(st.integers(0, 1), _DAYS, st.sampled_from(["a/b", "a/c"]), _COSTS, st.integers(0, 9), st.booleans()),
    max_size=20,
)


async def users(database: Database) -> list[UUID]:
    made = [new_id(), new_id()]
    async with database.write() as session:
        session.add_all(UserRow(id=key, name=str(key), created_at=NOW) for key in made)
    return made


@given(given_entries=_ENTRIES, together=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_it_has_what_a_list_has(address: Address, given_entries: list[GivenEntry], together: bool) -> None:
    apart(compare(address, given_entries, together))


async def compare(address: Address, given_entries: list[GivenEntry], together: bool) -> None:
    async with open_database(address) as database:
        people = await users(database)
        entries = [
            Entry(people[who], day, model, Spent(answers, 2 * answers, cost=cost), answers, own)
            for who, day, model, cost, answers, own in given_entries
        ]
        for some in [entries] if together else [[one] for one in entries]:
            if some:
                async with database.write() as session:
                    await book(await session.connection(), some)
        for who in people:
            own = [one for one in entries if one.user_id == who]
            ledger, november = Ledger(database), Month(2026, 11)
            there = {Month.parse(one.day[:7]) for one in own}
            assert await ledger.months(who) == sorted(there, reverse=True)
            of_month = [one for one in own if one.day.startswith("2026-11")]
            assert await ledger.days(who, november) == sorted(plain(of_month, "day"), key=lambda line: line.name)
            models = plain(of_month, "model")
            assert await ledger.models(who, november) == sorted(models, key=lambda line: (-line.cost, line.name))


def plain(entries: list[Entry], by: str) -> list[Line]:
    found: dict[str, list[Entry]] = defaultdict(list)
    for one in entries:
        found[getattr(one, by)].append(one)
    return [
        Line(
            name,
            sum(one.answers for one in some),
            sum(one.spent.prompt_tokens for one in some),
            sum(one.spent.completion_tokens for one in some),
            sum((one.spent.cost for one in some), Decimal(0)),
            sum((one.spent.cost for one in some if one.by_own_key), Decimal(0)),
        )
        for name, some in found.items()
    ]


def test_a_month_is_written_and_read() -> None:
    assert str(Month.parse("2026-01")) == "2026-01"
    assert Month.parse("2026-12").next == Month(2027, 1)
    assert Month(2026, 2).name == "February 2026"
    assert Month.of(datetime.fromisoformat("2026-12-01T00:30:00+01:00")) == Month(2026, 11)
    assert day_of(datetime.fromisoformat("2026-12-01T00:30:00+01:00")) == "2026-11-30"


@pytest.mark.parametrize(
    "text", ["", "2026", "2026-13", "2026-00", "0000-01", "26-1", "2026-1x", "٢٠٢٦-01", "2026-011"]
)
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Month.parse(text)
