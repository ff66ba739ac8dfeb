"""By what ways people may sign in here.

What begins a session asks `WaysIn.check`, and so does what takes a password that somebody chooses. Sessions begin in
`Arrivals` alone, and `Passwords` hashes nothing that it hasn't checked. So no page can forget to ask.
"""

from enum import StrEnum
from typing import Final

from msgspec import Struct

from webapp.accounts.passkeys import RelyingParty
from webapp.accounts.passkeys_store import Left
from webapp.accounts.users import Role
from webapp.config import Settings
from webapp.web.operators import host_name
from webapp.web.refusals import ForbiddenError


class Way(StrEnum):
    """How somebody has shown who they are, as a session keeps it."""

    PASSWORD = "password"  # noqa: S105  # a word for it
    LINK = "link"  # to choose a new password by
    PASSKEY = "passkey"
    PROVIDER = "oidc"


class Ways(Struct, frozen=True):
    """What a page offers. `passwords` is False where they are for administrators alone, `provider` the other's name."""

    passwords: bool = True
    passkeys: bool = False
    provider: str = ""


_CLOSED: Final = {
    Way.PASSWORD: "Members have no passwords",
    Way.LINK: "Members have no passwords",
    Way.PASSKEY: "There are no passkeys",
    Way.PROVIDER: "There is no other place to sign in at",
}


class WaysIn:
    def __init__(self, settings: Settings, party: RelyingParty | None) -> None:
        self._passwords = settings.takes_passwords
        self.provider = settings.oidc_name if settings.oidc_issuer else ""
        self._party = party

    @classmethod
    def of(cls, settings: Settings) -> "WaysIn":
        return cls(settings, RelyingParty.of(settings))

    def at(self, host: str) -> Ways:
        """What is offered to whoever came by this Host: a passkey is for one name of the server alone."""
        by_passkey = self._party is not None and host_name(host) == self._party.id
        return Ways(self._passwords, by_passkey, self.provider)

    def takes_password_of(self, role: Role) -> bool:
        """Administrators keep theirs: somebody has to come in when the provider is away or set wrongly."""
        return self._passwords or role is Role.ADMINISTRATOR

    def check(self, way: Way, role: Role) -> None:
        """Raises ForbiddenError, with what is open, where nobody of that role comes in this way."""
        if not self._is_open(way, role):
            others = [self.provider] if self.provider else []
            others += ["a passkey"] if self._party is not None else []
            raise ForbiddenError(f"{_CLOSED[way]} here. Sign in with {' or '.join(others) or 'a password'}.")

    def _is_open(self, way: Way, role: Role) -> bool:
        match way:
            case Way.PASSWORD | Way.LINK:
                return self.takes_password_of(role)
            case Way.PASSKEY:
                return self._party is not None
            case Way.PROVIDER:
                return bool(self.provider)

    def is_enough(self, left: Left) -> bool:
        """Whether somebody can sign in with what is left to them."""
        return bool(
            (left.has_password and self.takes_password_of(left.role))
            or (left.has_identity and self.provider)
            or left.passkeys
        )
