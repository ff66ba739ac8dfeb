"""E-mail addresses, each in one form, by which accounts, invitations and what a provider vouches for are compared.

Two addresses are the same if they differ in the capitals of ASCII alone, or in how a domain is written: by IDNA 2008
`bücher.example` and `xn--bcher-kva.example` are one name. Nothing else is folded: `straße.example` is not
`strasse.example`, and another may have it. Before the @ there are letters, digits and signs of ASCII alone: so no two
look alike, and a mail's header shows the address as it is.

RFC 5321 would let a mail server tell `Anna@` from `anna@`. None that people use does.
"""

import re
from typing import Final

import idna

from webapp.web.refusals import InvalidError

MAX_ADDRESS: Final = 200
_MAX_LOCAL: Final = 64  # characters, by RFC 5321
_LOCAL: Final = re.compile(r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_LABEL: Final = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_CAPITALS: Final = {ord(letter): letter.lower() for letter in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"}


def read_name(text: str) -> str:
    """An address in its one form, out of what somebody has typed. Raises InvalidError with what is wrong."""
    local, _, domain = _small(text.strip(" ")).rpartition("@")
    if any(not character.isprintable() or character.isspace() for character in local + domain):
        raise InvalidError("An e-mail address has no spaces, line breaks or other characters that cannot be seen.")
    if not local or not domain or len(text) > MAX_ADDRESS:
        raise InvalidError("That is not an e-mail address; one looks like name@example.org.")
    if len(local) > _MAX_LOCAL or not _LOCAL.fullmatch(local) or "=?" in local:
        raise InvalidError(
            "Before the @ an address has up to 64 letters from a to z, digits, and signs such as . _ + - here."
        )
    address = f"{local}@{_read_domain(domain)}"
    if len(address) > MAX_ADDRESS:
        raise InvalidError(f"An e-mail address has at most {MAX_ADDRESS} characters here.")
    return address


def spellings(address: str) -> tuple[str, ...]:
    """How an address in its one form may stand in the database: so, or as earlier versions kept a domain."""
    local, _, domain = address.rpartition("@")
    written = f"{local}@{_in_letters(domain)}"
    return (address,) if written == address else (address, written)


def sought(text: str) -> tuple[str, ...]:
    """Under which names the account of whoever types this may stand, the likeliest first.

    The last is how earlier versions folded an address: who has joined with one that isn't taken any more still gets in.
    It may be another's address as well, so it is for nothing but what also asks for a password, and for the operator.
    """
    folded = text.strip().casefold()[:MAX_ADDRESS]
    try:
        return (*spellings(read_name(text)), folded)
    except InvalidError:
        return (folded,)


def is_same(address: str, typed: str) -> bool:
    """Whether somebody has typed the address, as to show that it is meant."""
    return _small(typed.strip()) in spellings(address)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2]


def _read_domain(domain: str) -> str:
    try:
        labels = [_read_label(label) for label in domain.split(".")]
    except UnicodeError:  # what the library raises, too
        labels = []
    if len(labels) < 2 or labels[-1].isdigit():
        raise InvalidError(
            "Behind the @ an address has a domain such as example.org, in small letters where they are not of ASCII."
        )
    return ".".join(labels)


def _read_label(label: str) -> str:
    """A label in ASCII. Raises UnicodeError for what cannot be one."""
    if label.startswith("xn--") or not label.isascii():
        written = idna.ulabel(label)  # also checks what it decodes
        label, given = idna.alabel(written).decode("ascii"), label
        if given not in (label, written):
            raise UnicodeError("another way to write a label")
    if not _LABEL.fullmatch(label):
        raise UnicodeError("not a label of a host's name")
    return label


def _in_letters(domain: str) -> str:
    try:
        return ".".join(idna.ulabel(label) if label.startswith("xn--") else label for label in domain.split("."))
    except UnicodeError:
        return domain


def _small(text: str) -> str:
    """In small letters, those of ASCII alone."""
    return text.translate(_CAPITALS)
