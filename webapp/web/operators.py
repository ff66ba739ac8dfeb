"""Who runs this installation: whoever has METRICS_TOKEN, and whoever sits at a machine that serves itself alone."""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any, Final

from litestar import Request

from webapp.config import LOOPBACK, Settings

# A proxy on the same machine comes from loopback as well: one that says whom it speaks for is not the operator.
_FORWARDED: Final = ("x-forwarded-for", "x-forwarded-host", "x-real-ip", "forwarded", "via")


class Operators:
    """Tells operators from everybody else.

    The token comes as `Authorization: Bearer`, or, as browsers ask for it, as the password of Basic with any name.
    Without it the operator is who asks from this machine, and only where there are no accounts, as nobody else can ask
    then: behind a proxy of this machine every stranger seems to be here. Administrators, who sign in, come beside them.
    """

    def __init__(self, settings: Settings) -> None:
        self._token = settings.metrics_token.encode()
        self._is_local = settings.is_local and not settings.has_accounts

    @property
    def has_token(self) -> bool:
        return bool(self._token)

    def is_one(self, client: str, headers: Mapping[str, str]) -> bool:
        """Whether a request from the address `client` is an operator's. Names of `headers` are in small letters."""
        return self._knows_token(headers.get("authorization", "")) or self._is_here(client, headers)

    def _knows_token(self, authorization: str) -> bool:
        scheme, _, given = authorization.partition(" ")
        if scheme.lower() == "basic":
            given = _password(given)
        elif scheme.lower() != "bearer":
            return False
        return bool(self._token) and hmac.compare_digest(given.strip().encode(), self._token)

    def _is_here(self, client: str, headers: Mapping[str, str]) -> bool:
        return (
            self._is_local
            and client in LOOPBACK
            and host_name(headers.get("host", "")) in LOOPBACK
            and not any(name in headers for name in _FORWARDED)
        )


def is_operator(request: Request[Any, Any, Any]) -> bool:
    """What the gate has found out about a request to one of the operator's addresses; False anywhere else."""
    return bool(request.scope["state"].get("is_operator"))


def host_name(host: str) -> str:
    """The name in a Host header, in small letters, without the port."""
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name.strip("[]").lower()


def _password(credentials: str) -> str:
    try:
        return base64.b64decode(credentials, validate=True).partition(b":")[2].decode()
    except (binascii.Error, ValueError):
        return ""
