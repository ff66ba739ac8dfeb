"""Addresses of the web: which of them may stand in a link, and to which host a browser would go.

Addresses come from models, from files, from servers and from people, so nothing in one is believed. What browsers and
people could read in two ways is no address: a backslash, which browsers take for a slash; a user's name before an @,
which looks like a host; what is not seen; numbers that are an address of four bytes in disguise.
"""

import re
from ipaddress import AddressValueError, IPv4Address, IPv6Address
from typing import Final
from urllib.parse import unquote_to_bytes

LONGEST: Final = 2_000  # characters of an address that is shown as a source, or found in plain text

_WEB: Final = re.compile(
    r"https?://(?P<name>\[[0-9a-f:]+\]|[^/?#:@\[\]]+)(?::(?P<port>\d{0,5}))?(?:[/?#].*)?", re.I | re.A
)
_MAIL: Final = re.compile(r"mailto:.+", re.I | re.A)
_NAME: Final = re.compile(r"(?:[a-z0-9_-]+\.)*[a-z0-9_-]+\.?")
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LAST_PORT: Final = 65_535
_LONGEST_NAME: Final = 253


def safe_link(url: str) -> str:
    """``url`` where it may stand in a link of a page, a file or a shared conversation; "" otherwise."""
    return url if len(url) <= LONGEST and is_web_address(url) else ""


def is_web_address(url: str) -> bool:
    """Whether ``url`` names a host to be reached by http or https, and everybody reads the same host in it."""
    return bool(host_of(url))


def is_mail_address(url: str) -> bool:
    """Whether ``url`` is a mailto: link."""
    return _MAIL.fullmatch(url) is not None and _is_plain(url)


def host_of(url: str) -> str:
    """The host to which a browser goes by ``url``, in the form in which it is looked up; "" where that is in doubt.

    Letters beyond ASCII come as `xn--`: nobody can tell the look-alikes of all the world's scripts apart.
    """
    found = _WEB.fullmatch(url) if _is_plain(url) else None
    if found is None or int(found["port"] or 0) > _LAST_PORT:
        return ""
    return _sixteen_bytes(found["name"][1:-1]) if found["name"].startswith("[") else _name(found["name"])


def _is_plain(url: str) -> bool:
    """Whether all of it is seen: no space, no control character, nothing that turns the writing."""
    return url.isprintable() and " " not in url and "\\" not in url


def _sixteen_bytes(text: str) -> str:
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return ""
    return "" if address.ipv4_mapped else f"[{address.compressed}]"


def _name(text: str) -> str:
    """A name of the DNS, or an address of four bytes as it is always written."""
    name = _looked_up(text)
    if len(name) > _LONGEST_NAME or not _NAME.fullmatch(name):
        return ""
    return name if not _NUMBER.fullmatch(name.removesuffix(".").rpartition(".")[2]) else _four_bytes(name)


def _looked_up(text: str) -> str:
    """The name in ASCII, as browsers make it of one that is percent-encoded or has other letters."""
    if "%" in text:
        try:
            text = unquote_to_bytes(text).decode()
        except UnicodeDecodeError:
            return ""
    name = text.lower()
    return name if name.isascii() and "xn--" not in name else _by_idna(text)


def _by_idna(text: str) -> str:
    import idna  # here: its tables are large, and few names need them

    try:
        name = idna.encode(text, uts46=True).decode()
        for label in name.removesuffix(".").split("."):
            idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return ""
    return name


def _four_bytes(name: str) -> str:
    try:
        return str(IPv4Address(name))
    except AddressValueError:
        return ""
