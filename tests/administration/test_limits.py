"""Limits as they are written into a form and read out of it."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.accounts.budgets import Limits
from webapp.administration.limits import limits_in_words, read_limits, shown_limits
from webapp.web.refusals import InvalidError

AMOUNTS = st.none() | st.decimals(0, 999_999, places=6)


@given(AMOUNTS, AMOUNTS)
def test_what_is_shown_is_read_as_the_same(soft: Decimal | None, hard: Decimal | None) -> None:
    if soft is not None and hard is not None and soft > hard:
        soft, hard = hard, soft
    shown = shown_limits(Limits(soft, hard))
    assert read_limits(shown.soft, shown.hard) == Limits(soft, hard)


@pytest.mark.parametrize(
    ("text", "shown"), [("7.5", "7.50"), ("$20", "20"), (" 0.125 ", "0.125"), ("0", "0"), ("1.00", "1"), ("", "")]
)
def test_amounts_are_shown_as_people_write_them(text: str, shown: str) -> None:
    assert shown_limits(read_limits("", text)).hard == shown


@pytest.mark.parametrize("text", ["-1", "1e3", "NaN", "1,5", "1 000", "1000000", "0.0000001", "١", "five"])
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidError, match="is no amount"):
        read_limits(text, "")


def test_a_soft_limit_above_the_hard_one_is_refused() -> None:
    with pytest.raises(InvalidError, match="above the hard one"):
        read_limits("2", "1")
    assert read_limits("1", "1") == Limits(Decimal(1), Decimal(1))


def test_the_log_has_them_in_words() -> None:
    assert limits_in_words(Limits(Decimal("2.5"), None)) == "soft $2.50, hard none"
