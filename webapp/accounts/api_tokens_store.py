"""Keys to the JSON API. One is shown when it is made, and kept as a hash only."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, bindparam, delete, func, or_, select, update

from webapp.accounts.credentials_store import check_is_still_in
from webapp.accounts.secret import hash_of, new_secret
from webapp.accounts.users import Caller, Role, User
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import ApiToken as TokenRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import ConflictError

PREFIX: Final = "oc_"  # by which a secret that turns up somewhere can be told
SCOPES: Final = ("read", "write")
MOST: Final = 50  # of one user
SEEN_EVERY: Final = timedelta(minutes=1)


class ApiToken(Struct, frozen=True):
    """A token as its user sees it in a list."""

    id: UUID
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    last_used_at: datetime | None
    expires_at: datetime | None


class ApiTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        user_id: UUID,
        name: str,
        scopes: Iterable[str],
        expires_at: datetime | None,
        *,
        made_in: UUID | None = None,
    ) -> str:
        """A new token; returns it, which happens this once. `made_in` is the session in which it is made.

        Raises ConflictError above MOST, which counts them all, and SignedOutError if the session has just ended.
        """
        token = PREFIX + new_secret()
        async with self._database.write(user_id) as session:
            await check_is_still_in(session, user_id, made_in)
            if (await session.scalar(_number_of(user_id)) or 0) >= MOST:
                raise ConflictError(f"That is enough: an account has at most {MOST} tokens. Revoke one first.")
            session.add(
                TokenRow(
                    user_id=user_id,
                    name=name,
                    scopes=" ".join(scopes),
                    token_hash=hash_of(token),
                    created_at=datetime.now(UTC),
                    expires_at=expires_at,
                )
            )
        return token

    async def find(self, token: str) -> Caller | None:
        """Whose token it is, and what it may do; None if it has ended, or its user may not come in any more."""
        async with self._database.read() as session:
            row = (await session.execute(_BY_TOKEN, {"hash": hash_of(token)})).first()
        if row is None:
            return None
        if row.last_used_at is None or datetime.now(UTC) - row.last_used_at > SEEN_EVERY:
            await self._database.background.do(("seen", row.token_id), partial(self._see, row.token_id))
        user = User(row.id, row.name, row.full_name, Role(row.role))
        return Caller(user, row.token_id, frozenset(row.scopes.split()))

    async def alive(self, token_ids: Iterable[UUID]) -> set[UUID]:
        """Which of the tokens have not ended."""
        async with self._database.read() as session:
            return set(await session.scalars(_ALIVE, {"ids": list(token_ids)}))

    async def of(self, user_id: UUID) -> list[ApiToken]:
        """The user's tokens, the newest first, those that have expired included."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(TokenRow).where(TokenRow.user_id == user_id).order_by(TokenRow.created_at.desc(), TokenRow.id)
            )
            return [
                ApiToken(row.id, row.name, tuple(row.scopes.split()), row.created_at, row.last_used_at, row.expires_at)
                for row in rows
            ]

    async def end(self, user_id: UUID, token_id: UUID) -> bool:
        """Revokes one of the user's tokens; False if there is none such."""
        async with self._database.write(user_id) as session:
            query = delete(TokenRow).where(TokenRow.id == token_id, TokenRow.user_id == user_id)
            return (await session.execute(query.returning(TokenRow.id))).first() is not None

    async def _see(self, token_id: UUID) -> None:
        async with self._database.write() as session:
            await session.execute(update(TokenRow).where(TokenRow.id == token_id).values(last_used_at=moment()))


def _number_of(user_id: UUID) -> Select[int]:
    return select(func.count()).select_from(TokenRow).where(TokenRow.user_id == user_id)


_IS_ALIVE: Final = (
    or_(TokenRow.expires_at.is_(None), TokenRow.expires_at > moment()),
    UserRow.disabled_at.is_(None),
)
_BY_TOKEN: Final = (
    select(
        UserRow.id,
        UserRow.name,
        UserRow.full_name,
        UserRow.role,
        TokenRow.id.label("token_id"),
        TokenRow.scopes,
        TokenRow.last_used_at,
    )
    .join(UserRow, UserRow.id == TokenRow.user_id)
    .where(TokenRow.token_hash == bindparam("hash"), *_IS_ALIVE)
)
_ALIVE: Final = (
    select(TokenRow.id)
    .join(UserRow, UserRow.id == TokenRow.user_id)
    .where(TokenRow.id.in_(bindparam("ids", expanding=True)), *_IS_ALIVE)
)
