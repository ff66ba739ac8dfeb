"""Amounts and numbers as people read them."""

from decimal import Decimal

import pytest

from webapp.web.sse import encode_event
from webapp.web.templating import dollars, duration, grouped


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        ("0", "$0.00"),
        ("0.5", "$0.50"),
        ("0.0042", "$0.0042"),
        ("0.00000123", "$0.0000012"),
        ("1.239", "$1.24"),
        ("0.999", "$1.00"),
        ("1234.5", "$1,234.50"),
    ],
)
def test_small_amounts_keep_two_figures(amount: str, shown: str) -> None:
    assert dollars(Decimal(amount)) == shown


def test_numbers_have_their_thousands_apart() -> None:
    assert grouped(1234567) == "1,234,567"


def test_an_event_is_lines_that_end_in_a_bare_newline() -> None:
    assert (
        encode_event("a\r\nb\rc", event="done", cursor="7.0") == b"event: done\nid: 7.0\ndata: a\ndata: b\ndata: c\n\n"
    )


@pytest.mark.parametrize(("seconds", "shown"), [(0, "0 s"), (59, "59 s"), (60, "1 min 0 s"), (3_725, "62 min 5 s")])
def test_a_time_that_passes_is_in_seconds_and_minutes(seconds: int, shown: str) -> None:
    assert duration(seconds) == shown
