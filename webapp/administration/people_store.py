"""Everybody who may come in, for administrators: their role, whether they may, and their end.

Changes take turns under one key, so that of two administrators who demote each other one stays.
"""

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from webapp.accounts.purposes import MADE_IN_OFFICE
from webapp.accounts.store import LOCAL, LOCK, check_office
from webapp.accounts.users import Role
from webapp.db.engine import Database
from webapp.db.tables import IS_LIVE
from webapp.db.tables import ApiToken as TokenRow
from webapp.db.tables import Conversation as ConversationRow
from webapp.db.tables import Message as MessageRow
from webapp.db.tables import Session as SessionRow
from webapp.db.tables import Ticket as TicketRow
from webapp.db.tables import User as UserRow
from webapp.web.refusals import ConflictError, NotFoundError

PAGE: Final = 50


class Person(Struct, frozen=True):
    """A user as administrators see one: nothing of what was asked or answered."""

    id: UUID
    name: str
    full_name: str
    role: Role
    created_at: datetime
    signed_in_at: datetime | None
    disabled_at: datetime | None

    @property
    def is_disabled(self) -> bool:
        return self.disabled_at is not None

    @property
    def called(self) -> str:
        return self.full_name or self.name


class Ended(Struct, frozen=True):
    """What came to its end with somebody: sessions and tokens, and answers that were still growing."""

    credentials: tuple[UUID, ...] = ()
    growing: tuple[UUID, ...] = ()


class People:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, find: str = "", after: str = "", limit: int = PAGE) -> list[Person]:
        """People by name, those whose names hold `find`; `after` is the name of the last one of the page before."""
        query = select(UserRow).where(UserRow.name != LOCAL, UserRow.name > after).order_by(UserRow.name).limit(limit)
        if find:
            query = query.where(_named(find))
        async with self._database.read() as session:
            return [_person(row) for row in await session.scalars(query)]

    async def find(self, user_id: UUID) -> Person:
        async with self._database.read() as session:
            return _person(await _row(session, user_id))

    async def set_role(self, actor: UUID, user_id: UUID, role: Role) -> Person:
        """What somebody made as an administrator ends with the role: invitations, and links for new passwords.

        Raises ConflictError rather than leave nobody who could give the role back, and for who has lost it themselves.
        """
        async with self._database.write(LOCK) as session:
            row = await _row(session, user_id)
            if role is not Role.ADMINISTRATOR:
                await _check_not_last(session, row)
                await _end_office(session, row)
            await check_office(session, actor)
            row.role = role
            return _person(row)

    async def disable(self, actor: UUID, user_id: UUID) -> Ended:
        """Keeps somebody out: sessions, tokens, links for them and by them end at once, and conversations stay.

        Raises ConflictError for oneself and for the last administrator.
        """
        async with self._database.write(LOCK) as session:
            row = await _row(session, user_id)
            await _check_may_go(session, actor, row)
            row.disabled_at = row.disabled_at or datetime.now(UTC)
            return await _end(session, row)

    async def enable(self, actor: UUID, user_id: UUID) -> None:
        async with self._database.write(LOCK) as session:
            row = await _row(session, user_id)
            await check_office(session, actor)
            row.disabled_at = None

    async def delete(self, actor: UUID, user_id: UUID) -> Ended:
        """Deletes somebody with all that is theirs, for good. Raises ConflictError as `disable` does."""
        async with self._database.write(LOCK) as session:
            row = await _row(session, user_id)
            await _check_may_go(session, actor, row)
            ended = await _end(session, row)
            for table in (MessageRow, ConversationRow):  # by themselves: cascades go through them one by one
                await session.execute(delete(table).where(table.owner_id == row.id))
            await session.execute(delete(UserRow).where(UserRow.id == row.id))
            return ended


def _named(find: str) -> ColumnElement[bool]:
    """As it is written too: SQLite makes small letters of those of ASCII alone."""
    text = find.strip()
    return or_(
        UserRow.name.contains(text.lower(), autoescape=True),
        UserRow.full_name.contains(text, autoescape=True),
        func.lower(UserRow.full_name).contains(text.lower(), autoescape=True),
    )


async def _row(session: AsyncSession, user_id: UUID) -> UserRow:
    row = await session.get(UserRow, user_id)
    if row is None or row.name == LOCAL:
        raise NotFoundError("There is no such user.")
    return row


async def _check_may_go(session: AsyncSession, actor: UUID, row: UserRow) -> None:
    if row.id == actor:
        raise ConflictError("Nobody does that to themselves. Ask another administrator.")
    await _check_not_last(session, row)
    await check_office(session, actor)


async def _check_not_last(session: AsyncSession, row: UserRow) -> None:
    if row.role != Role.ADMINISTRATOR or row.disabled_at is not None:
        return
    others: Any = select(UserRow.id).where(
        UserRow.role == Role.ADMINISTRATOR,
        UserRow.disabled_at.is_(None),
        UserRow.name != LOCAL,
        UserRow.id != row.id,
    )
    if await session.scalar(others.limit(1)) is None:
        raise ConflictError(f"{row.name} is the only administrator. Make somebody else one first.")


async def _end_office(session: AsyncSession, row: UserRow) -> None:
    """In the same transaction: nobody comes back by a link that they have made for it."""
    await session.execute(delete(TicketRow).where(TicketRow.made_by == row.name, TicketRow.purpose.in_(MADE_IN_OFFICE)))


async def _end(session: AsyncSession, row: UserRow) -> Ended:
    user_id = row.id
    await _end_office(session, row)
    credentials: list[UUID] = []
    for table in (SessionRow, TokenRow):
        credentials += await session.scalars(delete(table).where(table.user_id == user_id).returning(table.id))
    await session.execute(delete(TicketRow).where(TicketRow.user_id == user_id))
    growing = await session.scalars(select(MessageRow.id).where(MessageRow.owner_id == user_id, IS_LIVE))
    return Ended(tuple(credentials), tuple(growing))


def _person(row: UserRow) -> Person:
    return Person(row.id, row.name, row.full_name, Role(row.role), row.created_at, row.signed_in_at, row.disabled_at)
