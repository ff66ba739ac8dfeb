"""Column types that mean the same on SQLite and Postgres, and the keys of every table."""

import os
import time
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, String, Text, TypeDecorator
from sqlalchemy.types import TypeEngine

PICODOLLAR: Final = Decimal("1e-12")


_last_tick = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, method 3): unguessable, and greater than all that this process has made before."""
    global _last_tick
    _last_tick = max(time.time_ns() * 4096 // 1_000_000, _last_tick + 1)  # of 4096 in a millisecond
    milliseconds, fraction = divmod(_last_tick, 4096)
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


def first_id(moment: datetime) -> UUID:
    """No greater than all ids that were made at `moment` or later."""
    return UUID(int=int(moment.timestamp() * 1000) << 80)


class Words(TypeDecorator[str]):
    """Text of any length and with any characters, NUL included, which Postgres cannot keep.

    There a NUL is kept as an escape character and a letter, and so is the escape character, as in a line of old between
    two machines; both come back as they were. `length` is what is meant to fit. Neither database holds anybody to
    it: a name that is too long is to be cut where it comes in, and never to cost an answer.
    """

    impl = Text
    cache_ok = True

    def __init__(self, length: int | None = None) -> None:
        super().__init__()
        self.length = length

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        is_named = self.length is not None and dialect.name != "postgresql"
        return String(self.length) if is_named else Text()  # as it is: asyncpg's own text would be made as varchar

    # SQLite's values go by untouched, and are not even looked at: a page has a thousand of them.

    def bind_processor(self, dialect: Dialect) -> Callable[[str | None], str | None] | None:
        return _escaped if dialect.name == "postgresql" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[str | None], str | None] | None:
        return _unescaped if dialect.name == "postgresql" else None


_ESCAPE: Final = "\x10"  # DLE, which is called that


def _escaped(value: str | None) -> str | None:
    if value is None or ("\x00" not in value and _ESCAPE not in value):
        return value
    return value.replace(_ESCAPE, _ESCAPE + "E").replace("\x00", _ESCAPE + "0")


def _unescaped(value: str | None) -> str | None:
    if value is None or _ESCAPE not in value:
        return value
    return value.replace(_ESCAPE + "0", "\x00").replace(_ESCAPE + "E", _ESCAPE)


class Count(TypeDecorator[int]):
    """Whole numbers of 64 bits; one beyond them, which only a confused upstream says, is kept as the last of them."""

    impl = Integer
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(BigInteger() if dialect.name == "postgresql" else Integer())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return None if value is None else max(-(2**63), min(value, 2**63 - 1))


class UtcDateTime(TypeDecorator[datetime]):
    """Points in time, always aware and in UTC; SQLite alone would give back naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.replace(tzinfo=value.tzinfo or UTC)


class Money(TypeDecorator[Decimal]):
    """US dollars, exact to the picodollar and summed exactly by both databases, up to nine million."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:
        return None if value is None else int((value / PICODOLLAR).to_integral_value())

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(int(value)).scaleb(-12).normalize() + 0
