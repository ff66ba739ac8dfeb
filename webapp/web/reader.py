"""Who reads the page that is being made, as far as the frame around every page is concerned.

The guard notes it for the request's task, so that what fills a page does not have to pass it on.
"""

from contextvars import ContextVar
from typing import Final

_is_administrator: Final[ContextVar[bool]] = ContextVar("is_administrator", default=False)


def note_reader(*, is_administrator: bool) -> None:
    _is_administrator.set(is_administrator)


def reader_is_administrator() -> bool:
    return _is_administrator.get()
