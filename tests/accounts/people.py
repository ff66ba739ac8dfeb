"""The stores and services of accounts on one database, and people to have accounts there."""

from typing import Final

from webapp.accounts.account import Account
from webapp.accounts.api_tokens_store import ApiTokens
from webapp.accounts.attempts_store import Attempts
from webapp.accounts.confirming import Confirming
from webapp.accounts.devices_store import Devices
from webapp.accounts.events_store import Events
from webapp.accounts.identities_store import Identities
from webapp.accounts.invitations import Invitations, SigningUp
from webapp.accounts.limits import Limits
from webapp.accounts.notices import Notices
from webapp.accounts.passkeys import Passkeys
from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.passwords import Passwords
from webapp.accounts.presence import Presence
from webapp.accounts.resetting import ResetLinks, Resetting
from webapp.accounts.round_trips import RoundTrips
from webapp.accounts.sessions_store import Sessions
from webapp.accounts.setting_up import SettingUp
from webapp.accounts.signing_in import Arrivals, SigningIn
from webapp.accounts.store import Users
from webapp.accounts.tickets_store import Tickets
from webapp.accounts.users import Role, User
from webapp.accounts.ways_in import WaysIn
from webapp.config import Settings
from webapp.db.engine import Database
from webapp.services.mail import Mail
from webapp.web.client import Client

ALICE: Final = "alice@example.org"
BOB: Final = "bob@example.org"
PASSWORD: Final = "a quiet afternoon"
HOME: Final = Client("192.0.2.1", "192.0.2.1", False, "Firefox")
SITE: Final = "https://chat.example.org"
ELSEWHERE: Final = Client("198.51.100.7", "198.51.100.7", False, "curl")


class QuickPasswords(Passwords):
    """Hashes in no time, and counts: what Argon2id does is tested with the real one."""

    def __init__(self, settings: Settings, ways_in: WaysIn) -> None:
        super().__init__(settings, ways_in)
        self.looked_at: list[bool] = []  # for each password that was looked at, whether there was a hash of it

    async def hashed(self, password: str) -> str:
        return f"hash of {password}"

    async def is_right(self, password: str, kept: str | None) -> bool:
        self.looked_at.append(kept is not None)
        return kept == f"hash of {password}"

    def is_outdated(self, kept: str) -> bool:
        return False


def real_passwords() -> Passwords:
    """Those of an installation without any settings."""
    return Passwords(Settings(), WaysIn.of(Settings()))


class Letterbox(Mail):
    """Keeps what would be mailed; `emptied` waits for it."""

    def __init__(self) -> None:
        super().__init__(Settings(smtp_url="smtp://localhost", mail_from="chat@example.org"))
        self.letters: list[tuple[str, str, str]] = []
        self.is_open = True

    async def send(self, to: str, subject: str, text: str) -> bool:
        self.letters.append((to, subject, text))
        return self.is_open

    async def emptied(self) -> list[tuple[str, str, str]]:
        """What was mailed since the last time, after all that is under way."""
        async with self.running():
            pass
        letters, self.letters = self.letters, []
        return letters


class House:
    """All of it on one database."""

    def __init__(self, database: Database, settings: Settings | None = None) -> None:
        self.database = database
        self.users, self.sessions, self.tokens = Users(database), Sessions(database), ApiTokens(database)
        self.tickets, self.devices, self.events = Tickets(database), Devices(database), Events(database)
        self.attempts, self.notices = Attempts(database), Notices(self.events)
        ways_in = WaysIn.of(settings or Settings())
        self.limits, self.passwords = Limits(self.attempts), QuickPasswords(settings or Settings(), ways_in)
        self.signing_in = SigningIn(self.users, self.passwords, self.devices, self.limits, self.events, ways_in)
        self.arrivals = Arrivals(self.sessions, self.devices, self.events, ways_in, self.notices)
        self.presence = Presence(self.sessions.alive, self.tokens.alive)
        self.account = Account(
            self.users,
            self.passwords,
            self.sessions,
            self.tokens,
            self.devices,
            self.presence,
            self.limits,
            self.events,
        )
        ways_in, store = WaysIn(settings or Settings(), None), PasskeyStore(database)
        self.confirming = Confirming(
            self.users,
            self.passwords,
            self.sessions,
            Passkeys(store, RoundTrips(self.tickets), None, "Open Chat"),
            store,
            Identities(database),
            ways_in,
            self.limits,
            self.events,
        )
        self.setting_up = SettingUp(self.users, self.tickets, self.passwords, self.events)

        self.mail = Letterbox()
        self.invitations = Invitations(self.users, self.tickets, self.passwords, self.events, ways_in, SITE)
        self.signing_up = SigningUp(self.users, self.tickets, self.limits, self.mail, ways_in, {"example.org"}, SITE)
        self.reset_links = ResetLinks(self.users, self.tickets, self.events, self.mail, ways_in, SITE)
        self.resetting = Resetting(
            self.users,
            self.passwords,
            self.tickets,
            self.presence,
            self.reset_links,
            self.limits,
            self.events,
            self.mail,
            ways_in,
        )

    async def add(self, name: str, role: Role = Role.MEMBER, password: str = PASSWORD) -> User:
        return await self.users.add(name, "", role, password_hash=await self.passwords.hashed(password))

    async def told(self) -> list[str]:
        """The kinds of the events, in the order in which they happened."""
        return [one.kind for one in reversed(await self.events.page())]
