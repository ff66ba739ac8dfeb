"""Showing once more who one is, in a session that goes on: by the password, a passkey or the provider."""

import time
from typing import Final
from uuid import UUID

from webapp.accounts.events_store import Events, Kind
from webapp.accounts.freshness import Asked, OwnWays, StaleSessionError
from webapp.accounts.id_tokens import Claims
from webapp.accounts.identities_store import Identities
from webapp.accounts.limits import Limits
from webapp.accounts.passkeys import Passkeys
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.passwords import Passwords
from webapp.accounts.sessions_store import RECENT, Sessions
from webapp.accounts.store import Users
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import WaysIn
from webapp.web.client import Client
from webapp.web.refusals import ForbiddenError, InvalidError, SignedOutError

LEEWAY: Final = 60.0  # seconds by which clocks may differ


class Confirming:
    """Every method takes the caller first. Those that confirm return a new secret for the session's cookie.

    The one before opens nothing from then on, so that whoever has copied it is out; the session, and what it has open,
    goes on. They raise RefusalError for what shows nothing, and SignedOutError if the session has ended meanwhile.
    """

    def __init__(
        self,
        users: Users,
        passwords: Passwords,
        sessions: Sessions,
        passkeys: Passkeys,
        store: PasskeyStore,
        identities: Identities,
        ways_in: WaysIn,
        limits: Limits,
        events: Events,
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._sessions = sessions
        self._passkeys = passkeys
        self._store = store
        self._identities = identities
        self._ways_in = ways_in
        self._limits = limits
        self._events = events

    async def is_fresh(self, caller: Caller) -> bool:
        """Whether the caller has shown in the last minutes who they are. Without accounts nobody is asked."""
        if caller.credential is None:
            return True
        return await self._sessions.is_fresh(caller.user.id, caller.credential)

    async def check_is_fresh(self, caller: Caller, asked: Asked, host: str) -> None:
        """Raises StaleSessionError."""
        if not await self.is_fresh(caller):
            raise StaleSessionError(asked, caller.user.name, await self.ways(caller, host))

    async def ways(self, caller: Caller, host: str) -> OwnWays:
        here, user = self._ways_in.at(host), caller.user
        return OwnWays(
            await self._password_hash(caller) is not None,
            here.passkeys and bool(await self._store.of(user.id)),
            here.provider if await self._identities.has(user.id) else "",
        )

    async def by_password(self, caller: Caller, password: str, client: Client) -> str:
        """An open browser is no place to guess it: raises TooManyError for who tries."""
        await self._limits.begin_own(caller.user.name)
        password_hash = await self._password_hash(caller)
        if not await self._passwords.is_right(password, password_hash):
            raise InvalidError("The password is not right.")
        await self._limits.end_own(caller.user.name)
        return await self._confirmed(caller, "password", client)

    async def ask_for_passkey(self, caller: Caller, browser: str) -> str:
        """See `Passkeys.ask_to_confirm`."""
        return await self._passkeys.ask_to_confirm(caller.user, browser)

    async def by_passkey(self, caller: Caller, answer: str, browser: str, client: Client) -> str:
        await self._passkeys.confirm(caller.user, answer, browser)
        return await self._confirmed(caller, "passkey", client)

    async def by_provider(self, caller: Caller, claims: Claims, client: Client) -> str:
        """It was asked to let its user sign in once more; some don't say when that was."""
        known = await self._identities.find(claims.identity)
        if known is None or known.user.id != caller.user.id:
            raise ForbiddenError("You signed in there with another account. Use the one that is linked to this one.")
        if claims.signed_in_at is not None and not was_just_now(claims.signed_in_at):
            raise ForbiddenError("You signed in there too long ago. Sign out there, and try again.")
        return await self._confirmed(caller, "oidc", client)

    async def _password_hash(self, caller: Caller) -> str | None:
        known = await self._users.own_credentials(caller.user.id)
        is_taken = known is not None and self._ways_in.takes_password_of(known.user.role)
        return known.password_hash if known is not None and is_taken else None

    async def _confirmed(self, caller: Caller, method: str, client: Client) -> str:
        secret = await self._sessions.renew(caller.user.id, _session_of(caller))
        await self._events.record(Kind.CONFIRMED, caller.user.name, "", method, client.address)
        return secret


def was_just_now(moment: float) -> bool:
    """Whether it was in the last minutes, in seconds since 1970 by another's clock."""
    return time.time() - moment <= RECENT.total_seconds() + LEEWAY


def _session_of(caller: Caller) -> UUID:
    if caller.credential is None:
        raise SignedOutError
    return caller.credential
