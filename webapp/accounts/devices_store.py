"""Browsers in which somebody has signed in before: their cookie, kept as a hash, gives them attempts of their own.

So strangers who guess at an account make nobody wait who was there before them (OWASP: slow down guessing with device
cookies). It opens nothing: the password is asked for all the same. A new password makes strangers of all of them, but
for the browser in which it was chosen.
"""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import select, update

from webapp.accounts.purposes import Purpose
from webapp.accounts.secret import hash_of, new_secret
from webapp.accounts.users import User
from webapp.db.clock import moment
from webapp.db.engine import Database
from webapp.db.tables import Ticket as TicketRow

LIFETIME: Final = timedelta(days=400)  # browsers keep no cookie for longer
LONGEST: Final = 200  # characters of a cookie that are worth looking up


class Devices:
    """A device's secret is one for all accounts that are used there, and is kept for each by itself."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def knows(self, name: str, secret: str) -> bool:
        """Whether the name has been signed in with here. It is the same work for names that nobody has."""
        if not secret or len(secret) > LONGEST:
            return False
        query = select(TicketRow.id).where(
            TicketRow.purpose == Purpose.DEVICE,
            TicketRow.token_hash == _hash(name, secret),
            TicketRow.expires_at > moment(),
        )
        async with self._database.read() as session:
            return await session.scalar(query) is not None

    async def remember(self, user: User, secret: str = "") -> str:
        """Remembers that the user has signed in here; returns the cookie's secret, which is new if it had none."""
        if not secret or len(secret) > LONGEST:
            secret = new_secret()
        now, key = datetime.now(UTC), _hash(user.name, secret)
        async with self._database.write(f"device {key.hex()}") as session:
            known = update(TicketRow).where(TicketRow.token_hash == key).values(expires_at=now + LIFETIME)
            if (await session.execute(known.returning(TicketRow.id))).first() is None:
                session.add(
                    TicketRow(
                        purpose=Purpose.DEVICE,
                        token_hash=key,
                        user_id=user.id,
                        created_at=now,
                        expires_at=now + LIFETIME,
                    )
                )
        return secret


def _hash(name: str, secret: str) -> bytes:
    return hash_of(f"{secret} {name}")
