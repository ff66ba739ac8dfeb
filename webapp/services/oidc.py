"""An OpenID Connect provider over HTTP: what it says of itself, its keys, and what it gives for a code.

Nothing here believes an answer: `accounts/id_tokens.py` and `accounts/oidc.py` have the rules.
"""

import asyncio
import logging
import re
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote_plus, urlsplit

import httpx
import msgspec
from msgspec import Struct

from webapp.config import LOOPBACK, Settings
from webapp.services.transport import LateTransport

logger = logging.getLogger(__name__)

PATIENCE: Final = 10.0  # seconds for one answer, from the first byte of the question to the last of the answer
MAX_BYTES: Final = 500_000
KEPT_FOR: Final = 3_600.0  # seconds
AT_MOST_EVERY: Final = 60.0  # seconds between looks for new keys
AWAY_FOR: Final = 5.0  # seconds without another try after one that failed

_ADDRESS: Final = re.compile(r"https?://[!-\[\]-~]+")  # without a backslash, which browsers take for a slash
_CODE: Final = re.compile(r"[a-z_]{1,40}")

T = TypeVar("T")
S = TypeVar("S", bound=Struct)


class ProviderError(Exception):
    """The provider is away, or does not answer as the standard has it. The text is for the log."""

    @property
    def for_log(self) -> str:
        return str(self)


class Metadata(Struct, frozen=True):
    """What a provider says of itself (OpenID Connect Discovery 1.0)."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)
    authorization_response_iss_parameter_supported: bool = False


class Tokens(Struct, frozen=True):
    """What a code was good for."""

    id_token: str
    access_token: str = ""


def open_provider_client(settings: Settings) -> httpx.AsyncClient:
    """A client to be used with ``async with``. It loads what it needs with the first request."""
    trust_env = urlsplit(settings.oidc_issuer).hostname not in LOOPBACK
    return httpx.AsyncClient(timeout=PATIENCE, transport=LateTransport(trust_env=trust_env))


class Provider:
    """The one that the settings name. Asks it and the addresses that it names, over TLS, and follows no redirect."""

    def __init__(
        self,
        client: httpx.AsyncClient,
        settings: Settings,
        *,
        patience: float = PATIENCE,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._issuer = settings.oidc_issuer
        self._id = settings.oidc_client_id
        self._secret = settings.oidc_client_secret
        self._patience = patience
        self._metadata = _Kept(self._read_metadata, now)
        self._keys = _Kept(self._read_keys, now)

    async def metadata(self) -> Metadata:
        """Raises ProviderError."""
        return await self._metadata.get(KEPT_FOR)

    async def keys(self, *, anew: bool = False) -> list[dict[str, Any]]:
        """The provider's keys as JSON Web Keys; `anew` for one that was not among them. Raises ProviderError."""
        return await self._keys.get(AT_MOST_EVERY if anew else KEPT_FOR)

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Tokens:
        """What the provider gives for a code. Raises ProviderError."""
        metadata = await self.metadata()
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        auth = None
        if "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
            auth = httpx.BasicAuth(quote_plus(self._id), quote_plus(self._secret))  # RFC 6749, section 2.3.1
        else:
            form |= {"client_id": self._id, "client_secret": self._secret}
        body = await self._ask("POST", metadata.token_endpoint, data=form, auth=auth)
        return _decoded(body, Tokens, "answer for a code")

    async def user_info(self, access_token: str) -> dict[str, Any]:
        """What the provider tells of the user beside the token; {} where it has no such address."""
        metadata = await self.metadata()
        if not metadata.userinfo_endpoint or not access_token:
            return {}
        headers = {"authorization": f"Bearer {access_token}"}
        body = await self._ask("GET", metadata.userinfo_endpoint, headers=headers)
        return _decoded(body, dict[str, Any], "user info")

    async def _read_metadata(self) -> Metadata:
        url = self._issuer.removesuffix("/") + "/.well-known/openid-configuration"
        metadata = _decoded(await self._ask("GET", url), Metadata, "description of itself")
        if metadata.issuer != self._issuer:
            raise ProviderError(
                f"OIDC_ISSUER is {self._issuer}, and the one there calls itself {metadata.issuer[:300]}"
            )
        self._check(metadata.authorization_endpoint)
        return metadata

    async def _read_keys(self) -> list[dict[str, Any]]:
        body = await self._ask("GET", (await self.metadata()).jwks_uri)
        return _decoded(body, _KeySet, "list of keys").keys

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str] | None = None,
        data: dict[str, str] | None = None,
        auth: httpx.Auth | None = None,
    ) -> bytes:
        self._check(url)
        plain = {"accept": "application/json", "accept-encoding": "identity", **(headers or {})}
        try:
            async with asyncio.timeout(self._patience):
                request = self._client.build_request(method, url, headers=plain, data=data)
                response = await self._client.send(request, auth=auth, stream=True, follow_redirects=False)
                async with aclosing(response):
                    body = await _body(response)
        except TimeoutError:
            raise ProviderError(f"{url} took longer than {self._patience:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise ProviderError(f"{url} does not answer: {type(error).__name__}") from None
        if response.status_code != 200:
            raise ProviderError(f"{url} answered with {response.status_code}{_reason(body)}")
        return body

    def _check(self, url: str) -> None:
        """Over TLS, or on this machine where the issuer itself is; and nothing that only looks like an address."""
        parts = urlsplit(url) if _ADDRESS.fullmatch(url) else None
        is_here = parts is not None and parts.hostname in LOOPBACK and self._issuer.startswith("http:")
        if parts is None or parts.fragment or "@" in parts.netloc or not (parts.scheme == "https" or is_here):
            raise ProviderError(f"not an address that is asked: {url[:300]!r}")


class _KeySet(Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Kept(Generic[T]):
    """What a look gave. Those who want it at the same time wait for one look, and for a while share its failure."""

    def __init__(self, look: Callable[[], Awaitable[T]], now: Callable[[], float]) -> None:
        self._look = look
        self._now = now
        self._lock = asyncio.Lock()
        self._found: tuple[float, T] | None = None
        self._failed: tuple[float, str] | None = None

    async def get(self, max_age: float) -> T:
        """What was found at most `max_age` seconds ago, or is now. Raises ProviderError."""
        async with self._lock:
            if self._found is not None and self._now() - self._found[0] < max_age:
                return self._found[1]
            if self._failed is not None and self._now() - self._failed[0] < AWAY_FOR:
                raise ProviderError(self._failed[1])
            try:
                found = await self._look()
            except ProviderError as error:
                self._failed = self._now(), str(error)
                raise
            self._found = self._now(), found
            return found


async def _body(response: httpx.Response) -> bytes:
    if response.headers.get("content-encoding", "identity") != "identity":
        raise ProviderError(f"{response.url} is compressed, though that was not asked for")
    body = b""
    async for piece in response.aiter_raw():
        body += piece
        if len(body) > MAX_BYTES:
            raise ProviderError(f"{response.url} is larger than {MAX_BYTES} bytes")
    return body


def _reason(body: bytes) -> str:
    """The stable word of an OAuth error, and nothing else that a stranger wrote into it."""
    try:
        word = msgspec.json.decode(body, type=dict[str, Any]).get("error")
    except msgspec.DecodeError:
        return ""
    return f": {word}" if isinstance(word, str) and _CODE.fullmatch(word) else ""


def _decoded(body: bytes, kind: type[T], what: str) -> T:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ProviderError(f"the {what} is not as the standard has it: {error}") from None
