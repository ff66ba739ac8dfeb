"""The security log: who did what to whom, from where. Administrators read it; nobody changes it."""

from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, func, or_, select

from webapp.accounts.users import User
from webapp.db.engine import Database
from webapp.db.tables import SecurityEvent as EventRow
from webapp.db.types import new_id

KEPT: Final = timedelta(days=400)
PAGE: Final = 50

_LONGEST_NAME: Final = 200
_LONGEST_DETAIL: Final = 500
_LONGEST_ADDRESS: Final = 64


class Kind(StrEnum):
    """What can happen, as it is kept."""

    SET_UP = "set_up"
    SIGNED_IN = "signed_in"
    SIGN_IN_FAILED = "sign_in_failed"
    CONFIRMED = "confirmed"
    SIGNED_OUT = "signed_out"
    SESSION_ENDED = "session_ended"
    SESSIONS_ENDED = "sessions_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105  # the word for it, and no password
    PASSWORD_RESET = "password_reset"  # noqa: S105  # a word for the log
    RESET_LINK_MADE = "reset_link_made"
    INVITATION_MADE = "invitation_made"
    INVITATION_USED = "invitation_used"
    INVITATION_WITHDRAWN = "invitation_withdrawn"
    SIGNED_UP = "signed_up"
    TOKEN_MADE = "token_made"  # noqa: S105  # a word for the log
    TOKEN_REVOKED = "token_revoked"  # noqa: S105  # a word for the log
    PASSKEY_ADDED = "passkey_added"
    PASSKEY_REMOVED = "passkey_removed"
    IDENTITY_LINKED = "identity_linked"
    IDENTITY_UNLINKED = "identity_unlinked"
    USER_ADDED = "user_added"
    USER_DISABLED = "user_disabled"
    USER_ENABLED = "user_enabled"
    USER_DELETED = "user_deleted"
    ROLE_CHANGED = "role_changed"
    LIMITS_CHANGED = "limits_changed"
    OPTIONS_CHANGED = "options_changed"

    @property
    def words(self) -> str:
        """In words: `sign_in_failed` is "Sign in failed"."""
        return self.value.replace("_", " ").capitalize()


class Event(Struct, frozen=True):
    """`actor` did it, to `subject` where that is somebody or something else. Both are names as they were then."""

    id: UUID
    kind: str
    actor: str
    subject: str
    detail: str
    address: str
    created_at: datetime


class Events:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def record(self, kind: Kind, actor: str = "", subject: str = "", detail: str = "", address: str = "") -> None:
        """Adds a line; what is too long is cut. Lines older than KEPT go at the same time."""
        now = datetime.now(UTC)
        async with self._database.write("security_events") as session:
            await session.execute(delete(EventRow).where(EventRow.id < _first_id_at(now - KEPT)))
            session.add(
                EventRow(
                    id=new_id(),
                    kind=kind,
                    actor=actor[:_LONGEST_NAME],
                    subject=subject[:_LONGEST_NAME],
                    detail=detail[:_LONGEST_DETAIL],
                    address=address[:_LONGEST_ADDRESS],
                    created_at=now,
                )
            )

    async def page(
        self, before: UUID | None = None, limit: int = PAGE, *, kind: str = "", person: str = ""
    ) -> list[Event]:
        """The latest first; `before` is the id of the last one of the page above.

        Of a `kind` only, where one is named; and only what a `person` did or met with, by a part of the name.
        """
        query = select(EventRow).order_by(EventRow.id.desc()).limit(limit)
        if before is not None:
            query = query.where(EventRow.id < before)
        if kind:
            query = query.where(EventRow.kind == kind)
        if person:
            name = person.casefold()
            columns = (func.lower(EventRow.actor), func.lower(EventRow.subject))
            query = query.where(or_(*(column.contains(name, autoescape=True) for column in columns)))
        async with self._database.read() as session:
            rows = await session.scalars(query)
            return [_event(row) for row in rows]

    async def about(self, user: User, kinds: Collection[Kind], since: timedelta, limit: int = PAGE) -> list[Event]:
        """What a user did or met with, of those kinds and in that time, the latest first.

        Nothing from before the account: another may have had one by the same name.
        """
        first = max(user.id, _first_id_at(datetime.now(UTC) - since))
        query = (
            select(EventRow)
            .where(
                EventRow.id > first,
                EventRow.kind.in_(kinds),
                or_(EventRow.actor == user.name, EventRow.subject == user.name),
            )
            .order_by(EventRow.id.desc())
            .limit(limit)
        )
        async with self._database.read() as session:
            return [_event(row) for row in await session.scalars(query)]


def _event(row: EventRow) -> Event:
    return Event(row.id, row.kind, row.actor, row.subject, row.detail, row.address, row.created_at)


def _first_id_at(moment: datetime) -> UUID:
    """The least key of a row that was made then: keys are UUIDv7, and begin with milliseconds."""
    return UUID(int=max(0, round(moment.timestamp() * 1000)) << 80)
