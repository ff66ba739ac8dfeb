"""Long files are dealt out first."""

from pathlib import Path
from typing import Any, NamedTuple

from tests.fakes.order import SECONDS, long_files_first

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


def test_each_file_and_folder_of_which_something_is_known_is_there() -> None:
    tests = Path(__file__).parent
    assert [name for name in SECONDS if not (tests / name).exists()] == []
