"""Users in the database."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.addresses import spellings
from webapp.accounts.credentials_store import Cause, Ended, end_credentials
from webapp.accounts.users import Role, User
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.db.types import new_id
from webapp.web.refusals import ConflictError, NotFoundError

LOCAL: Final = "local"  # no e-mail address, so nobody can sign in by it
LOCK: Final = "users"
_TAKEN: Final = "There is an account with this e-mail address already. Sign in instead."


class Credentials(Struct, frozen=True):
    """What signing in with a password is checked against."""

    user: User
    password_hash: str | None
    is_disabled: bool


class ListedUser(Struct, frozen=True):
    user: User
    signed_in_at: datetime | None
    is_disabled: bool


class Users:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def local(self) -> User:
        """Who everything belongs to without accounts: the first administrator if there is one, else `local`."""
        async with self._database.read() as session:
            row = await _owner_of_all(session)
        if row is None:
            async with self._database.write(LOCK) as session:
                row = await _owner_of_all(session) or _added(session, LOCAL, "", Role.MEMBER, None)
        return User(row.id, row.name, row.full_name, Role.ADMINISTRATOR)

    async def has_administrator(self) -> bool:
        async with self._database.read() as session:
            return await session.scalar(_ADMINISTRATORS.limit(1)) is not None

    async def add_first(self, name: str, full_name: str, password_hash: str | None) -> User:
        """The first administrator, who takes over all that there was before there were accounts.

        Raises ConflictError if there is an administrator already.
        """
        async with self._database.write(LOCK) as session:
            if await session.scalar(_ADMINISTRATORS.limit(1)) is not None:
                raise ConflictError("This installation has been set up already. Sign in instead.")
            row = await _local(session)
            if row is None:
                row = _added(session, name, full_name, Role.ADMINISTRATOR, password_hash)
            row.name, row.full_name, row.role, row.password_hash = name, full_name, Role.ADMINISTRATOR, password_hash
            return _user(row)

    async def add(
        self,
        name: str,
        full_name: str,
        role: Role,
        *,
        password_hash: str | None = None,
        identity: str | None = None,
        ticket: UUID | None = None,
    ) -> User:
        """Uses up the `ticket`, if it takes one.

        Raises ConflictError if somebody has the name, and NotFoundError if the ticket is not good any more; then
        nothing has happened.
        """
        try:
            async with self._database.write(LOCK) as session:
                await _use(session, ticket)
                await _check_is_free(session, name)
                return _user(_added(session, name, full_name, role, password_hash, identity))
        except IntegrityError:
            raise ConflictError(_TAKEN) from None

    async def find(self, user_id: UUID) -> User | None:
        async with self._database.read() as session:
            row = await session.get(UserRow, user_id)
            return None if row is None else _user(row)

    async def credentials(self, *names: str) -> Credentials | None:
        """Of who has one of the names; of several the first one counts."""
        async with self._database.read() as session:
            rows = list(await session.scalars(select(UserRow).where(UserRow.name.in_(names), UserRow.name != LOCAL)))
        return min(map(_credentials, rows), key=lambda one: names.index(one.user.name), default=None)

    async def own_credentials(self, user_id: UUID) -> Credentials | None:
        async with self._database.read() as session:
            row = await session.get(UserRow, user_id)
            return None if row is None else _credentials(row)

    async def all(self) -> list[ListedUser]:
        """Everybody, by name, for the operator."""
        async with self._database.read() as session:
            rows = await session.scalars(select(UserRow).order_by(UserRow.name))
            return [ListedUser(_user(row), row.signed_in_at, row.disabled_at is not None) for row in rows]

    async def set_full_name(self, user_id: UUID, full_name: str) -> None:
        async with self._database.write(LOCK) as session:
            await session.execute(update(UserRow).where(UserRow.id == user_id).values(full_name=full_name))

    async def set_password(self, user_id: UUID, password_hash: str) -> None:
        """Another hash of the same password, or the first one."""
        async with self._database.write(LOCK) as session:
            await session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))

    async def change_password(
        self, user_id: UUID, password_hash: str, *, ticket: UUID | None = None, but: UUID | None = None
    ) -> Ended:
        """A new password, and in the same step the end of all that the old one may have opened, but for one session.

        Uses up the `ticket`, if it takes one; raises NotFoundError if that is not good any more.
        """
        async with self._database.write(LOCK) as session:
            await _use(session, ticket)
            await session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))
            return await end_credentials(session, user_id, Cause.NEW_PASSWORD, but=but)


_ADMINISTRATORS: Final = (
    select(UserRow)
    .where(UserRow.role == Role.ADMINISTRATOR, UserRow.name != LOCAL, UserRow.disabled_at.is_(None))
    .order_by(UserRow.created_at, UserRow.id)
)


async def check_office(session: AsyncSession, user_id: UUID) -> None:
    """Raises ConflictError for who is no administrator any more by the time that something is done, under LOCK."""
    row = await session.get(UserRow, user_id)
    if row is None or row.role != Role.ADMINISTRATOR or row.disabled_at is not None:
        raise ConflictError("You are no administrator any more, so nothing was done.")


async def _owner_of_all(session: AsyncSession) -> UserRow | None:
    return await session.scalar(_ADMINISTRATORS.limit(1)) or await _local(session)


async def _local(session: AsyncSession) -> UserRow | None:
    return await session.scalar(select(UserRow).where(UserRow.name == LOCAL))


async def _check_is_free(session: AsyncSession, name: str) -> None:
    """Also of accounts that an earlier version kept by another spelling of the address."""
    others = spellings(name)[1:]
    if others and await session.scalar(select(UserRow.id).where(UserRow.name.in_(others))) is not None:
        raise ConflictError(_TAKEN)


async def _use(session: AsyncSession, ticket: UUID | None) -> None:
    if ticket is None:
        return
    query = delete(TicketRow).where(TicketRow.id == ticket, TicketRow.expires_at > moment())
    if (await session.execute(query.returning(TicketRow.id))).first() is None:
        raise NotFoundError("This link has been used already, or is too old. Ask for a new one.")


def _added(
    session: AsyncSession,
    name: str,
    full_name: str,
    role: Role,
    password_hash: str | None,
    identity: str | None = None,
) -> UserRow:
    row = UserRow(
        id=new_id(),
        name=name,
        full_name=full_name,
        role=role,
        password_hash=password_hash,
        identity=identity,
        created_at=datetime.now(UTC),
    )
    session.add(row)
    return row


def _credentials(row: UserRow) -> Credentials:
    return Credentials(_user(row), row.password_hash, row.disabled_at is not None)


def _user(row: UserRow) -> User:
    return User(row.id, row.name, row.full_name, Role(row.role))
