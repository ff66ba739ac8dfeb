"""What the lines of a log have in common: the ids of the request, conversation and reply that they are about."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType
from typing import Final

_NONE: Final[Mapping[str, str]] = MappingProxyType({})
_ids: Final[ContextVar[Mapping[str, str]]] = ContextVar("ids", default=_NONE)


@contextmanager
def bound(**ids: str) -> Iterator[None]:
    """Adds ids to all lines that are logged in the block, and in the tasks that it starts."""
    token = _ids.set({**_ids.get(), **ids})
    try:
        yield
    finally:
        _ids.reset(token)


def bound_ids() -> Mapping[str, str]:
    """The ids that hold here."""
    return _ids.get()
