"""How people come in who have no account: by an administrator's link, or by one that is mailed to an address."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from msgspec import Struct

from webapp.accounts.addresses import domain_of, read_name, spellings
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.limits import Limits
from webapp.accounts.passwords import Passwords
from webapp.accounts.purposes import Purpose
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Ticket, Tickets
from webapp.accounts.users import Role, User, read_full_name
from webapp.accounts.ways_in import Way, WaysIn
from webapp.services.mail import Mail
from webapp.web.client import Client
from webapp.web.refusals import ForbiddenError, InvalidError, NotFoundError

LIFETIMES: Final = (1, 7, 30)  # days
SIGN_UP_LIFETIME: Final = timedelta(hours=2)
_GONE: Final = "This link has been used already, or is too old. Ask for a new one."


class Invitation(Struct, frozen=True):
    """`name` is the e-mail address of whom it is for, "" where whoever has the link may choose one."""

    id: UUID
    role: Role
    name: str
    made_by: str
    created_at: datetime
    expires_at: datetime


class Invitations:
    """For administrators: `make`, `all`, `withdraw`. The guard of their routes sees to it that they are such."""

    def __init__(
        self, users: Users, tickets: Tickets, passwords: Passwords, events: Events, ways_in: WaysIn, public_url: str
    ) -> None:
        self._ways_in = ways_in
        self._users = users
        self._tickets = tickets
        self._passwords = passwords
        self._events = events
        self._public_url = public_url

    async def make(self, administrator: User, role: Role, name: str, days: int, client: Client) -> str:
        """A new invitation, for one address if `name` is not ""; returns its link, which happens this once.

        Raises InvalidError for what is no address or no lifetime, and for no address where the provider has to know it.
        """
        name = read_name(name) if name.strip() else ""
        if days not in LIFETIMES:
            raise InvalidError("An invitation is good for 1, 7 or 30 days.")
        if not name and not self._ways_in.takes_password_of(role):
            raise InvalidError(
                f"Members sign in with {self._ways_in.provider} here, which knows them by an address. Write it."
            )
        data = {"role": role, "name": name}
        secret = await self._tickets.make(Purpose.INVITATION, timedelta(days=days), data=data, made_by=administrator)
        await self._events.record(Kind.INVITATION_MADE, administrator.name, name, role, client.address)
        return f"{self._public_url}/join?token={secret}"

    async def all(self) -> list[Invitation]:
        """Those that are good, the newest first."""
        return [_invitation(one) for one in await self._tickets.of(Purpose.INVITATION)]

    async def withdraw(self, administrator: User, invitation_id: UUID, client: Client) -> None:
        """Raises NotFoundError for one that is not good any more."""
        name = next((one.name for one in await self.all() if one.id == invitation_id), "")
        if not await self._tickets.withdraw(Purpose.INVITATION, invitation_id):
            raise NotFoundError("There is no such invitation, or not any more.")
        await self._events.record(Kind.INVITATION_WITHDRAWN, administrator.name, name, address=client.address)

    async def check(self, token: str) -> Invitation:
        """What a link's token invites to.

        Raises NotFoundError for one that is not good, or not any more, and ForbiddenError where whom it invites has no
        password: they are known when they come another way.
        """
        for purpose in (Purpose.INVITATION, Purpose.SIGN_UP):
            ticket = await self._tickets.find(purpose, token)
            if ticket is not None:
                invitation = _invitation(ticket)
                self._check_is_open(invitation)
                return invitation
        raise NotFoundError(_GONE)

    def _check_is_open(self, invitation: Invitation) -> None:
        try:
            self._ways_in.check(Way.PASSWORD, invitation.role)
        except ForbiddenError as closed:
            if not invitation.made_by or not invitation.name:
                raise
            words = f"{closed.sentence} You are invited as {invitation.name}, so come with that address."
            raise ForbiddenError(words) from None

    async def join(self, token: str, name: str, full_name: str, password: str, client: Client) -> User:
        """Makes the account, and uses up the link. An address that the link is for counts, whatever `name` says.

        Raises NotFoundError as `check` does; InvalidError or ConflictError leave the link good.
        """
        invitation = await self.check(token)
        name, full_name = read_name(invitation.name or name), read_full_name(full_name)
        password_hash = await self._passwords.chosen(password, invitation.role, name, full_name)
        user = await self._users.add(
            name, full_name, invitation.role, password_hash=password_hash, ticket=invitation.id
        )
        by = f"invited by {invitation.made_by}" if invitation.made_by else "signed up"
        kind = Kind.INVITATION_USED if invitation.made_by else Kind.SIGNED_UP
        await self._events.record(kind, user.name, "", by, client.address)
        return user


class SigningUp:
    """Open to whoever has an address of some domains, which a mail proves."""

    def __init__(
        self,
        users: Users,
        tickets: Tickets,
        limits: Limits,
        mail: Mail,
        ways_in: WaysIn,
        domains: Collection[str],
        public_url: str,
    ) -> None:
        self._ways_in = ways_in
        self._users = users
        self._tickets = tickets
        self._limits = limits
        self._mail = mail
        self._domains = domains
        self._public_url = public_url

    @property
    def domains(self) -> list[str]:
        """Whose people may sign up; none where nobody may."""
        is_open = self._mail.is_set and self._ways_in.takes_password_of(Role.MEMBER)
        return sorted(self._domains) if is_open else []

    def check_is_open(self) -> None:
        """Raises ForbiddenError or NotFoundError with what to do instead."""
        self._ways_in.check(Way.PASSWORD, Role.MEMBER)
        if not self.domains:
            raise NotFoundError("People are invited here; nobody can sign up by themselves.")

    async def ask(self, name: str, client: Client) -> None:
        """Has a link mailed, or, to who has an account, a word about that: the page tells nobody which.

        Raises InvalidError for an address of another domain, TooManyError, and what `check_is_open` does.
        """
        self.check_is_open()
        name = read_name(name)
        if domain_of(name) not in self.domains:
            raise InvalidError(f"Who has an address of {', '.join(self.domains)} can sign up. Others are invited.")
        await self._limits.mail(name, client)
        self._mail.later(self._mail_link(name))

    async def _mail_link(self, name: str) -> None:
        secret = await self._tickets.make(Purpose.SIGN_UP, SIGN_UP_LIFETIME, data={"name": name, "role": Role.MEMBER})
        if await self._users.credentials(*spellings(name)) is None:
            await self._mail.send(name, "Your account", _WELCOME.format(link=f"{self._public_url}/join?token={secret}"))
        else:
            await self._mail.send(
                name, "You have an account already", _ALREADY.format(link=f"{self._public_url}/login")
            )


_WELCOME: Final = """\
Somebody, hopefully you, wants to make an account with this address. To go on, open this link within two hours:

{link}

If it was not you, do nothing: without the link no account is made.
"""
_ALREADY: Final = """\
Somebody, hopefully you, wanted to make an account with this address. You have one already. To sign in:

{link}

There you can also ask for a new password. If it was not you, do nothing.
"""


def _invitation(ticket: Ticket) -> Invitation:
    role, name = Role(ticket.data.get("role", Role.MEMBER)), str(ticket.data.get("name", ""))
    return Invitation(ticket.id, role, name, ticket.made_by, ticket.created_at, ticket.expires_at)
