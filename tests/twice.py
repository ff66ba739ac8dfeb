"""Runs the tests for CI: what fails runs once more, alone, and what passes then is reported as unsteady.

    python -m tests.twice bin/test

A run that ends otherwise than by failing tests is not repeated, and neither is one in which many fail. This module is
also the plugin by which both runs of pytest note how each test ended.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import msgspec
import pytest

MOST: Final = 20
"""With more failures than this, it isn't unsteadiness."""
NOTES: Final = "TESTS_TWICE_NOTES"


class Notes(msgspec.Struct, eq=False):
    """How tests ended. A failure has its text, that of the first part that failed: set-up, test, or tear-down."""

    failed: dict[str, str] = {}
    passed: set[str] = set()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.failed.setdefault(report.nodeid, report.longreprtext)
        elif report.passed and report.when == "call":
            self.passed.add(report.nodeid)


class Run(msgspec.Struct, frozen=True):
    code: int
    notes: Notes

    @property
    def steady(self) -> set[str]:
        """What passed, and had nothing wrong before or after."""
        return self.notes.passed - set(self.notes.failed)


def pytest_configure(config: pytest.Config) -> None:
    if NOTES in os.environ and not hasattr(config, "workerinput"):
        config.stash[_KEY] = notes = Notes()
        config.pluginmanager.register(notes)


def pytest_unconfigure(config: pytest.Config) -> None:
    notes = config.stash.get(_KEY, None)
    if notes is not None:
        Path(os.environ[NOTES]).write_bytes(msgspec.json.encode(notes))


_KEY: Final = pytest.StashKey[Notes]()


def main(command: Sequence[str]) -> int:
    first = _run(command)
    failed = first.notes.failed
    if first.code != pytest.ExitCode.TESTS_FAILED or not failed:
        return first.code
    if len(failed) > MOST:
        _say(f"{len(failed)} tests failed. That's too many to try them again.")
        return first.code
    _say(f"{_tests(len(failed))} failed. Once more, alone:")
    again = _run([*command, *failed])
    if again.code not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return again.code
    unsteady = [test for test in failed if test in again.steady]
    for test in unsteady:
        _say(f"unsteady: {test} passed alone. Before that it failed:\n{failed[test]}")
    _say(f"unsteady: {_tests(len(unsteady))}")
    return int(len(unsteady) < len(failed))


def _run(command: Sequence[str]) -> Run:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "notes"
        options = f"{os.environ.get('PYTEST_ADDOPTS', '')} -p {Path(__file__).parent.name}.{Path(__file__).stem}"
        environ = {**os.environ, NOTES: str(file), "PYTEST_ADDOPTS": options}
        code = subprocess.run(command, env=environ, check=False).returncode
        return Run(code, msgspec.json.decode(file.read_bytes(), type=Notes) if file.exists() else Notes())


def _tests(count: int) -> str:
    return "1 test" if count == 1 else f"{count} tests"


def _say(words: str) -> None:
    sys.stdout.write(f"\n{words}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
