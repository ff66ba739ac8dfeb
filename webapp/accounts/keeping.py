"""What people do with their ways in, each as one step that is written into the security log.

Its routes ask for a sign-in of the last minutes (see freshness.py): a browser that somebody left open is not to give a
stranger a key of their own.
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
from webapp.accounts.users import Caller
from webapp.accounts.ways_in import WaysIn
from webapp.web.client import Client


class Keeping:
    """Every method takes the caller first."""

    def __init__(
        self,
        passkeys: Passkeys,
        store: PasskeyStore,
        identities: Identities,
        ways_in: WaysIn,
        events: Events,
    ) -> None:
        self._passkeys = passkeys
        self._store = store
        self._identities = identities
        self._ways_in = ways_in
        self._events = events

    async def ask_for_passkey(self, caller: Caller, name: str, browser: str) -> str:
        """See `Passkeys.ask_for_new`."""
        return await self._passkeys.ask_for_new(caller.user, name, browser)

    async def add_passkey(self, caller: Caller, answer: str, browser: str, client: Client) -> None:
        """See `Passkeys.add`."""
        name = await self._passkeys.add(caller.user, answer, browser, caller.credential)
        await self._events.record(Kind.PASSKEY_ADDED, caller.user.name, "", name, client.address)

    async def rename_passkey(self, caller: Caller, passkey_id: UUID, name: str) -> None:
        """Raises NotFoundError for one that the caller does not have, InvalidError."""
        await self._store.rename(caller.user.id, passkey_id, read_passkey_name(name))

    async def remove_passkey(self, caller: Caller, passkey_id: UUID, is_sure: bool, client: Client) -> None:
        """Raises NotFoundError, and LastWayInError for the last way in unless the caller is sure."""
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
        await self._identities.unlink(caller.user.id, self._ways_in.is_enough)
        await self._events.record(Kind.IDENTITY_UNLINKED, caller.user.name, address=client.address)

    async def page(self, caller: Caller, host: str, error: str = "", last: UUID | None = None) -> PasskeysPage:
        """`last` is the passkey that the caller is to be sure about."""
        return PasskeysPage(
            "Passkeys",
            await self._store.of(caller.user.id),
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
