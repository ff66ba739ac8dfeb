"""What CI does with tests that fail: once more, alone, and only where failing tests are all that is wrong."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from tests.twice import MOST
from webapp.app import ROOT

# `once()` is true in the first run alone.
HEAD: Final = """
import pytest
from pathlib import Path

def once(name="ran"):
    file = Path(__file__).with_name(name)
    is_first = not file.exists()
    file.touch()
    return is_first

"""
FINE: Final = "def test_fine(): pass\n"
UNSTEADY: Final = "def test_unsteady(): assert not once(), 'what went wrong first'\n"
BROKEN: Final = "def test_broken(): assert False\n"


class Done(NamedTuple):
    code: int
    out: str

    @property
    def runs(self) -> int:
        return self.out.count("test session starts")

    @property
    def last_line(self) -> str:
        return self.out.splitlines()[-1]


def twice(folder: Path, text: str, *options: str) -> Done:
    (folder / "test_it.py").write_text(HEAD + text)
    return twice_in(folder, *options)


def twice_in(folder: Path, *options: str) -> Done:
    command = [sys.executable, "-m", "tests.twice", sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *options]
    environ = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(command, cwd=folder, env=environ, capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout)


def test_what_passes_is_run_once(tmp_path: Path) -> None:
    done = twice(tmp_path, FINE)
    assert (done.code, done.runs) == (0, 1)


def test_what_passes_alone_is_unsteady_and_told_at_the_end(tmp_path: Path) -> None:
    done = twice(tmp_path, FINE + UNSTEADY)
    assert (done.code, done.runs, done.last_line) == (0, 2, "unsteady: 1 test")
    report = done.out.rpartition("unsteady: test_it.py::test_unsteady")[2]
    assert "what went wrong first" in report
    assert "collected 1 item" in done.out


def test_what_fails_twice_fails_the_run(tmp_path: Path) -> None:
    done = twice(tmp_path, UNSTEADY + BROKEN)
    assert (done.code, done.runs, done.last_line) == (1, 2, "unsteady: 1 test")


def test_wherever_it_fails(tmp_path: Path) -> None:
    text = """
@pytest.fixture
def breaks():
    assert not once("set-up")
@pytest.fixture
def breaks_later():
    yield
    assert not once("tear-down")
def test_set_up(breaks): pass
def test_tear_down(breaks_later): pass
@pytest.mark.parametrize("name", ["a b", "[c::d]", "é - f", ""])
def test_names(name): assert not once(f"name {name}".replace("/", ""))
class TestClass:
    def test_method(self): assert not once("class")
"""
    done = twice(tmp_path, text)
    assert (done.code, done.runs, done.last_line) == (0, 2, "unsteady: 7 tests"), done.out


def test_tests_of_several_folders_run_once_more_together(tmp_path: Path) -> None:
    """With a conftest.py in each, pytest asks which plugins are for which folder, and puts all of them into a set."""
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "conftest.py").touch()
        (folder / f"test_{name}.py").write_text(HEAD + UNSTEADY)
    done = twice_in(tmp_path)
    assert (done.code, done.runs, done.last_line) == (0, 2, "unsteady: 2 tests"), done.out


def test_what_is_left_out_the_second_time_has_not_passed(tmp_path: Path) -> None:
    done = twice(tmp_path, "def test_it():\n    if not once(): pytest.skip()\n    assert False\n")
    assert (done.code, done.last_line) == (1, "unsteady: 0 tests")


def test_the_tear_down_may_fail_the_second_time(tmp_path: Path) -> None:
    text = "@pytest.fixture\ndef it():\n    yield\n    assert False\ndef test_it(it): assert not once()\n"
    assert twice(tmp_path, text).code == 1


def test_failures_of_several_processes_are_noted(tmp_path: Path) -> None:
    done = twice(tmp_path, FINE + UNSTEADY, "-p", "xdist", "-n", "2")
    assert (done.code, done.last_line) == (0, "unsteady: 1 test"), done.out


def test_a_process_that_dies_is_a_failure_of_its_test(tmp_path: Path) -> None:
    text = "import os\ndef test_dies():\n    if once(): os._exit(3)\n"
    done = twice(tmp_path, text, "-p", "xdist", "-n", "1")
    assert (done.code, done.last_line) == (0, "unsteady: 1 test"), done.out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("if once(): raise ValueError\n" + FINE, pytest.ExitCode.INTERRUPTED),
        ("def test_it(): raise KeyboardInterrupt\n", pytest.ExitCode.INTERRUPTED),
        ("def test_it(): pytest.exit('over', 3)\n", pytest.ExitCode.INTERNAL_ERROR),
        ("", pytest.ExitCode.NO_TESTS_COLLECTED),
        ("import os\ndef test_it(): os._exit(9)\n", 9),
    ],
    ids=["collection", "interrupted", "internal", "no tests", "died"],
)
def test_another_end_than_failing_tests_is_not_tried_again(tmp_path: Path, text: str, code: int) -> None:
    done = twice(tmp_path, text)
    assert (done.code, done.runs) == (code, 1)


def test_many_failures_are_not_tried_again(tmp_path: Path) -> None:
    text = f"@pytest.mark.parametrize('x', range({MOST + 1}))\ndef test_it(x): assert False\n"
    done = twice(tmp_path, text)
    assert (done.code, done.runs) == (1, 1)
    assert "21 tests failed" in done.last_line
