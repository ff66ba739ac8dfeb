"""The first administrator: from the settings, or by a link that the log tells once."""

import logging
from datetime import timedelta
from typing import Final

from webapp.accounts.addresses import read_name
from webapp.accounts.events_store import Events, Kind
from webapp.accounts.passwords import Passwords
from webapp.accounts.purposes import Purpose
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role, User, read_full_name
from webapp.accounts.ways_in import WaysIn
from webapp.config import SettingError, Settings
from webapp.db.address import Address
from webapp.db.engine import open_database
from webapp.web.refusals import InvalidError, NotFoundError

logger = logging.getLogger(__name__)

LINK_LIFETIME: Final = timedelta(days=7)


class SettingUp:
    def __init__(self, users: Users, tickets: Tickets, passwords: Passwords, events: Events) -> None:
        self._users = users
        self._tickets = tickets
        self._passwords = passwords
        self._events = events

    async def prepare(self, settings: Settings) -> None:
        """At each start, before anything is served: sees to it that there is an administrator, or that there can be.

        Raises SettingError for an ADMIN_EMAIL or ADMIN_PASSWORD that does not do. Both count at the first start alone.
        """
        if not settings.has_accounts or await self._users.has_administrator():
            return
        if settings.admin_email:
            await self._from_settings(settings)
            return
        secret = await self._tickets.make(Purpose.SETUP, LINK_LIFETIME)
        logger.warning(
            "There is no administrator yet. Whoever opens this address becomes the first: %s/setup?token=%s",
            settings.public_url,
            secret,
        )

    async def check(self, token: str) -> None:
        """Raises NotFoundError unless the token is that of the log, and there is no administrator."""
        if await self._users.has_administrator() or await self._tickets.find(Purpose.SETUP, token) is None:
            raise NotFoundError("This link does not work, or not any more. A new one is in the log of each start.")

    async def set_up(self, token: str, name: str, full_name: str, password: str) -> User:
        """Makes the first administrator. Raises NotFoundError for a wrong token, InvalidError for the rest."""
        await self.check(token)
        user = await self._add(read_name(name), read_full_name(full_name), password)
        await self._tickets.withdraw_all(Purpose.SETUP)
        return user

    async def _from_settings(self, settings: Settings) -> None:
        try:
            user = await self._add(read_name(settings.admin_email), "", settings.admin_password)
        except InvalidError as error:
            raise SettingError(f"ADMIN_EMAIL or ADMIN_PASSWORD does not do: {error.sentence}") from None
        logger.info("Made the first administrator, by ADMIN_EMAIL, with the id %s", user.id)

    async def _add(self, name: str, full_name: str, password: str) -> User:
        password_hash = await self._passwords.chosen(password, Role.ADMINISTRATOR, name, full_name)
        user = await self._users.add_first(name, full_name, password_hash)
        await self._events.record(Kind.SET_UP, user.name)
        return user


async def prepare_accounts(settings: Settings, address: Address) -> None:
    """Prepares the migrated database at `address`; see `SettingUp.prepare`."""
    database = open_database(address, pool_size=1)
    try:
        passwords = Passwords(settings, WaysIn.of(settings))
        await SettingUp(Users(database), Tickets(database), passwords, Events(database)).prepare(settings)
    finally:
        await database.close()
