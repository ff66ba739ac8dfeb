"""The address on which the app listens."""

import socket
from typing import Final

from webapp.config import Settings

BACKLOG: Final = 2048


def listen(settings: Settings) -> socket.socket:
    """Takes the address before anything else is done with it. Raises OSError where it cannot be had."""
    return socket.create_server((settings.host, settings.port), family=_family(settings), backlog=BACKLOG)


def listen_beside(settings: Settings) -> socket.socket:
    """One more socket on the address, that of others of this installation: the system deals connections out to all."""
    return socket.create_server(
        (settings.host, settings.port), family=_family(settings), backlog=BACKLOG, reuse_port=True
    )


def _family(settings: Settings) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in settings.host else socket.AF_INET
