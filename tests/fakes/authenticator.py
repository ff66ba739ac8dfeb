"""A device that keeps passkeys, in software: it makes them, signs with them, and lies where a test wants it to."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any
from uuid import UUID

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40


class Authenticator:
    """One key of one device, in a browser at `origin`."""

    def __init__(self, origin: str, *, credential_id: bytes = b"a credential", counts: bool = True) -> None:
        self.origin = origin
        self.credential_id = credential_id
        self.user_handle = b""
        self.sign_count = 0
        self.flags = PRESENT | VERIFIED
        self.rp_id = ""
        self.told: dict[str, Any] = {}  # more that the browser says
        self._counts = counts
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, options: str) -> str:
        """The answer to the question for a new passkey."""
        asked = json.loads(options)
        self.rp_id = self.rp_id or asked["rp"]["id"]
        self.user_handle = bytes_of(asked["user"]["id"])
        numbers = self._key.public_key().public_numbers()
        key = cbor2.dumps({1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)})
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + key
        statement = {"fmt": "none", "attStmt": {}, "authData": self._data(HAS_KEY) + attested}
        response = {
            "clientDataJSON": _text(self._client_data("webauthn.create", asked["challenge"])),
            "attestationObject": _text(cbor2.dumps(statement)),
            "transports": ["internal", "telepathy"],
        }
        return self._answer(response)

    def sign(self, options: str) -> str:
        """The answer to the question for a passkey."""
        asked = json.loads(options)
        self.rp_id = self.rp_id or asked["rpId"]
        self.sign_count += self._counts
        data, client_data = self._data(), self._client_data("webauthn.get", asked["challenge"])
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        response = {
            "clientDataJSON": _text(client_data),
            "authenticatorData": _text(data),
            "signature": _text(signature),
            "userHandle": _text(self.user_handle),
        }
        return self._answer(response)

    def belongs_to(self, user_id: UUID) -> None:
        """Says from now on that its key is this user's."""
        self.user_handle = user_id.bytes

    def _data(self, more: int = 0) -> bytes:
        about = hashlib.sha256(self.rp_id.encode()).digest()
        return about + bytes([self.flags | more]) + self.sign_count.to_bytes(4)

    def _client_data(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin, **self.told}).encode()

    def _answer(self, response: dict[str, Any]) -> str:
        key = _text(self.credential_id)
        return json.dumps({"id": key, "rawId": key, "type": "public-key", "response": response})


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
