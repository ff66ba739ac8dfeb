"""Signing in with a name and a password, and what follows whichever way one signs in."""

from msgspec import Struct

from webapp.accounts.addresses import sought
from webapp.accounts.devices_store import Devices
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.limits import Limits
from webapp.accounts.notices import Notices
from webapp.accounts.passwords import Passwords
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.store import Users
from webapp.accounts.users import User
from webapp.accounts.ways_in import Way, WaysIn
from webapp.web.client import Client
from webapp.web.refusals import RefusalError

_WRONG = "The e-mail address or the password is not right."


class WrongPasswordError(RefusalError):
    """No such user, no such password, or a user who may not come in: nobody is told which."""

    status = 422
    code = "wrong_password"

    def __init__(self, sentence: str = _WRONG) -> None:
        super().__init__(sentence)


class SigningIn:
    def __init__(
        self, users: Users, passwords: Passwords, devices: Devices, limits: Limits, events: Events, ways_in: WaysIn
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._devices = devices
        self._limits = limits
        self._events = events
        self._ways_in = ways_in

    async def by_password(self, name: str, password: str, client: Client, device: str = "") -> User:
        """Raises WrongPasswordError, or TooManyError before it looks at the password at all.

        It does the same for a name that is not there as for one that is, so that both take as long.
        """
        names = sought(name)
        known = await self._users.credentials(*names)
        name = known.user.name if known else names[-1]  # guesses count for the account, however its name is written
        known_device = device if await self._devices.knows(name, device) else None
        count = await self._limits.begin_sign_in(name, client, known_device)
        kept = known.password_hash if known and self._ways_in.takes_password_of(known.user.role) else None
        if not await self._passwords.is_right(password, kept) or known is None or known.is_disabled:
            await self._tell_of_failure(known.user if known else None, count, client)
            raise WrongPasswordError
        await self._limits.end_sign_in(name, client, known_device)
        if kept is not None and self._passwords.is_outdated(kept):
            await self._users.set_password(known.user.id, await self._passwords.hashed_again(password))
        return known.user

    async def _tell_of_failure(self, user: User | None, count: int, client: Client) -> None:
        """The first, the second, the fourth, the eighth in a row: guessing shows, and does not fill the log.

        A name that nobody has is not written down, as it may be a password in the wrong field.
        """
        if count & (count - 1) == 0:
            subject = user.name if user else "no such account"
            await self._events.record(Kind.SIGN_IN_FAILED, "", subject, f"attempt {count} in a row", client.address)


class Arrival(Struct, frozen=True):
    """The secrets of two cookies: of the session, and of the browser as one that is known from now on.

    `has_notices` if there is something that the user has to know first.
    """

    session: str
    device: str
    has_notices: bool = False


class Arrivals:
    """Where every session begins, whichever way somebody has shown who they are."""

    def __init__(self, sessions: Sessions, devices: Devices, events: Events, ways_in: WaysIn, notices: Notices) -> None:
        self._notices = notices
        self._sessions = sessions
        self._devices = devices
        self._events = events
        self._ways_in = ways_in

    async def begin(
        self, user: User, way: Way, client: Client, device: str = "", before: str = "", *, is_confirmed: bool = True
    ) -> Arrival:
        """A new session, always with a secret of its own, so that nobody can have planted it.

        `before` is the secret of the session that the browser had, which ends. `is_confirmed` as in `Sessions.begin`.
        Raises ForbiddenError for a closed way.
        """
        self._ways_in.check(way, user.role)
        secret = await self._sessions.begin(
            user.id, method=way, browser=client.browser, instead_of=before, is_confirmed=is_confirmed
        )
        device = await self._devices.remember(user, device)
        await self._events.record(Kind.SIGNED_IN, user.name, "", way, client.address)
        return Arrival(secret, device, bool(await self._notices.of(user)))
