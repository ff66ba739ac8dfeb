"""What one goes away with and comes back with: a ticket that works once, and only in the browser that it was made for.

So nobody can have their own sign-in finished in the browser of another, who would then write into a stranger's account.
"""

import hmac
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from webapp.accounts.purposes import Purpose
from webapp.accounts.secret import hash_of
from webapp.accounts.tickets_store import Ticket, Tickets

LIFETIME: Final = timedelta(minutes=10)


class RoundTrips:
    """`browser` is the secret of a cookie that the browser has; the database gets its hash alone."""

    def __init__(self, tickets: Tickets) -> None:
        self._tickets = tickets

    async def begin(self, purpose: Purpose, browser: str, *, user_id: UUID | None = None, **data: Any) -> str:
        """A new secret to go away with. `user_id` is for whoever is signed in already."""
        data["browser"] = hash_of(browser).hex()
        return await self._tickets.make(purpose, LIFETIME, user_id=user_id, data=data)

    async def end(self, purpose: Purpose, secret: str, browser: str) -> Ticket | None:
        """What was begun, which is over by this; None for what is unknown, late, back already or of another browser.

        What another browser brings stays good for the right one.
        """
        found = await self._tickets.find(purpose, secret)
        if found is None or not hmac.compare_digest(found.data["browser"], hash_of(browser).hex()):
            return None
        return await self._tickets.take(purpose, secret)
