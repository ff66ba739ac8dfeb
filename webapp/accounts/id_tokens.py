"""ID tokens: what a provider says of somebody who has signed in there, and when it is to be believed.

By OpenID Connect Core 1.0, section 3.1.3.7. Whoever gets one wrong lets strangers in, so each rule stands by itself.
"""

import hmac
from typing import Any, Final

from msgspec import Struct

# Signatures that need the provider's private key. None of those for which its public one, or none at all, would do.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
LEEWAY: Final = 60  # seconds by which clocks may differ
OLDEST: Final = 600  # seconds; as long as one may take to sign in
MAX_SUBJECT: Final = 255  # characters, by the standard


class TokenError(Exception):
    """A token that is not to be believed. The text is for the log, and tells nothing of what is in the token."""

    @property
    def for_log(self) -> str:
        return str(self)


class UnknownKeyError(TokenError):
    """Signed with a key that is not among those given: the provider may have a new one."""


class Expected(Struct, frozen=True):
    """What a token has to be for us, here and now. `now` is seconds since 1970."""

    issuer: str
    client_id: str
    nonce: str
    now: float


class Claims(Struct, frozen=True):
    """What the provider vouches for. `email` is "" unless the provider has seen that it is theirs.

    `signed_in_at` is when they signed in there, in seconds since 1970, None if it doesn't say.
    """

    issuer: str
    subject: str
    email: str = ""
    full_name: str = ""
    signed_in_at: float | None = None

    @property
    def identity(self) -> str:
        """By what the same person is found again, however they are called by then."""
        return f"{self.issuer} {self.subject}"


def read_id_token(token: str, keys: list[dict[str, Any]], expected: Expected) -> dict[str, Any]:
    """The claims of a token that may be believed. Raises TokenError."""
    claims = _verified(token, keys)
    _check_origin(claims, expected)
    _check_times(claims, expected.now)
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not hmac.compare_digest(nonce.encode(), expected.nonce.encode()):
        raise TokenError("it is not the answer to our question (nonce)")
    subject = claims.get("sub")
    if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT or not subject.isprintable():
        raise TokenError("it is about nobody (sub)")
    return claims


def claims_of(issuer: str, token: dict[str, Any], more: dict[str, Any]) -> Claims:
    """The claims that we use, of a token that was read and of what the provider tells beside it."""
    if more and more.get("sub") != token["sub"]:
        raise TokenError("what is told beside it is about somebody else (sub)")
    proven = [told["email"] for told in (token, more) if told.get("email_verified") is True and "email" in told]
    names = [told["name"] for told in (token, more) if "name" in told]
    return Claims(issuer, token["sub"], _first_text(proven), _first_text(names), _seconds(token, "auth_time"))


def _first_text(values: list[Any]) -> str:
    return next((value for value in values if isinstance(value, str)), "")


def _verified(token: str, keys: list[dict[str, Any]]) -> dict[str, Any]:
    from joserfc import jws, jwt
    from joserfc.errors import JoseError
    from joserfc.jwk import ECKey, RSAKey

    try:
        kid = jws.extract_compact(token.encode("ascii")).headers().get("kid")
    except (JoseError, ValueError, TypeError, RecursionError):
        raise TokenError("it is not a signed token") from None
    fitting = [key for key in keys if _may_sign(key) and (kid is None or key.get("kid") == kid)]
    if not fitting:
        raise UnknownKeyError("it is signed with a key that the provider does not list")
    registry = jws.JWSRegistry(algorithms=ALGORITHMS, strict_check_header=False)
    for key in fitting:
        try:
            kind = RSAKey if key["kty"] == "RSA" else ECKey
            return dict(jwt.decode(token, kind.import_key(key), registry=registry).claims)
        except (JoseError, ValueError, TypeError, KeyError, RecursionError):
            continue
    raise TokenError("its signature does not fit, or is of a kind that is not taken")


def _may_sign(key: dict[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC") and key.get("use") in (None, "sig")


def _check_origin(claims: dict[str, Any], expected: Expected) -> None:
    """From the provider, for us and for nobody beside us."""
    if claims.get("iss") != expected.issuer:
        raise TokenError("it is from another provider (iss)")
    audience = claims.get("aud")
    named = [audience] if isinstance(audience, str) else audience
    if not isinstance(named, list) or expected.client_id not in named:
        raise TokenError("it is for another client (aud)")
    party = claims.get("azp")
    if party != expected.client_id and (party is not None or len(named) > 1):
        raise TokenError("it is for another client (azp)")


def _check_times(claims: dict[str, Any], now: float) -> None:
    until, since = _seconds(claims, "exp"), _seconds(claims, "iat")
    if until is None or until + LEEWAY <= now:
        raise TokenError("it has expired (exp)")
    if since is None or not now - OLDEST - LEEWAY <= since <= now + LEEWAY:
        raise TokenError("it was not made just now (iat); do the clocks agree?")
    begin = _seconds(claims, "nbf")
    if "nbf" in claims and (begin is None or begin - LEEWAY > now):
        raise TokenError("it is not good yet (nbf)")


def _seconds(claims: dict[str, Any], name: str) -> float | None:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
