"""Users' own OpenRouter keys: entered, or got by signing in at OpenRouter (PKCE, RFC 7636); checked, kept, removed."""

import hmac
import re
from base64 import urlsafe_b64encode
from datetime import timedelta
from hashlib import sha256
from secrets import token_urlsafe
from typing import Any, Final, NamedTuple, Protocol
from urllib.parse import urlencode, urlsplit
from uuid import UUID

from webapp.accounts.keys import UnreadableKeyError
from webapp.accounts.keys_store import KeyStore
from webapp.accounts.pages import KeyPage
from webapp.accounts.purposes import Purpose
from webapp.accounts.tickets_store import Tickets
from webapp.config import Settings
from webapp.services.errors import OpenRouterError
from webapp.web.refusals import InvalidError, NotFoundError, UnavailableError

SIGN_IN_TIME: Final = timedelta(minutes=10)  # as long as OpenRouter's code is good for
SHOWN: Final = 4  # characters of a key, its last

_KEY: Final = re.compile(r"[!-~]{8,300}")
_OFF: Final = "Own keys are off here: the operator has not set SECRET_KEY."
_WRONG: Final = "A key has 8 to 300 letters, digits and signs without spaces, such as sk-or-v1-0123abcd."
_REFUSED: Final = "OpenRouter does not accept this key. Copy it again from openrouter.ai/settings/keys, whole."
_RAN_OUT: Final = "This sign-in at OpenRouter has run out, or was begun in another browser. Begin it again."


class KeyIssuer(Protocol):
    """OpenRouter, as far as it makes keys and knows them."""

    async def key_info(self, key: str = "") -> Any: ...

    async def exchange_code(self, code: str, verifier: str) -> str: ...


class SignIn(NamedTuple):
    """Where a browser is to go, and the secret that it has to bring back with it."""

    address: str
    browser: str


class OwnKeys:
    """Every method takes the user first. Each raises RefusalError, with nothing changed."""

    def __init__(self, store: KeyStore, tickets: Tickets, issuer: KeyIssuer, settings: Settings) -> None:
        self._store = store
        self._tickets = tickets
        self._issuer = issuer
        self._sign_in_at = "{0.scheme}://{0.netloc}/auth".format(urlsplit(settings.openrouter_base_url))
        self._callback = f"{settings.public_url}/settings/key/callback" if settings.app_url else ""

    async def page(self, user: UUID, error: str = "") -> KeyPage:
        sealed = await self._store.sealed(user)
        ending, is_lost = "", False
        if sealed is not None:
            try:
                ending = self._store.keys.open(user, sealed)[-SHOWN:]
            except UnreadableKeyError:
                is_lost = True
        is_on = self._store.keys.is_on
        can_sign_in = is_on and bool(self._callback)
        return KeyPage("Your OpenRouter key", is_on, ending, is_lost, can_sign_in, error)

    async def keep(self, user: UUID, key: str) -> None:
        """Keeps a key that OpenRouter accepts, in place of any other; unchecked where the server can't be asked."""
        self._check_on()
        key = key.strip()
        if not _KEY.fullmatch(key):
            raise InvalidError(_WRONG)
        try:
            await self._issuer.key_info(key)
        except OpenRouterError as error:
            if error.code == "unauthorised":
                raise InvalidError(_REFUSED) from None
            if error.code != "not_offered":  # a server that does not tell of keys: the first question will
                raise UnavailableError(f"The key could not be checked. {error.reason}", retry_after=30) from None
        await self._store.keep(user, key)

    async def remove(self, user: UUID) -> None:
        await self._store.remove(user)

    async def begin_sign_in(self, user: UUID) -> SignIn:
        """Sends a browser to OpenRouter, where the user agrees to a key for this installation."""
        self._check_on()
        if not self._callback:
            raise NotFoundError("Signing in at OpenRouter needs APP_URL, which the operator has not set.")
        verifier, browser = token_urlsafe(48), token_urlsafe(32)
        data = {"verifier": verifier, "browser": _digest(browser)}
        state = await self._tickets.make(Purpose.OPENROUTER, SIGN_IN_TIME, user_id=user, data=data)
        query = urlencode(
            {
                "callback_url": f"{self._callback}?{urlencode({'state': state})}",
                "code_challenge": urlsafe_b64encode(sha256(verifier.encode()).digest()).decode().rstrip("="),
                "code_challenge_method": "S256",
            }
        )
        return SignIn(f"{self._sign_in_at}?{query}", browser)

    async def finish_sign_in(self, user: UUID, state: str, code: str, browser: str) -> None:
        """Gets the key for which `code` stands, and keeps it. `browser` is the secret of the one that began."""
        ticket = await self._tickets.take(Purpose.OPENROUTER, state)
        if ticket is None or ticket.user_id != user or not code:
            raise InvalidError(_RAN_OUT)
        if not hmac.compare_digest(ticket.data["browser"], _digest(browser)):
            raise InvalidError(_RAN_OUT)
        try:
            key = await self._issuer.exchange_code(code, ticket.data["verifier"])
        except OpenRouterError as error:
            raise InvalidError(f"OpenRouter has given no key. {error.reason} Begin the sign-in again.") from None
        await self.keep(user, key)

    def _check_on(self) -> None:
        if not self._store.keys.is_on:
            raise NotFoundError(_OFF)


def _digest(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
