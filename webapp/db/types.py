"""Column types that mean the same on SQLite and Postgres, and the keys of every table."""

import os
import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Dialect, TypeDecorator

PICODOLLAR: Final = Decimal("1e-12")


_last_tick = 0


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562, method 3): unguessable, and greater than all that this process has made before."""
    global _last_tick
    _last_tick = max(time.time_ns() * 4096 // 1_000_000, _last_tick + 1)  # of 4096 in a millisecond
    milliseconds, fraction = divmod(_last_tick, 4096)
    random = int.from_bytes(os.urandom(8)) >> 2
    return UUID(int=milliseconds << 80 | 0x7 << 76 | fraction << 64 | 0x2 << 62 | random)


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
