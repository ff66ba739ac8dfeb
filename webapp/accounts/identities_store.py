"""Accounts as another knows them: an identity is an issuer and its name for somebody, and belongs to one account."""

from collections.abc import Callable, Collection
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import exists, select, update
from sqlalchemy.exc import IntegrityError

from webapp.accounts.credentials_store import check_is_still_in
from webapp.accounts.passkeys_store import LastWayInError, Left, left_to
from webapp.accounts.store import LOCK
from webapp.accounts.users import Role, User
from webapp.db.engine import Database
from webapp.db.tables import Passkey as PasskeyRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import ConflictError

_TAKEN: Final = "Whoever you are there has another account here. Sign out there, and in as the right one."


class Known(Struct, frozen=True):
    user: User
    is_disabled: bool


class Identities:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, identity: str) -> Known | None:
        async with self._database.read() as session:
            row = await session.scalar(select(UserRow).where(UserRow.identity == identity))
            return None if row is None else Known(_user(row), row.disabled_at is not None)

    async def has(self, user_id: UUID) -> bool:
        async with self._database.read() as session:
            query = select(UserRow.id).where(UserRow.id == user_id, UserRow.identity.is_not(None))
            return await session.scalar(query) is not None

    async def adopt(self, names: Collection[str], identity: str) -> User | None:
        """Gives the account of one of the names to the identity, if nobody can sign in to it otherwise; else None."""
        async with self._database.write(LOCK) as session:
            row = await session.scalar(
                update(UserRow)
                .where(
                    UserRow.name.in_(names),
                    UserRow.identity.is_(None),
                    UserRow.password_hash.is_(None),
                    UserRow.disabled_at.is_(None),
                    ~exists().where(PasskeyRow.user_id == UserRow.id),
                )
                .values(identity=identity)
                .returning(UserRow)
            )
            return None if row is None else _user(row)

    async def link(self, user_id: UUID, identity: str, *, made_in: UUID | None = None) -> None:
        """In place of the one that the user had. `made_in` is the session in which it is done.

        Raises ConflictError for one of another user, and SignedOutError if the session has just ended.
        """
        try:
            async with self._database.write(LOCK) as session:
                await check_is_still_in(session, user_id, made_in)
                await session.execute(update(UserRow).where(UserRow.id == user_id).values(identity=identity))
        except IntegrityError:
            raise ConflictError(_TAKEN) from None

    async def unlink(self, user_id: UUID, is_enough: Callable[[Left], bool]) -> None:
        """Raises LastWayInError if what would be left is not enough, and keeps it then."""
        async with self._database.write(user_id) as session:
            await session.execute(update(UserRow).where(UserRow.id == user_id).values(identity=None))
            if not is_enough(await left_to(session, user_id)):
                raise LastWayInError(
                    "Without this nothing is left to sign in with. Make a passkey or set a password before."
                )


def _user(row: UserRow) -> User:
    return User(row.id, row.name, row.full_name, Role(row.role))
