"""What a user is shown of the security log: on the page of the account, and at each sign-in what they have to know.

An administrator who was shown a link for a new password can use it, and then read what is the user's. Whoever does so
could also put away a notice, so nobody can: it comes at each sign-in for two months, whichever way one signs in.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Final

from msgspec import Struct

from webapp.accounts.events_store import KEPT, Event, Events, Kind
from webapp.accounts.sections import Section
from webapp.accounts.users import Caller, User

NOTICED_FOR: Final = timedelta(days=60)
LISTED: Final = 30
SHOWN: Final = "seen by its maker"  # of a link, in the log
BY_LINK_OF: Final = "by a link of "

# What matters to whoever looks after an account of their own.
_KINDS: Final = (
    Kind.RESET_LINK_MADE,
    Kind.PASSWORD_RESET,
    Kind.PASSWORD_CHANGED,
    Kind.PASSKEY_ADDED,
    Kind.PASSKEY_REMOVED,
    Kind.IDENTITY_LINKED,
    Kind.IDENTITY_UNLINKED,
    Kind.TOKEN_MADE,
    Kind.TOKEN_REVOKED,
    Kind.SESSIONS_ENDED,
    Kind.USER_DISABLED,
    Kind.USER_ENABLED,
    Kind.ROLE_CHANGED,
)


class Notice(Struct, frozen=True):
    """A link for a new password that somebody else has seen. `used_at` is None as long as nobody has used it."""

    made_by: str
    made_at: datetime
    used_at: datetime | None
    used_from: str


class HistorySection(Section, frozen=True):
    template: ClassVar[str] = "accounts/_section_history.html"
    key: ClassVar[str] = "history"

    name: str
    events: tuple[Event, ...]
    words: dict[str, str]


class Notices:
    def __init__(self, events: Events) -> None:
        self._events = events

    async def of(self, user: User) -> tuple[Notice, ...]:
        """The latest first."""
        kinds = (Kind.RESET_LINK_MADE, Kind.PASSWORD_RESET)
        return notices_in(user, await self._events.about(user, kinds, NOTICED_FOR))

    async def section(self, caller: Caller) -> HistorySection:
        events = await self._events.about(caller.user, _KINDS, KEPT, LISTED)
        return HistorySection(caller.user.name, tuple(events), {one.value: one.words for one in Kind})


def notices_in(user: User, events: list[Event]) -> tuple[Notice, ...]:
    """Of events with the latest first: links that were shown to another, each with its use."""
    found: list[Notice] = []
    used: dict[str, Event] = {}
    for event in events:
        if event.kind == Kind.PASSWORD_RESET and event.detail.startswith(BY_LINK_OF):
            used[event.detail.removeprefix(BY_LINK_OF)] = event
        elif event.kind == Kind.RESET_LINK_MADE and event.detail == SHOWN and event.actor != user.name:
            use = used.pop(event.actor, None)
            at, place = (None, "") if use is None else (use.created_at, use.address)
            found.append(Notice(event.actor, event.created_at, at, place))
    return tuple(found)
