"""By what ways people may sign in here."""

from msgspec import Struct

from webapp.accounts.passkeys import RelyingParty
from webapp.accounts.passkeys_store import Left
from webapp.accounts.users import Role
from webapp.config import Settings
from webapp.web.operators import host_name


class Ways(Struct, frozen=True):
    """What a page offers. `passwords` is False where they are for administrators alone, `provider` the other's name."""

    passwords: bool = True
    passkeys: bool = False
    provider: str = ""


class WaysIn:
    def __init__(self, settings: Settings, party: RelyingParty | None) -> None:
        self._passwords = settings.takes_passwords
        self.provider = settings.oidc_name if settings.oidc_issuer else ""
        self._party = party

    def at(self, host: str) -> Ways:
        """What is offered to whoever came by this Host: a passkey is for one name of the server alone."""
        by_passkey = self._party is not None and host_name(host) == self._party.id
        return Ways(self._passwords, by_passkey, self.provider)

    def takes_password_of(self, role: Role) -> bool:
        """Administrators keep theirs: somebody has to come in when the provider is away or set wrongly."""
        return self._passwords or role is Role.ADMINISTRATOR

    def is_enough(self, left: Left) -> bool:
        """Whether somebody can sign in with what is left to them."""
        return bool(
            (left.has_password and self.takes_password_of(left.role))
            or (left.has_identity and self.provider)
            or left.passkeys
        )
