"""What a list of conversations shows, and which of them: values, and the days by which they are grouped."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Literal
from uuid import UUID

from msgspec import Struct

Shelf = Literal["", "archive", "deleted"]


class View(Struct, frozen=True):
    """Which conversations: those at hand, the archive, or what was deleted and can be brought back; with a tag."""

    shelf: Shelf = ""
    tag: UUID | None = None


class Tag(Struct, frozen=True):
    id: UUID
    name: str


class Listed(Struct, frozen=True):
    """A conversation in a list. `is_unread`: an answer has ended in it since its owner last looked."""

    id: UUID
    title: str
    model: str
    pinned: bool
    archived: bool
    updated_at: datetime
    deleted_at: datetime | None = None
    is_live: bool = False
    is_unread: bool = False
    tags: tuple[Tag, ...] = ()

    @property
    def is_on_top(self) -> bool:
        return self.pinned and not self.archived and self.deleted_at is None

    @property
    def moment(self) -> datetime:
        """The one by which it has its place: when it was used, or deleted."""
        return self.deleted_at or self.updated_at


class Moved(Struct, frozen=True):
    """That conversations were `archived`, or taken out of the archive, and can go back by a secret."""

    secret: str
    archived: bool
    count: int


class Group(Struct, frozen=True):
    """Conversations below one heading; "" where the page before had it already."""

    title: str
    conversations: tuple[Listed, ...]


def grouped(conversations: Sequence[Listed], now: datetime, above: datetime | None = None) -> tuple[Group, ...]:
    """Conversations by when they were used, or deleted; pinned ones, which come first, by themselves.

    `now` is in its reader's time zone, by which days begin. `above` is the moment of the last one of the page above.
    """
    before = day_title(above, now) if above else ""
    groups = [(title, tuple(some)) for title, some in groupby(conversations, lambda one: _title(one, now))]
    return tuple(Group("" if title == before else title, some) for title, some in groups)


def day_title(used: datetime, now: datetime) -> str:
    """The heading for a time: the nearer, the finer."""
    day, today = used.astimezone(now.tzinfo).date(), now.date()
    if day >= today:
        return "Today"
    if day == today - timedelta(days=1):
        return "Yesterday"
    if day > today - timedelta(days=8):
        return "Previous 7 days"
    if day > today - timedelta(days=31):
        return "Previous 30 days"
    return _month(day, today)


def _month(day: date, today: date) -> str:
    return f"{day:%B}" if day.year == today.year else f"{day:%B %Y}"


def _title(one: Listed, now: datetime) -> str:
    return "Pinned" if one.is_on_top else day_title(one.moment, now)
