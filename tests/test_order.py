"""Long files are dealt out first."""

from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.order import long_files_first

TESTS = Path("/tests")


class Item(NamedTuple):
    path: Path
    name: str


def test_files_with_many_long_tests_come_first_and_keep_their_own_order() -> None:
    quick = [Item(TESTS / "web" / "test_a.py", str(number)) for number in range(20)]
    short = [Item(TESTS / "browser" / "test_b.py", str(number)) for number in range(2)]
    long = [Item(TESTS / "browser" / "test_c.py", str(number)) for number in range(3)]
    items: list[Any] = [*quick, *short, *long]
    long_files_first(items, TESTS)
    assert items == [*long, *short, *quick]
