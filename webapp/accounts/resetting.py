"""A new password for who has forgotten the old one: by an administrator's link, or by a mailed one."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from webapp.accounts.addresses import read_name, spellings
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.limits import Limits
from webapp.accounts.notices import BEHIND_NAME, BY_LINK_OF, SHOWN
from webapp.accounts.passwords import Passwords
from webapp.accounts.presence import Presence
from webapp.accounts.purposes import Purpose
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Ticket, Tickets
from webapp.accounts.users import Role, User
from webapp.accounts.ways_in import Way, WaysIn
from webapp.services.mail import Mail
from webapp.web.client import Client
from webapp.web.refusals import NotFoundError, UnavailableError

# Who has asked for a mail waits for it. A link of an administrator or the operator reaches somebody who isn't waiting.
LINK_LIFETIME: Final = timedelta(days=2)
MAIL_LIFETIME: Final = timedelta(minutes=10)


class ResetLinks:
    """Links to choose a new password by; for administrators and for the operator's verbs."""

    def __init__(
        self, users: Users, tickets: Tickets, events: Events, mail: Mail, ways_in: WaysIn, public_url: str
    ) -> None:
        self._mail = mail
        self._ways_in = ways_in
        self._users = users
        self._tickets = tickets
        self._events = events
        self._public_url = public_url

    def are_for(self, role: Role) -> bool:
        """Whether somebody of that role has a password."""
        return self._ways_in.takes_password_of(role)

    @property
    def are_mailed(self) -> bool:
        """Whether links of administrators go to the user alone. Without mail they see them, and the user sees that."""
        return self._mail.is_set

    async def give(self, administrator: User, user_id: UUID, address: str) -> str:
        """Mails a link to the user, and returns ""; without mail returns it, for the administrator to hand on.

        Raises what `make` does, and UnavailableError where the mail isn't taken: then there is no link.
        """
        if not self._mail.is_set:
            return await self.make(administrator, user_id, address, detail=SHOWN)
        user = await self._users.find(user_id)
        link = await self.make(administrator, user_id, address, detail="mailed to the user")
        if user is None or not await self._mail.send(user.name, "A new password", _OFFERED.format(link=link)):
            await self._tickets.withdraw_all(Purpose.PASSWORD, user_id)
            raise UnavailableError(
                "The mail could not be sent; the log says why. The operator can make a link by `user reset`."
            )
        return ""

    async def make(
        self,
        made_by: User | str,
        user_id: UUID,
        address: str = "",
        lifetime: timedelta = LINK_LIFETIME,
        *,
        detail: str = "",
    ) -> str:
        """A link for the user. Raises NotFoundError if there is no such, ForbiddenError for one who has no password.

        `made_by` is an administrator, or whoever else the security log names; "" for the user.
        """
        user = await self._users.find(user_id)
        if user is None:
            raise NotFoundError("There is no such user.")
        self._ways_in.check(Way.LINK, user.role)
        maker = made_by.name if isinstance(made_by, User) else made_by
        secret = await self._tickets.make(Purpose.PASSWORD, lifetime, user_id=user_id, made_by=made_by)
        await self._events.record(Kind.RESET_LINK_MADE, maker, user.name, detail, address)
        return f"{self._public_url}/password?token={secret}"


class Resetting:
    def __init__(
        self,
        users: Users,
        passwords: Passwords,
        tickets: Tickets,
        presence: Presence,
        links: ResetLinks,
        limits: Limits,
        events: Events,
        mail: Mail,
        ways_in: WaysIn,
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._tickets = tickets
        self._presence = presence
        self._links = links
        self._limits = limits
        self._events = events
        self._mail = mail
        self._ways_in = ways_in

    @property
    def is_by_mail(self) -> bool:
        """Whether who has forgotten a password can ask for a link.

        Where members have none, administrators can't either: who was put out at the provider is not to come in by mail.
        """
        return self._mail.is_set and self._ways_in.takes_password_of(Role.MEMBER)

    def check_is_by_mail(self) -> None:
        """Raises ForbiddenError or NotFoundError with what to do instead."""
        self._ways_in.check(Way.LINK, Role.MEMBER)
        if not self._mail.is_set:
            raise NotFoundError(
                "No mails are sent from here. Ask an administrator for a link to choose a new password."
            )

    async def by_mail(self, name: str, client: Client) -> None:
        """Has a link mailed to who has an account with a password, and tells nobody whether there is one.

        Raises InvalidError for what is no address, TooManyError, and what `check_is_by_mail` does.
        """
        self.check_is_by_mail()
        name = read_name(name)
        await self._limits.mail(name, client)
        self._mail.later(self._mail_link(name, client))

    async def _mail_link(self, name: str, client: Client) -> None:
        known = await self._users.credentials(*spellings(name))
        if known is None or known.is_disabled or known.password_hash is None:
            return
        link = await self._links.make("", known.user.id, client.address, MAIL_LIFETIME)
        await self._mail.send(name, "A new password", _MAIL.format(link=link))

    async def check(self, token: str) -> User:
        """Whose password a link's token is for.

        Raises NotFoundError for one that is not good, or not any more, and ForbiddenError for who has no password here.
        """
        return (await self._found(token))[1]

    async def reset(self, token: str, password: str, client: Client) -> User:
        """Sets the password, uses up the link, and ends all that was signed in, and all API tokens.

        Raises NotFoundError as `check` does; InvalidError for a weak password leaves the link good.
        """
        ticket, user = await self._found(token)
        password_hash = await self._passwords.chosen(password, user.role, user.name, user.full_name)
        ended = await self._users.change_password(user.id, password_hash, ticket=ticket.id)
        self._presence.end(ended.credentials)
        await self._limits.forget_account(user.name)
        by = f"{BY_LINK_OF}{ticket.made_by}" if ticket.made_by else "by link"
        await self._events.record(Kind.PASSWORD_RESET, user.name, "", f"{by}{BEHIND_NAME}{ended.words}", client.address)
        return user

    async def _found(self, token: str) -> tuple[Ticket, User]:
        ticket = await self._tickets.find(Purpose.PASSWORD, token)
        known = await self._users.own_credentials(ticket.user_id) if ticket and ticket.user_id else None
        if ticket is None or known is None or known.is_disabled:
            raise NotFoundError("This link has been used already, or is too old. Ask for a new one.")
        self._ways_in.check(Way.LINK, known.user.role)
        return ticket, known.user


_OFFERED: Final = """\
An administrator offers you to choose a new password for the account with this address. To do so, open this link within
two days:

{link}

If you did not ask for it, do nothing: your password stays as it is.
"""
_MAIL: Final = """\
Somebody, hopefully you, wants to choose a new password for the account with this address. To go on, open this link
within ten minutes:

{link}

If it was not you, do nothing: your password stays as it is.
"""
