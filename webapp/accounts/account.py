"""What people do with their own account, each as one step that is written into the security log."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from webapp.accounts.api_tokens_store import SCOPES, ApiTokens
from webapp.accounts.devices_store import Devices
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.limits import Limits
from webapp.accounts.passwords import Passwords
from webapp.accounts.presence import Presence
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.signing_in import Arrival
from webapp.accounts.store import Users
from webapp.accounts.users import Caller, read_full_name
from webapp.web.client import Client
from webapp.web.refusals import InvalidError, NotFoundError

LIFETIMES: Final = (7, 30, 90, 365, 0)  # days that a token may live, 0 for as long as it is not revoked
MAX_TOKEN_NAME: Final = 60


class Account:
    """Every method takes the caller first, and finds nothing that belongs to another."""

    def __init__(
        self,
        users: Users,
        passwords: Passwords,
        sessions: Sessions,
        tokens: ApiTokens,
        devices: Devices,
        presence: Presence,
        limits: Limits,
        events: Events,
    ) -> None:
        self._users = users
        self._passwords = passwords
        self._sessions = sessions
        self._tokens = tokens
        self._devices = devices
        self._presence = presence
        self._limits = limits
        self._events = events

    async def rename(self, caller: Caller, full_name: str) -> None:
        await self._users.set_full_name(caller.user.id, read_full_name(full_name))

    async def has_password(self, caller: Caller) -> bool:
        known = await self._users.own_credentials(caller.user.id)
        return known is not None and known.password_hash is not None

    async def change_password(self, caller: Caller, current: str, new: str, client: Client) -> Arrival:
        """Sets a password, and ends all other sessions, all API tokens and what they have open: others are out.

        Returns new secrets for the cookies of the session and of the device, which is known under the new password too,
        so that strangers who guess don't keep its owner out.

        Raises InvalidError for a wrong current one and for a weak new one. Where there is none yet it is not asked for,
        and the caller has to have seen to it that the session is fresh.
        """
        password = self._passwords.check(new, caller.user.role, caller.user.name, caller.user.full_name)
        known = await self._users.own_credentials(caller.user.id)
        if known is not None and known.password_hash is not None:
            await self._limits.begin_own(caller.user.name)
            if not await self._passwords.is_right(current, known.password_hash):
                raise InvalidError("The current password is not right.")
            await self._limits.end_own(caller.user.name)
        password_hash = await self._passwords.hashed(password)
        ended = await self._users.change_password(caller.user.id, password_hash, but=caller.credential)
        self._presence.end(ended.credentials)
        await self._events.record(Kind.PASSWORD_CHANGED, caller.user.name, "", ended.words, client.address)
        session = await self._sessions.renew(caller.user.id, caller.credential) if caller.credential else ""
        return Arrival(session, await self._devices.remember(caller.user))

    async def end_session(self, caller: Caller, session_id: UUID, client: Client) -> None:
        """Raises NotFoundError if the caller has no such session."""
        if not await self._sessions.end(caller.user.id, session_id):
            raise NotFoundError("There is no such session, or not any more.")
        self._presence.end([session_id])
        await self._events.record(Kind.SESSION_ENDED, caller.user.name, address=client.address)

    async def end_other_sessions(self, caller: Caller, client: Client) -> None:
        """All but the caller's own, and all API tokens."""
        ended = await self._sessions.end_all(caller.user.id, but=caller.credential)
        self._presence.end(ended.credentials)
        await self._events.record(Kind.SESSIONS_ENDED, caller.user.name, "", ended.words, client.address)

    async def make_token(self, caller: Caller, name: str, scopes: Iterable[str], days: int, client: Client) -> str:
        """A new token; returns it, which happens this once. Raises InvalidError, or ConflictError for one too many."""
        name = " ".join(name.split())
        chosen = [scope for scope in SCOPES if scope in set(scopes)]
        if not name or len(name) > MAX_TOKEN_NAME or not name.isprintable():
            raise InvalidError(f"A token has a name of at most {MAX_TOKEN_NAME} characters, by which you will know it.")
        if not chosen:
            raise InvalidError("A token may read, write, or both. Choose at least one.")
        if days not in LIFETIMES:
            raise InvalidError("A token lives for 7, 30, 90 or 365 days, or until it is revoked.")
        expires_at = datetime.now(UTC) + timedelta(days=days) if days else None
        token = await self._tokens.add(caller.user.id, name, chosen, expires_at, made_in=caller.credential)
        await self._events.record(Kind.TOKEN_MADE, caller.user.name, name, " ".join(chosen), client.address)
        return token

    async def revoke_token(self, caller: Caller, token_id: UUID, client: Client) -> None:
        """Raises NotFoundError if the caller has no such token."""
        name = next((one.name for one in await self._tokens.of(caller.user.id) if one.id == token_id), "")
        if not await self._tokens.end(caller.user.id, token_id):
            raise NotFoundError("There is no such token, or not any more.")
        self._presence.end([token_id])
        await self._events.record(Kind.TOKEN_REVOKED, caller.user.name, name, address=client.address)
