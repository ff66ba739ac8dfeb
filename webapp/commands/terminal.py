"""What verbs say, and how: one line for what went wrong, one that grows for what goes on."""

import sys
from pathlib import Path
from typing import Final

WELL: Final = 0
NOT_POSSIBLE: Final = 1  # also: something is not as it should be
WRONGLY_CALLED: Final = 2  # argparse's own


class CommandError(Exception):
    """A verb cannot do what it is asked for. The text is one line for the operator."""


def say(line: str) -> None:
    """A result, on standard output."""
    print(line, flush=True)


def note(line: str) -> None:
    """Something beside the result, on standard error."""
    print(line, file=sys.stderr, flush=True)


class Progress:
    """How far something is, on one line of standard error, where that is a terminal; else nothing."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._is_shown = sys.stderr.isatty()
        self._percent = -1

    def __call__(self, done: int, total: int) -> None:
        percent = 100 * done // total if total else 100
        if not self._is_shown or percent == self._percent:
            return
        self._percent = percent
        end = "\n" if done >= total else ""
        print(f"\r\x1b[K{self._what}: {percent} % of {total:,}", end=end, file=sys.stderr, flush=True)


def check_target(path: Path, *, force: bool) -> None:
    """Raises CommandError where a file cannot be written, or would overwrite one without `force`."""
    if path.is_dir():
        raise CommandError(f"{path} is a folder; name a file in it.")
    if path.exists() and not force:
        raise CommandError(f"{path} is there already; name another file, or overwrite it with --force.")
    if not path.absolute().parent.is_dir():
        raise CommandError(f"{path.absolute().parent} is not there; make that folder first.")
