"""Ports for servers that have to know theirs before they start."""

import random
import socket
from typing import Final

# Below those that systems give out by themselves, so that nobody gets it between the look and the start.
_QUIET: Final = range(20_000, 30_000)


def quiet_port() -> int:
    """A port of 127.0.0.1 on which nobody listens."""
    while True:
        port = random.choice(_QUIET)
        with socket.socket() as trial:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
