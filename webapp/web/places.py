"""Addresses that a request names for where to go on."""

import re
from typing import Final
from urllib.parse import urlsplit

_LOCAL_PLACE: Final = re.compile(r"/(?!/)[^\\\s]*")


def local_place(address: str) -> str:
    """The path and query of an address, "/" where they are not such. Never leads to another server."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    place = parts.path + (f"?{parts.query}" if parts.query else "")
    return place if _LOCAL_PLACE.fullmatch(place) else "/"
