"""What happened to an account, as its page shows it."""

from typing import ClassVar, Final

from msgspec.structs import replace

from webapp.accounts.events_store import KEPT, Event, Events, Kind
from webapp.accounts.notices import SHOWN
from webapp.accounts.sections import Section
from webapp.accounts.users import Caller

LISTED: Final = 30

_IN_WORDS: Final = {SHOWN: "who could see the link"}  # details, behind the name of the actor

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


class HistorySection(Section, frozen=True):
    template: ClassVar[str] = "accounts/_section_history.html"
    key: ClassVar[str] = "history"

    name: str
    events: tuple[Event, ...]
    words: dict[str, str]


class HistorySections:
    def __init__(self, events: Events) -> None:
        self._events = events

    async def section(self, caller: Caller) -> HistorySection:
        """The latest events first."""
        events = await self._events.about(caller.user, _KINDS, KEPT, LISTED)
        shown = tuple(replace(one, detail=_IN_WORDS.get(one.detail, one.detail)) for one in events)
        return HistorySection(caller.user.name, shown, {one.value: one.words for one in Kind})
