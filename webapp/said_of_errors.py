"""What the log says of an error: its kind and its place, and never what somebody sent.

An error's own words may hold whatever was at hand: a question, a name, an address. They are written where they are
known to be ours: an error of ours says them in `for_log`, and some kinds speak of code alone.
"""

import sqlite3
import traceback
from typing import Final

# Their words name types, attributes and modules.
_OF_CODE: Final = frozenset(
    {
        AttributeError,
        ImportError,
        ModuleNotFoundError,
        NameError,
        NotImplementedError,
        RecursionError,
        TypeError,
        UnboundLocalError,
    }
)
_OF_SQLITE: Final = ("no such table", "database ", "disk I/O error", "unable to open", "attempt to write a readonly")
_OF_POSTGRES: Final = ("sqlstate", "constraint_name", "table_name", "column_name")


def in_short(error: BaseException) -> str:
    """One line: the error's kind, and what can be said of it."""
    words = _words(error)
    return f"{type(error).__name__}: {words}" if words else type(error).__name__


def in_full(error: BaseException) -> str:
    """The traceback of an error and of those that led to it, each with its line as `in_short` has it."""
    parts: list[str] = []
    seen: set[int] = set()
    one: BaseException | None = error
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        parts.append(_with_place(one))
        one = one.__cause__ or (None if one.__suppress_context__ else one.__context__)
    return "\n\nThat led to:\n\n".join(reversed(parts))


def _with_place(error: BaseException) -> str:
    places = "".join(traceback.format_tb(error.__traceback__))
    inner = [_with_place(one) for one in error.exceptions] if isinstance(error, BaseExceptionGroup) else []
    return "\n".join(["Traceback (most recent call last):", f"{places}{in_short(error)}", *inner])


def _words(error: BaseException) -> str:
    ours = getattr(error, "for_log", None)
    if isinstance(ours, str):
        return ours
    if type(error) in _OF_CODE:
        return str(error)
    if isinstance(error, sqlite3.Error):
        words = str(error)
        return words if words.startswith(_OF_SQLITE) else getattr(error, "sqlite_errorname", "")
    original = getattr(error, "orig", None)  # what a driver said, inside SQLAlchemy's error
    if isinstance(original, BaseException):
        return in_short(original)
    if isinstance(error, OSError) and error.errno is not None:
        return error.strerror or ""
    told = [getattr(error, name, None) for name in (*_OF_POSTGRES, "code")]
    return ", ".join(str(one) for one in told if isinstance(one, int) or (isinstance(one, str) and _is_word(one)))


def _is_word(text: str) -> bool:
    return len(text) <= 80 and text.replace("_", "").isalnum() and text.isascii()
