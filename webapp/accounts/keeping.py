"""What people do with their ways in, each as one step that is written into the security log.

Only who has signed in a short while ago may: a browser that somebody left open is not to give a stranger a key of their
own. Without accounts nobody signs in, and all of it is not there.
"""

from datetime import UTC, datetime
from uuid import UUID

from webapp.accounts.events_store import Events, Kind
from webapp.accounts.identities_store import Identities
from webapp.accounts.moments import ago
from webapp.accounts.pages import PasskeysPage
from webapp.accounts.passkeys import Passkeys, read_passkey_name
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.sections import ListedPasskey, WaysSection
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import WaysIn
from webapp.web.client import Client
from webapp.web.refusals import ForbiddenError, NotFoundError


class Keeping:
    """Every method takes the caller first, and raises NotFoundError without accounts."""

    def __init__(
        self,
        sessions: Sessions,
        passkeys: Passkeys,
        store: PasskeyStore,
        identities: Identities,
        ways_in: WaysIn,
        events: Events,
    ) -> None:
        self._sessions = sessions
        self._passkeys = passkeys
        self._store = store
        self._identities = identities
        self._ways_in = ways_in
        self._events = events

    async def check_is_recent(self, caller: Caller) -> None:
        """Raises ForbiddenError."""
        if not await self._is_recent(caller):
            raise ForbiddenError("You signed in too long ago for this. Sign in once more.")

    async def ask_for_passkey(self, caller: Caller, name: str, browser: str) -> str:
        """See `Passkeys.ask_for_new`."""
        await self.check_is_recent(caller)
        return await self._passkeys.ask_for_new(caller.user, name, browser)

    async def add_passkey(self, caller: Caller, answer: str, browser: str, client: Client) -> None:
        """See `Passkeys.add`."""
        await self.check_is_recent(caller)
        name = await self._passkeys.add(caller.user, answer, browser, caller.credential)
        await self._events.record(Kind.PASSKEY_ADDED, caller.user.name, "", name, client.address)

    async def rename_passkey(self, caller: Caller, passkey_id: UUID, name: str) -> None:
        """Raises NotFoundError for one that the caller does not have, InvalidError."""
        await self._store.rename(caller.user.id, passkey_id, read_passkey_name(name))

    async def remove_passkey(self, caller: Caller, passkey_id: UUID, is_sure: bool, client: Client) -> None:
        """Raises NotFoundError, and LastWayInError for the last way in unless the caller is sure."""
        await self.check_is_recent(caller)
        name = await self._store.remove(
            caller.user.id, passkey_id, lambda left: is_sure or self._ways_in.is_enough(left)
        )
        await self._events.record(Kind.PASSKEY_REMOVED, caller.user.name, "", name, client.address)

    async def link(self, caller: Caller, identity: str, client: Client) -> None:
        """What was begun by somebody who had signed in a short while ago. Raises ConflictError."""
        await self._identities.link(caller.user.id, identity, made_in=caller.credential)
        await self._events.record(Kind.IDENTITY_LINKED, caller.user.name, "", identity, client.address)

    async def unlink(self, caller: Caller, client: Client) -> None:
        """Raises LastWayInError."""
        await self.check_is_recent(caller)
        await self._identities.unlink(caller.user.id, self._ways_in.is_enough)
        await self._events.record(Kind.IDENTITY_UNLINKED, caller.user.name, address=client.address)

    async def page(self, caller: Caller, host: str, error: str = "", last: UUID | None = None) -> PasskeysPage:
        """`last` is the passkey that the caller is to be sure about."""
        return PasskeysPage(
            "Passkeys",
            caller.user.name,
            await self._store.of(caller.user.id),
            await self._is_recent(caller),
            self._ways_in.at(host),
            is_linked=await self._identities.has(caller.user.id),
            error=error,
            last=last,
        )

    async def section(self, caller: Caller) -> WaysSection:
        """What the page of the account tells of it."""
        now = datetime.now(UTC)
        return WaysSection(
            tuple([ListedPasskey(one.name, ago(one.created_at, now)) for one in await self._store.of(caller.user.id)]),
            self._ways_in.provider,
            await self._identities.has(caller.user.id),
        )

    async def _is_recent(self, caller: Caller) -> bool:
        if caller.credential is None:
            raise NotFoundError("There are no accounts here: AUTH is off.")
        return await self._sessions.is_recent(caller.user.id, caller.credential)
