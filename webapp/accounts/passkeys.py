"""Signing in with a passkey (WebAuthn): a key that a device keeps, and gives out to nobody.

Only keys by which the device also knows its owner (a finger, a face, a PIN) and finds the account by itself: so one is
enough to sign in with. Nothing is asked of who made the device.
"""

import asyncio
import base64
import ipaddress
import json
import logging
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit
from uuid import UUID

from msgspec import Struct

from webapp.accounts.passkeys_store import PasskeyStore
from webapp.accounts.purposes import Purpose
from webapp.accounts.round_trips import RoundTrips
from webapp.accounts.tickets_store import Ticket
from webapp.accounts.users import User
from webapp.config import Settings
from webapp.web.refusals import InvalidError, NotFoundError

if TYPE_CHECKING:
    from webauthn.helpers.structs import AuthenticationCredential, RegistrationCredential

logger = logging.getLogger(__name__)

MAX_NAME: Final = 60
PATIENCE: Final = 300_000  # milliseconds that the browser gives its user
TRANSPORTS: Final = frozenset({"usb", "nfc", "ble", "internal", "hybrid", "smart-card"})
MAX_CREDENTIAL_ID: Final = 1023  # bytes, by the standard

_USUAL_PORTS: Final = {"https": 443, "http": 80}
_NOT_GOOD: Final = "This passkey does not open an account here, or not any more. Sign in another way."
_STALE: Final = "That took too long, or was begun in another browser. Try again."
_FRAMED: Final = (
    "This passkey was used inside a page of another site. Open this site in a tab of its own, and try again."
)


class RelyingParty(Struct, frozen=True):
    """By what name devices know this installation, and from what origin their answers have to come."""

    id: str
    origin: str

    @classmethod
    def of(cls, settings: Settings) -> "RelyingParty | None":
        """None where browsers know no passkeys: without TLS, but for localhost, and at a number instead of a name."""
        address = urlsplit(settings.app_url or f"http://localhost:{settings.port}")
        with suppress(ValueError):  # a port or a name that cannot be one
            host = (address.hostname or "").encode("idna").decode()
            port = "" if address.port in (None, _USUAL_PORTS[address.scheme]) else f":{address.port}"
            if not _is_number(host) and (address.scheme == "https" or host == "localhost"):
                return cls(host, f"{address.scheme}://{host}{port}")
        return None


class Known(Struct, frozen=True):
    """Who has signed in, and where they want to go on."""

    user: User
    place: str


class Passkeys:
    def __init__(self, store: PasskeyStore, trips: RoundTrips, party: RelyingParty | None, title: str) -> None:
        self._store = store
        self._trips = trips
        self._party = party
        self._title = title

    async def ask_for_new(self, user: User, name: str, browser: str) -> str:
        """What the browser is to make a passkey of, as JSON."""
        party = self._required()
        secret = await self._trips.begin(Purpose.PASSKEY, browser, user_id=user.id, name=read_passkey_name(name))
        known = [
            {"type": "public-key", "id": _text(key.credential_id), "transports": key.transports}
            for key in await self._store.described(user.id)
        ]
        options = {
            "rp": {"id": party.id, "name": self._title},
            "user": {"id": _text(user.id.bytes), "name": user.name, "displayName": user.called},
            "challenge": _text(secret.encode()),
            "pubKeyCredParams": [{"type": "public-key", "alg": number} for number in (-8, -7, -257)],
            "timeout": PATIENCE,
            "excludeCredentials": known,
            "authenticatorSelection": {
                "residentKey": "required",
                "requireResidentKey": True,
                "userVerification": "required",
            },
            "attestation": "none",
        }
        return json.dumps(options)

    async def add(self, user: User, answer: str, browser: str, session: UUID | None = None) -> str:
        """Keeps the passkey that the browser made in the `session`; returns its name.

        Raises InvalidError, ConflictError, and SignedOutError if the session has just ended.
        """
        party = self._required()
        await _loaded()
        from webauthn import verify_registration_response
        from webauthn.helpers import parse_registration_credential_json

        try:
            credential = parse_registration_credential_json(answer)
            secret = _challenge_of(credential)
        except Exception:
            raise InvalidError(_STALE) from None
        _check_is_unframed(credential)
        ticket = await self._ended(secret, browser)
        if ticket.user_id != user.id or "name" not in ticket.data:
            raise InvalidError(_STALE)
        try:
            made = await asyncio.to_thread(
                verify_registration_response,
                credential=credential,
                expected_challenge=secret.encode(),
                expected_rp_id=party.id,
                expected_origin=party.origin,
                require_user_verification=True,
            )
        except Exception as error:
            raise _refused("new passkey", error, "This device made no passkey that can be kept here.") from None
        if len(made.credential_id) > MAX_CREDENTIAL_ID:
            raise InvalidError("This device made no passkey that can be kept here.")
        transports = [one.value for one in credential.response.transports or () if one.value in TRANSPORTS]
        name: str = ticket.data["name"]
        key = (made.credential_id, made.credential_public_key, made.sign_count, transports)
        await self._store.add(user.id, name, *key, made_in=session)
        return name

    async def ask(self, place: str, browser: str) -> str:
        """What the browser is to ask its devices for, as JSON; whoever they know goes on to `place`."""
        party = self._required()
        secret = await self._trips.begin(Purpose.PASSKEY, browser, place=place)
        options = {
            "challenge": _text(secret.encode()),
            "timeout": PATIENCE,
            "rpId": party.id,
            "allowCredentials": [],
            "userVerification": "required",
        }
        return json.dumps(options)

    async def ask_to_confirm(self, user: User, browser: str) -> str:
        """What the browser is to ask its devices for, as JSON, by which the user shows that it's them."""
        party = self._required()
        secret = await self._trips.begin(Purpose.PASSKEY, browser, user_id=user.id, confirms=True)
        allowed = [
            {"type": "public-key", "id": _text(key.credential_id), "transports": key.transports}
            for key in await self._store.described(user.id)
        ]
        options = {
            "challenge": _text(secret.encode()),
            "timeout": PATIENCE,
            "rpId": party.id,
            "allowCredentials": allowed,
            "userVerification": "required",
        }
        return json.dumps(options)

    async def sign_in(self, answer: str, browser: str) -> Known:
        """Raises InvalidError."""
        user, ticket = await self._verified(answer, browser)
        if ticket.user_id is not None:
            raise InvalidError(_NOT_GOOD)
        return Known(user, ticket.data["place"])

    async def confirm(self, user: User, answer: str, browser: str) -> None:
        """That it's the user who answers what they were asked. Raises InvalidError."""
        found, ticket = await self._verified(answer, browser)
        if found.id != user.id or ticket.user_id != user.id or not ticket.data.get("confirms"):
            raise InvalidError(_NOT_GOOD)

    async def _verified(self, answer: str, browser: str) -> tuple[User, Ticket]:
        """Whose passkey has answered, and what."""
        party = self._required()
        await _loaded()
        from webauthn import verify_authentication_response
        from webauthn.helpers import parse_authentication_credential_json

        try:
            credential = parse_authentication_credential_json(answer)
            secret = _challenge_of(credential)
            user_id = UUID(bytes=credential.response.user_handle)
        except Exception:
            raise InvalidError(_NOT_GOOD) from None
        _check_is_unframed(credential)
        ticket = await self._ended(secret, browser)
        found = await self._store.find(user_id, credential.raw_id)
        if found is None:
            raise InvalidError(_NOT_GOOD)
        try:
            verified = await asyncio.to_thread(
                verify_authentication_response,
                credential=credential,
                expected_challenge=secret.encode(),
                expected_rp_id=party.id,
                expected_origin=party.origin,
                credential_public_key=found.public_key,
                credential_current_sign_count=found.sign_count,
                require_user_verification=True,
            )
        except Exception as error:
            raise _refused("passkey", error, _NOT_GOOD) from None
        if not await self._store.use(user_id, credential.raw_id, verified.new_sign_count):
            raise InvalidError(_NOT_GOOD)
        return found.user, ticket

    def _required(self) -> RelyingParty:
        if self._party is None:
            raise NotFoundError("There are no passkeys here: they need APP_URL, with https and a name.")
        return self._party

    async def _ended(self, secret: str, browser: str) -> Ticket:
        ticket = await self._trips.end(Purpose.PASSKEY, secret, browser)
        if ticket is None:
            raise InvalidError(_STALE)
        return ticket


def read_passkey_name(text: str) -> str:
    """What its owner calls a passkey, on one line; "Passkey" for nothing. Raises InvalidError."""
    name = " ".join(text.split()) or "Passkey"
    if len(name) > MAX_NAME or not name.isprintable():
        raise InvalidError(f"A passkey's name has at most {MAX_NAME} characters, on one line.")
    return name


async def _loaded() -> None:
    """Loads the library beside the event loop; who never sees a passkey does not load it."""
    await asyncio.to_thread(import_module, "webauthn")


def _challenge_of(credential: "AuthenticationCredential | RegistrationCredential") -> str:
    """The secret of the ticket that the device has signed. Raises whatever the library does for nonsense."""
    from webauthn.helpers import parse_client_data_json

    return parse_client_data_json(credential.response.client_data_json).challenge.decode("ascii")


def _check_is_unframed(credential: "AuthenticationCredential | RegistrationCredential") -> None:
    """No page of ours is shown inside another's (WebAuthn level 3, 7.1 and 7.2). The library doesn't look."""
    told = json.loads(credential.response.client_data_json)
    if told.get("crossOrigin", False) is not False or "topOrigin" in told:
        raise InvalidError(_FRAMED)


def _refused(what: str, error: Exception, sentence: str) -> InvalidError:
    logger.info("Refused a %s: %s", what, error)
    return InvalidError(sentence)


def _text(data: bytes) -> str:
    """Base64url without its padding, in which WebAuthn has bytes in JSON."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
