"""What a month has come to: the sums are exact, whichever way they are made."""

import csv
import io
from decimal import Decimal
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from tests.accounts.people import ALICE, BOB, House
from webapp.accounts.spending import Month
from webapp.administration.usage import Used, as_csv, summed
from webapp.administration.usage_store import UsageStore
from webapp.db.tables import Spending

NOVEMBER = Month(2026, 11)
COSTS = st.decimals(0, 1_000, places=12)
USED = st.builds(
    Used,
    user_id=st.just(UUID(int=1)),
    user=st.sampled_from(["a@example.org", "b@example.org", "=1+1@example.org"]),
    model=st.sampled_from(["m/one", "m/two"]),
    answers=st.integers(0, 1_000),
    prompt_tokens=st.integers(0, 10**12),
    completion_tokens=st.integers(0, 10**12),
    cost=COSTS,
    own_cost=COSTS,
)


@given(st.lists(USED))
def test_users_and_models_come_to_the_same(used: list[Used]) -> None:
    usage = summed(used)
    for lines in (usage.users, usage.models):
        assert sum((line.cost for line in lines), Decimal(0)) == usage.total.cost
        assert sum(line.answers for line in lines) == usage.total.answers
        assert sum(line.prompt_tokens for line in lines) == usage.total.prompt_tokens
        assert [line.cost for line in lines] == sorted((line.cost for line in lines), reverse=True)


@given(st.lists(USED))
def test_the_file_says_the_same_and_holds_no_formula(used: list[Used]) -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(NOVEMBER, used))))
    assert [Decimal(row["cost"]) for row in rows] == [one.cost for one in used]
    assert all(row["month"] == "2026-11" and row["user"][0] in "ab'" for row in rows)


async def test_a_month_is_read_out_of_the_ledger(house: House) -> None:
    alice, bob = await house.add(ALICE), await house.add(BOB)
    async with house.database.write() as session:
        for user, day, model, cost in (
            (alice, "2026-11-01", "m/one", "0.000000000001"),
            (alice, "2026-11-30", "m/one", "1"),
            (alice, "2026-11-30", "m/two", "2"),
            (bob, "2026-11-15", "m/one", "3"),
            (bob, "2026-10-31", "m/one", "100"),
            (bob, "2026-12-01", "m/one", "100"),
        ):
            session.add(Spending(user_id=user.id, day=day, model=model, answers=1, prompt_tokens=5, cost=Decimal(cost)))
    store = UsageStore(house.database)
    found = [(one.user, one.model, one.answers, one.prompt_tokens, one.cost) for one in await store.of(NOVEMBER)]
    assert found == [
        (ALICE, "m/one", 2, 10, Decimal("1.000000000001")),
        (ALICE, "m/two", 1, 5, Decimal(2)),
        (BOB, "m/one", 1, 5, Decimal(3)),
    ]
    assert {NOVEMBER, Month(2026, 10), Month(2026, 12)} <= set(await store.months())
    assert await store.of(Month(2025, 1)) == []
