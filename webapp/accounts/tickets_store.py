"""Secrets that work once and for a while: set-up, invitations, new passwords, the way back from a sign-in elsewhere."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from msgspec import Struct
from sqlalchemy import bindparam, delete, select

from webapp.accounts.purposes import Purpose
from webapp.accounts.secret import hash_of, new_secret
from webapp.accounts.store import LOCK, check_office
from webapp.accounts.users import User
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Ticket as TicketRow


class Ticket(Struct, frozen=True):
    """`data` is what it is about, as whoever made it has put it in; `user_id` whom it is for, if that is known."""

    id: UUID
    purpose: Purpose
    user_id: UUID | None
    data: dict[str, Any]
    made_by: str
    created_at: datetime
    expires_at: datetime


class Tickets:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def make(
        self,
        purpose: Purpose,
        lifetime: timedelta,
        *,
        user_id: UUID | None = None,
        data: dict[str, Any] | None = None,
        made_by: User | str = "",
    ) -> str:
        """A new ticket; returns its secret. Those that have expired go at the same time.

        One that a user makes for others is an administrator's. Raises ConflictError for who is none any more: nobody
        leaves one behind who is put out meanwhile.
        """
        secret, now = new_secret(), datetime.now(UTC)
        async with self._database.write(LOCK if isinstance(made_by, User) else None) as session:
            if isinstance(made_by, User):
                await check_office(session, made_by.id)
            await session.execute(delete(TicketRow).where(TicketRow.expires_at <= moment()))
            session.add(
                TicketRow(
                    purpose=purpose,
                    token_hash=hash_of(secret),
                    user_id=user_id,
                    data=data or {},
                    made_by=made_by.name if isinstance(made_by, User) else made_by,
                    created_at=now,
                    expires_at=now + lifetime,
                )
            )
        return secret

    async def find(self, purpose: Purpose, secret: str) -> Ticket | None:
        """The ticket, which stays good: for the page that asks what to do with it."""
        async with self._database.read() as session:
            row = await session.scalar(_BY_SECRET, {"purpose": purpose, "hash": hash_of(secret)})
            return None if row is None else _ticket(row)

    async def take(self, purpose: Purpose, secret: str) -> Ticket | None:
        """The ticket, which is used up by this. Of many who bring it at once, one gets it.

        To say that there is none takes no write.
        """
        if await self.find(purpose, secret) is None:
            return None
        async with self._database.write() as session:
            query = delete(TicketRow).where(*_is(purpose, hash_of(secret))).returning(TicketRow)
            row = await session.scalar(query)
            return None if row is None else _ticket(row)

    async def of(self, purpose: Purpose) -> list[Ticket]:
        """All that are good, the newest first."""
        async with self._database.read() as session:
            rows = await session.scalars(
                select(TicketRow)
                .where(TicketRow.purpose == purpose, TicketRow.expires_at > moment())
                .order_by(TicketRow.created_at.desc(), TicketRow.id)
            )
            return [_ticket(row) for row in rows]

    async def withdraw(self, purpose: Purpose, ticket_id: UUID) -> bool:
        """Makes a ticket good for nothing; False if there is none such."""
        async with self._database.write() as session:
            query = delete(TicketRow).where(TicketRow.id == ticket_id, TicketRow.purpose == purpose)
            return (await session.execute(query.returning(TicketRow.id))).first() is not None

    async def withdraw_all(self, purpose: Purpose, user_id: UUID | None = None) -> None:
        """All of a purpose, or those of one user."""
        query = delete(TicketRow).where(TicketRow.purpose == purpose)
        async with self._database.write() as session:
            await session.execute(query if user_id is None else query.where(TicketRow.user_id == user_id))


def _is(purpose: Any, token_hash: Any) -> tuple[Any, ...]:
    return TicketRow.purpose == purpose, TicketRow.token_hash == token_hash, TicketRow.expires_at > moment()


_BY_SECRET: Final = select(TicketRow).where(*_is(bindparam("purpose"), bindparam("hash")))


def _ticket(row: TicketRow) -> Ticket:
    return Ticket(row.id, Purpose(row.purpose), row.user_id, row.data, row.made_by, row.created_at, row.expires_at)
