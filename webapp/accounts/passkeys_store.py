"""Passkeys in the database: the public half of a key that a device of the user keeps."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import Select, delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.credentials_store import check_is_still_in
from webapp.accounts.users import Role, User
from webapp.db.engine import Database
from webapp.db.tables import Passkey as PasskeyRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import ConflictError, NotFoundError

MOST: Final = 20  # of one user
_NONE_SUCH: Final = "There is no such passkey, or not any more."


class LastWayInError(ConflictError):
    """Without this passkey nothing would be left to sign in with."""

    code = "last_way_in"


class Passkey(Struct, frozen=True):
    """A passkey as its user sees it in a list."""

    id: UUID
    name: str
    created_at: datetime
    last_used_at: datetime | None


class Credential(Struct, frozen=True):
    """What an answer of the device is checked against."""

    user: User
    public_key: bytes
    sign_count: int


class Described(Struct, frozen=True):
    """What a device is told of the keys that there are, so that it does not make a second one."""

    credential_id: bytes
    transports: tuple[str, ...]


class Left(Struct, frozen=True):
    """What a user can still sign in with."""

    role: Role
    has_password: bool
    has_identity: bool
    passkeys: int


class PasskeyStore:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(
        self,
        user_id: UUID,
        name: str,
        credential_id: bytes,
        public_key: bytes,
        sign_count: int = 0,
        transports: Sequence[str] = (),
        *,
        made_in: UUID | None = None,
    ) -> None:
        """`made_in` is the session in which it is made.

        Raises ConflictError for one that is known, and above MOST; SignedOutError if the session has just ended.
        """
        try:
            async with self._database.write(user_id) as session:
                await check_is_still_in(session, user_id, made_in)
                if (await session.scalar(_number_of(user_id)) or 0) >= MOST:
                    raise ConflictError(f"There are {MOST} passkeys already. Remove one that is not needed any more.")
                session.add(
                    PasskeyRow(
                        user_id=user_id,
                        name=name,
                        credential_id=credential_id,
                        public_key=public_key,
                        sign_count=sign_count,
                        transports=list(transports),
                        created_at=datetime.now(UTC),
                    )
                )
        except IntegrityError:
            raise ConflictError("This passkey is known already.") from None

    async def of(self, user_id: UUID) -> tuple[Passkey, ...]:
        """The user's passkeys, the newest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(PasskeyRow)
                .where(PasskeyRow.user_id == user_id)
                .order_by(PasskeyRow.created_at.desc(), PasskeyRow.id.desc())
            )
            return tuple(Passkey(row.id, row.name, row.created_at, row.last_used_at) for row in rows)

    async def described(self, user_id: UUID) -> tuple[Described, ...]:
        async with self._database.read() as session:
            query = select(PasskeyRow.credential_id, PasskeyRow.transports).where(PasskeyRow.user_id == user_id)
            return tuple(Described(key, tuple(transports)) for key, transports in await session.execute(query))

    async def find(self, user_id: UUID, credential_id: bytes) -> Credential | None:
        """None also for a user who may not come in any more."""
        async with self._database.read() as session:
            row = (
                await session.execute(
                    select(UserRow, PasskeyRow.public_key, PasskeyRow.sign_count)
                    .join(PasskeyRow, PasskeyRow.user_id == UserRow.id)
                    .where(
                        UserRow.id == user_id, UserRow.disabled_at.is_(None), PasskeyRow.credential_id == credential_id
                    )
                )
            ).first()
        if row is None:
            return None
        found, public_key, sign_count = row
        return Credential(User(found.id, found.name, found.full_name, Role(found.role)), public_key, sign_count)

    async def use(self, user_id: UUID, credential_id: bytes, sign_count: int) -> bool:
        """Notes a sign-in. False if the key was removed meanwhile, or has counted as far in another sign-in."""
        counts = PasskeyRow.sign_count < sign_count if sign_count else PasskeyRow.sign_count == 0
        async with self._database.write(user_id) as session:
            query = (
                update(PasskeyRow)
                .where(PasskeyRow.user_id == user_id, PasskeyRow.credential_id == credential_id, counts)
                .values(sign_count=sign_count, last_used_at=datetime.now(UTC))
            )
            return (await session.execute(query.returning(PasskeyRow.id))).first() is not None

    async def rename(self, user_id: UUID, passkey_id: UUID, name: str) -> None:
        """Raises NotFoundError."""
        async with self._database.write(user_id) as session:
            query = update(PasskeyRow).where(PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id)
            if (await session.execute(query.values(name=name).returning(PasskeyRow.id))).first() is None:
                raise NotFoundError(_NONE_SUCH)

    async def remove(self, user_id: UUID, passkey_id: UUID, is_enough: Callable[[Left], bool]) -> str:
        """Returns its name. Raises NotFoundError; LastWayInError if what is left is not enough, and keeps it then."""
        async with self._database.write(user_id) as session:
            query = delete(PasskeyRow).where(PasskeyRow.id == passkey_id, PasskeyRow.user_id == user_id)
            name: str | None = await session.scalar(query.returning(PasskeyRow.name))
            if name is None:
                raise NotFoundError(_NONE_SUCH)
            if not is_enough(await left_to(session, user_id)):
                raise LastWayInError(
                    "Without this passkey nothing is left to sign in with: then only an administrator can help you in."
                )
            return name


async def left_to(session: AsyncSession, user_id: UUID) -> Left:
    """What the user can sign in with as things stand in `session`."""
    user = (await session.scalars(select(UserRow).where(UserRow.id == user_id))).one()
    number = await session.scalar(_number_of(user_id)) or 0
    return Left(Role(user.role), user.password_hash is not None, user.identity is not None, number)


def _number_of(user_id: UUID) -> Select[int]:
    return select(func.count()).select_from(PasskeyRow).where(PasskeyRow.user_id == user_id)
