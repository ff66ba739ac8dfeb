"""Keys and amounts: in order, exact, and the same after the database."""

from decimal import Decimal

import pytest
from sqlalchemy.dialects import sqlite

from webapp.db.types import Money, new_id

DIALECT = sqlite.dialect()


def test_ids_come_in_the_order_of_their_making() -> None:
    ids = [new_id() for _ in range(10_000)]
    assert ids == sorted(set(ids))
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}


@pytest.mark.parametrize("amount", ["0", "10", "0.0077585", "0.000000000001", "1234567.890123456789"])
def test_an_amount_is_kept_exactly(amount: str) -> None:
    money = Money()
    kept = money.process_bind_param(Decimal(amount), DIALECT)
    read = money.process_result_value(kept, DIALECT)
    assert read == Decimal(amount)
    assert "E" not in str(read) or Decimal(amount) < Decimal("0.000001")
