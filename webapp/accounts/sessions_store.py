"""Signed-in browsers. A session is found by the hash of its cookie's secret, and by nothing else."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, bindparam, delete, or_, select, update

from webapp.accounts.credentials_store import Cause, Ended, end_credentials, hold
from webapp.accounts.secret import hash_of, new_secret
from webapp.accounts.users import Caller, Role, User
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Session as SessionRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import SignedOutError

LIFETIME: Final = timedelta(days=60)
IDLE: Final = timedelta(days=21)
RECENT: Final = timedelta(minutes=15)  # since its user has shown who they are: changes that matter need that
SEEN_EVERY: Final = timedelta(minutes=10)  # how exactly it is kept when a session was last used
MOST: Final = 100  # of one user
MAX_BROWSER: Final = 300


class SignedIn(Struct, frozen=True):
    """A session as its user sees it in a list."""

    id: UUID
    method: str
    browser: str
    created_at: datetime
    last_seen_at: datetime


class Sessions:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(
        self, user_id: UUID, *, method: str, browser: str, instead_of: str = "", is_confirmed: bool = True
    ) -> str:
        """A new session; returns the secret for its cookie, which nobody else ever learns.

        `is_confirmed` if its user has shown just now who they are, and not at a provider some time ago.
        Those of the user that have expired go at the same time, and so does the one whose secret is `instead_of`.
        Above MOST the one goes that was not used for the longest time.
        """
        secret, now = new_secret(), datetime.now(UTC)
        async with self._database.write(user_id) as session:
            await hold(session, user_id)
            await session.execute(delete(SessionRow).where(SessionRow.user_id == user_id, _IS_OVER))
            if instead_of:
                await session.execute(delete(SessionRow).where(SessionRow.token_hash == hash_of(instead_of)))
            await session.execute(delete(SessionRow).where(SessionRow.id.in_(_beyond(user_id, MOST - 1))))
            session.add(
                SessionRow(
                    user_id=user_id,
                    token_hash=hash_of(secret),
                    method=method,
                    browser=browser[:MAX_BROWSER],
                    created_at=now,
                    last_seen_at=now,
                    expires_at=now + LIFETIME,
                    confirmed_at=now if is_confirmed else None,
                )
            )
            await session.execute(update(UserRow).where(UserRow.id == user_id).values(signed_in_at=now))
        return secret

    async def find(self, secret: str) -> Caller | None:
        """Whose session the cookie is; None if it has ended, or its user may not come in any more."""
        async with self._database.read() as session:
            row = (await session.execute(_BY_SECRET, {"hash": hash_of(secret)})).first()
        if row is None:
            return None
        if datetime.now(UTC) - row.last_seen_at > SEEN_EVERY:
            await self._database.background.do(("seen", row.session_id), partial(self._see, row.session_id))
        return Caller(User(row.id, row.name, row.full_name, Role(row.role)), row.session_id)

    async def alive(self, session_ids: Iterable[UUID]) -> set[UUID]:
        """Which of the sessions have not ended."""
        async with self._database.read() as session:
            return set(await session.scalars(_ALIVE, {"ids": list(session_ids)}))

    async def is_fresh(self, user_id: UUID, session_id: UUID) -> bool:
        """Whether its user has shown so short a time ago who they are that they may change what matters."""
        async with self._database.read() as session:
            query = select(SessionRow.id).where(
                SessionRow.id == session_id, SessionRow.user_id == user_id, SessionRow.confirmed_at > moment(ago=RECENT)
            )
            return await session.scalar(query) is not None

    async def renew(self, user_id: UUID, session_id: UUID) -> str:
        """After its user has shown once more who they are; returns a new secret, and the one before is good no more.

        Raises SignedOutError if the session has ended.
        """
        secret = new_secret()
        async with self._database.write(user_id) as session:
            query = update(SessionRow).where(SessionRow.id == session_id, SessionRow.user_id == user_id)
            renewed = query.values(token_hash=hash_of(secret), confirmed_at=datetime.now(UTC)).returning(SessionRow.id)
            if (await session.execute(renewed)).first() is None:
                raise SignedOutError
        return secret

    async def of(self, user_id: UUID) -> list[SignedIn]:
        """The user's sessions, the last used first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(SessionRow)
                .join(UserRow, UserRow.id == SessionRow.user_id)
                .where(SessionRow.user_id == user_id, *_IS_ALIVE)
                .order_by(SessionRow.last_seen_at.desc(), SessionRow.id)
            )
            return [SignedIn(row.id, row.method, row.browser, row.created_at, row.last_seen_at) for row in rows]

    async def end(self, user_id: UUID, session_id: UUID) -> bool:
        """Ends one of the user's sessions; False if there is none such."""
        async with self._database.write() as session:
            query = delete(SessionRow).where(SessionRow.id == session_id, SessionRow.user_id == user_id)
            return (await session.execute(query.returning(SessionRow.id))).first() is not None

    async def end_all(self, user_id: UUID, *, but: UUID | None = None) -> Ended:
        """Ends the user's sessions, except for `but`, and all else that signing out everywhere ends."""
        async with self._database.write(user_id) as session:
            return await end_credentials(session, user_id, Cause.SIGN_OUT, but=but)

    async def _see(self, session_id: UUID) -> None:
        async with self._database.write() as session:
            await session.execute(
                update(SessionRow).where(SessionRow.id == session_id).values(last_seen_at=datetime.now(UTC))
            )


def _beyond(user_id: UUID, number: int) -> Select[UUID]:
    """The user's sessions that are not among the last used of that `number`."""
    last_used = select(SessionRow.id).where(SessionRow.user_id == user_id)
    kept = last_used.order_by(SessionRow.last_seen_at.desc(), SessionRow.id.desc()).limit(number)
    return last_used.where(SessionRow.id.not_in(kept.scalar_subquery()))


# By the database's clock, which all processes share.
_IS_ALIVE: Final = (
    SessionRow.expires_at > moment(),
    SessionRow.last_seen_at > moment(ago=IDLE),
    UserRow.disabled_at.is_(None),
)
_IS_OVER: Final = or_(SessionRow.expires_at <= moment(), SessionRow.last_seen_at <= moment(ago=IDLE))
_BY_SECRET: Final = (
    select(
        UserRow.id,
        UserRow.name,
        UserRow.full_name,
        UserRow.role,
        SessionRow.id.label("session_id"),
        SessionRow.last_seen_at,
    )
    .join(UserRow, UserRow.id == SessionRow.user_id)
    .where(SessionRow.token_hash == bindparam("hash"), *_IS_ALIVE)
)
_ALIVE: Final = (
    select(SessionRow.id)
    .join(UserRow, UserRow.id == SessionRow.user_id)
    .where(SessionRow.id.in_(bindparam("ids", expanding=True)), *_IS_ALIVE)
)
