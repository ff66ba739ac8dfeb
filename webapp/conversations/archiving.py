"""Several conversations go into the archive at once, or out of it, and back again.

Which they were is written on a ticket: of a whole view, nobody could tell afterwards what was there before.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

import msgspec

from webapp.accounts.purposes import Purpose
from webapp.accounts.tickets_store import Ticket, Tickets
from webapp.conversations.listing import Moved, View
from webapp.conversations.listing_store import Listing, Put

LIFETIME: Final = timedelta(days=1)


class Archiving:
    """Every method takes the owner first and finds nothing that belongs to another."""

    def __init__(self, listing: Listing, tickets: Tickets) -> None:
        self._listing = listing
        self._tickets = tickets

    async def move(self, owner: UUID, chosen: tuple[UUID, ...] | View, archived: bool) -> str:
        """Puts conversations into the archive, or takes them out. Returns the secret for `undo`, "" if none moved."""
        put = await self._listing.archive(owner, chosen, archived)
        if not put.ids:
            return ""
        return await self._tickets.make(Purpose.ARCHIVED, LIFETIME, user_id=owner, data=msgspec.to_builtins(put))

    async def moved(self, owner: UUID, secret: str) -> Moved | None:
        """What can be undone by that secret; None if nothing can, or not any more."""
        ticket = await self._find(owner, secret)
        return Moved(secret, ticket.data["archived"], len(ticket.data["ids"])) if ticket else None

    async def undo(self, owner: UUID, secret: str) -> Moved | None:
        """Puts them back, once; returns what was undone."""
        ticket = await self._find(owner, secret)
        if ticket is None or not await self._tickets.withdraw(Purpose.ARCHIVED, ticket.id):
            return None
        put = msgspec.convert(ticket.data, Put)
        await self._listing.put_back(owner, put)
        return Moved(secret, put.archived, len(put.ids))

    async def _find(self, owner: UUID, secret: str) -> Ticket | None:
        ticket = await self._tickets.find(Purpose.ARCHIVED, secret) if secret else None
        return ticket if ticket and ticket.user_id == owner else None
