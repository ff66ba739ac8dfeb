"""Which account somebody has who signed in at the provider.

The identity there decides; an e-mail address only at the first time, and only one that the provider has seen to be
theirs. An account that can be signed in to by other ways is never taken over by its address alone: whoever made it may
have written an address that was not theirs, and would read on in what its true owner writes later. Its owner signs in
by one of those ways, and links the two. The same holds from the other side: who has an address at the provider does not
get what somebody else has kept here under it.
"""

from typing import Final

from webapp.accounts.addresses import domain_of, read_name, spellings
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.id_tokens import Claims
from webapp.accounts.identities_store import Identities
from webapp.accounts.purposes import Purpose
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role, User, read_full_name
from webapp.config import Settings
from webapp.web.client import Client
from webapp.web.refusals import ForbiddenError, InvalidError

_DISABLED: Final = "This account is closed. Ask whoever runs this installation."


class Recognising:
    def __init__(
        self, settings: Settings, users: Users, identities: Identities, tickets: Tickets, events: Events
    ) -> None:
        self._provider = settings.oidc_name
        self._domains = settings.oidc_mail_domains
        self._users = users
        self._identities = identities
        self._tickets = tickets
        self._events = events

    async def user_of(self, claims: Claims, client: Client) -> User:
        """Raises ForbiddenError for who may not come in, with what they can do."""
        known = await self._identities.find(claims.identity)
        if known is None:
            return await self._newcomer(claims, client)
        if known.is_disabled:
            raise ForbiddenError(_DISABLED)
        return known.user

    async def _newcomer(self, claims: Claims, client: Client) -> User:
        if not claims.email:
            raise ForbiddenError(
                f"{self._provider} does not vouch for an e-mail address of yours, by which you could be known here. "
                "If you have an account, sign in to it another way and link the two."
            )
        name = self._name(claims.email)
        names = spellings(name)
        adopted = await self._identities.adopt(names, claims.identity)
        if adopted is not None:
            await self._events.record(Kind.IDENTITY_LINKED, adopted.name, "", claims.identity, client.address)
            return adopted
        if await self._users.credentials(*names) is not None:
            raise ForbiddenError(
                f"There is an account for {name} already. Sign in to it as you did before, and link it to "
                f"{self._provider} on the page of your passkeys."
            )
        return await self._joined(name, claims, client)

    async def _joined(self, name: str, claims: Claims, client: Client) -> User:
        """An account for who is invited by this address, or has one of the domains."""
        invited = [one for one in await self._tickets.of(Purpose.INVITATION) if one.data.get("name") in spellings(name)]
        if not invited and domain_of(name) not in self._domains:
            raise ForbiddenError(f"Nobody has invited {name} yet. Ask whoever runs this installation.")
        role = Role(invited[0].data["role"]) if invited else Role.MEMBER
        ticket = invited[0].id if invited else None
        user = await self._users.add(name, _full_name(claims), role, identity=claims.identity, ticket=ticket)
        kind, by = (Kind.INVITATION_USED, f"invited by {invited[0].made_by}") if invited else (Kind.SIGNED_UP, "")
        await self._events.record(kind, user.name, "", by or claims.identity, client.address)
        return user

    def _name(self, email: str) -> str:
        try:
            return read_name(email)
        except InvalidError as error:
            raise ForbiddenError(
                f"The address that {self._provider} knows you by isn't taken. {error.sentence}"
            ) from None


def _full_name(claims: Claims) -> str:
    try:
        return read_full_name(claims.full_name)
    except InvalidError:
        return ""
