"""Who a request comes from, as far as the network tells: an address, and what the browser calls itself."""

import ipaddress
from collections.abc import Sequence
from typing import Any, Final

from litestar import Request
from msgspec import Struct

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

MAX_BROWSER: Final = 300


class Client(Struct, frozen=True):
    """`address` is "" where it is not known. `network` is what limits count by: of IPv6 whoever has one has 2^64.

    `is_shared` if it may be a proxy's, so that everybody seems to have it: then it is not to keep anybody out.
    """

    address: str = ""
    network: str = ""
    is_shared: bool = True
    browser: str = ""


class Clients:
    """Tells who asks, behind as many proxies as the operator says there are (PROXY_HOPS)."""

    def __init__(self, hops: int) -> None:
        self._hops = hops

    async def of(self, request: Request[Any, Any, Any]) -> Client:
        """The dependency `client` of handlers."""
        peer = request.client.host if request.client else ""
        forwarded = ",".join(request.headers.getall("x-forwarded-for", []))
        address, is_told = client_address(peer, forwarded.split(","), self._hops)
        browser = request.headers.get("user-agent", "")[:MAX_BROWSER]
        if address is None:
            return Client(browser=browser)
        return Client(str(address), network_of(address), not is_told and not address.is_global, browser)


def client_address(peer: str, forwarded: Sequence[str], hops: int) -> tuple[Address | None, bool]:
    """The client's address, and whether a proxy has told it.

    Each proxy adds the address that it was asked from at the right. What stands further left than our own proxies reach
    is whatever the client likes, and a request that came by fewer of them than there are came by none that we trust.
    """
    if 0 < hops <= len(forwarded):
        told = _read(forwarded[-hops])
        if told is not None:
            return told, True
    return _read(peer), False


def network_of(address: Address) -> str:
    """The address itself, or of IPv6 the network of 64 bits, which one subscriber has."""
    if address.version == 4:
        return str(address)
    return str(ipaddress.ip_network((address, 64), strict=False))


def _read(text: str) -> Address | None:
    """An address, also with a port, as some proxies write it; None for anything else."""
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
