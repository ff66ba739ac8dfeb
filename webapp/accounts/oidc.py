"""Signing in at an OpenID Connect provider: the authorization code flow with PKCE, and a state that works once.

What goes out is in a ticket that belongs to the browser (see `round_trips`); what comes back has to fit all of it.
"""

import asyncio
import base64
import hashlib
import logging
import secrets
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from msgspec import Struct

from webapp.accounts.id_tokens import Claims, Expected, TokenError, UnknownKeyError, claims_of, read_id_token
from webapp.accounts.purposes import Purpose
from webapp.accounts.round_trips import RoundTrips
from webapp.accounts.tickets_store import Ticket
from webapp.config import Settings
from webapp.services.oidc import Provider, ProviderError
from webapp.web.refusals import InvalidError, NotFoundError, UnavailableError

logger = logging.getLogger(__name__)

CALLBACK: Final = "/login/oidc/callback"
SCOPE: Final = "openid email profile"
CANCELLED: Final = "access_denied"  # the user did not want to, by RFC 6749
MAX_CODE: Final = 4_000  # characters

_STALE: Final = "That took too long, or was begun in another browser. Try again."


class Return(Struct, frozen=True):
    """What the browser comes back with, as it stands in the address; anybody may have written it."""

    state: str = ""
    code: str = ""
    iss: str = ""
    error: str = ""


class Outcome(Struct, frozen=True):
    """Who has come back, None if they did not want to; where they go on; and who wanted to be linked, if anybody.

    `asked` is what that user was about to do, if they went to confirm who they are, and not to be linked.
    """

    claims: Claims | None
    place: str
    user_id: UUID | None
    asked: str = ""


class OpenIdConnect:
    def __init__(
        self, settings: Settings, provider: Provider, trips: RoundTrips, *, now: Callable[[], float] = time.time
    ) -> None:
        self._is_set = bool(settings.oidc_issuer)
        self._issuer = settings.oidc_issuer
        self._client_id = settings.oidc_client_id
        self._redirect_uri = settings.public_url + CALLBACK
        self._provider = provider
        self._trips = trips
        self._now = now
        self.name = settings.oidc_name

    async def leave(self, place: str, browser: str, user_id: UUID | None = None, asked: str = "") -> str:
        """The address at the provider to which the browser goes. `user_id` is whoever wants to be linked.

        With `asked` they confirm who they are, and the provider is to let them sign in once more.
        Raises NotFoundError where there is no provider, UnavailableError.
        """
        if not self._is_set:
            raise NotFoundError("There is no other place to sign in at here: OIDC_ISSUER is not set.")
        try:
            endpoint = (await self._provider.metadata()).authorization_endpoint
        except ProviderError as error:
            raise self._away(error) from None
        nonce, verifier = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
        state = await self._trips.begin(
            Purpose.OIDC, browser, user_id=user_id, place=place, nonce=nonce, verifier=verifier, asked=asked
        )
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": self._redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
            **({"prompt": "login", "max_age": "0"} if asked else {}),
        }
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}"

    async def come_back(self, back: Return, browser: str) -> Outcome:
        """Raises InvalidError for whatever does not fit, UnavailableError where the provider does not answer."""
        ticket = await self._trips.end(Purpose.OIDC, back.state, browser)
        if ticket is None:
            raise InvalidError(_STALE)
        if back.error == CANCELLED:
            return Outcome(None, ticket.data["place"], ticket.user_id)
        try:
            claims = await self._claims(back, ticket)
        except ProviderError as error:
            raise self._away(error) from None
        except TokenError as error:
            logger.warning("Refused a sign-in at OIDC_ISSUER: %s", error)
            raise InvalidError(f"What {self.name} answered could not be believed. Try again.") from None
        return Outcome(claims, ticket.data["place"], ticket.user_id, ticket.data.get("asked", ""))

    async def _claims(self, back: Return, ticket: Ticket) -> Claims:
        metadata = await self._provider.metadata()
        # By RFC 9207: another provider, that somebody mixed in, would be told a code of this one.
        if (back.iss or metadata.authorization_response_iss_parameter_supported) and back.iss != self._issuer:
            raise TokenError("the answer is another provider's (iss)")
        if back.error or not 0 < len(back.code) <= MAX_CODE:
            raise TokenError("the provider gave no code")
        tokens = await self._provider.exchange(back.code, ticket.data["verifier"], self._redirect_uri)
        expected = Expected(self._issuer, self._client_id, ticket.data["nonce"], self._now())
        try:
            token = await asyncio.to_thread(read_id_token, tokens.id_token, await self._provider.keys(), expected)
        except UnknownKeyError:
            newer = await self._provider.keys(anew=True)
            token = await asyncio.to_thread(read_id_token, tokens.id_token, newer, expected)
        more = {} if "email" in token else await self._provider.user_info(tokens.access_token)
        return claims_of(self._issuer, token, more)

    def _away(self, error: ProviderError) -> UnavailableError:
        logger.warning("OIDC_ISSUER cannot be used: %s", error)
        return UnavailableError(f"{self.name} does not answer as it should just now. Try again in a moment.")


def _challenge(verifier: str) -> str:
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
