"""What a ticket is for: a secret that works once, and what takes it along when it ends."""

from enum import StrEnum
from typing import Final


class Purpose(StrEnum):
    SETUP = "setup"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105  # what the ticket is for: a new one
    PASSKEY = "passkey"
    OIDC = "oidc"
    OPENROUTER = "openrouter"
    SIGN_UP = "sign_up"
    ARCHIVED = "archived"  # conversations that can go back where they were
    DEVICE = "device"  # a browser that is known; see devices_store.py


class EndsWith(StrEnum):
    """What takes a ticket along when it ends, beside use and time."""

    OFFICE = "the office of the administrator who made it"
    USER = "the user whom it is for, or who was on the way"
    SETUP = "the set-up of the installation"
    NOTHING = "an address that somebody has shown to be theirs"


# Of each purpose: what whoever brings such a ticket gets is a right, and somebody has given it.
ENDS_WITH: Final[dict[Purpose, EndsWith]] = {
    Purpose.SETUP: EndsWith.SETUP,
    Purpose.INVITATION: EndsWith.OFFICE,
    Purpose.PASSWORD: EndsWith.OFFICE,  # and with its user
    Purpose.PASSKEY: EndsWith.USER,
    Purpose.OIDC: EndsWith.USER,
    Purpose.OPENROUTER: EndsWith.USER,
    Purpose.SIGN_UP: EndsWith.NOTHING,
    Purpose.ARCHIVED: EndsWith.USER,
    Purpose.DEVICE: EndsWith.USER,
}
MADE_IN_OFFICE: Final = tuple(purpose for purpose, end in ENDS_WITH.items() if end is EndsWith.OFFICE)
