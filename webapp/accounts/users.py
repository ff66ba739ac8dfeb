"""Who uses the installation, as values."""

from enum import StrEnum
from uuid import UUID

from msgspec import Struct

from webapp.web.refusals import InvalidError


class Role(StrEnum):
    ADMINISTRATOR = "administrator"  # sees to the installation, and to nobody else's conversations
    MEMBER = "member"


class User(Struct, frozen=True):
    """Who asks. Stores take the user's id first and find nothing that belongs to another.

    `name` is what one signs in with, an e-mail address as `read_name` gives it; without accounts it is `local`.
    """

    id: UUID
    name: str
    full_name: str = ""
    role: Role = Role.MEMBER

    @property
    def is_administrator(self) -> bool:
        return self.role is Role.ADMINISTRATOR

    @property
    def called(self) -> str:
        """What to call them on a page."""
        return self.full_name or self.name


class Caller(Struct, frozen=True):
    """Who asks, and by what right: `credential` is the id of the session or token, None without accounts.

    `scopes` is what a token may do; None is everything, as for a browser.
    """

    user: User
    credential: UUID | None = None
    scopes: frozenset[str] | None = None

    @property
    def is_browser(self) -> bool:
        return self.scopes is None

    def may(self, scope: str) -> bool:
        return self.scopes is None or scope in self.scopes


def read_full_name(text: str) -> str:
    """What somebody is called, on one line of at most 100 characters. Raises InvalidError."""
    line = " ".join(text.split())
    if len(line) > 100 or not line.isprintable():
        raise InvalidError("A name has at most 100 characters, on one line.")
    return line
