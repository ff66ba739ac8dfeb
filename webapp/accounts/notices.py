"""What a user has to know of the security log, and is shown at each sign-in.

An administrator who was shown a link for a new password can use it, and then read what is the user's. Whoever does so
could also put away a notice, so nobody can: it comes at each sign-in for two months, whichever way one signs in.
"""

from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from webapp.accounts.events_store import Event, Events, Kind
from webapp.accounts.users import User

NOTICED_FOR: Final = timedelta(days=60)
SHOWN: Final = "seen by its maker"  # of a link, in the log
BY_LINK_OF: Final = "by a link of "  # and the name
BEHIND_NAME: Final = "; "


class Notice(Struct, frozen=True):
    """A link for a new password that somebody else has seen. `used_at` is None as long as nobody has used it."""

    made_by: str
    made_at: datetime
    used_at: datetime | None
    used_from: str


class Notices:
    def __init__(self, events: Events) -> None:
        self._events = events

    async def of(self, user: User) -> tuple[Notice, ...]:
        """The latest first."""
        kinds = (Kind.RESET_LINK_MADE, Kind.PASSWORD_RESET)
        return notices_in(user, await self._events.about(user, kinds, NOTICED_FOR))


def notices_in(user: User, events: list[Event]) -> tuple[Notice, ...]:
    """Of events with the latest first: links that were shown to another, each with its use."""
    found: list[Notice] = []
    used: dict[str, Event] = {}
    for event in events:
        if event.kind == Kind.PASSWORD_RESET and event.detail.startswith(BY_LINK_OF):
            used[event.detail.removeprefix(BY_LINK_OF).partition(BEHIND_NAME)[0]] = event
        elif event.kind == Kind.RESET_LINK_MADE and event.detail == SHOWN and event.actor != user.name:
            use = used.pop(event.actor, None)
            at, place = (None, "") if use is None else (use.created_at, use.address)
            found.append(Notice(event.actor, event.created_at, at, place))
    return tuple(found)
