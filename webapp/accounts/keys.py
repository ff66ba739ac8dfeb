"""People's own OpenRouter keys, encrypted at rest. Pure but for chance: values in, values out."""

import os
from typing import TYPE_CHECKING, Final
from uuid import UUID

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_VERSION: Final = b"\x01"
_NONCE_BYTES: Final = 12
_PURPOSE: Final = b"open-chat: OpenRouter keys of users, 1"


class UnreadableKeyError(ValueError):
    """A key that none of the secrets opens: it was kept under another one, for somebody else, or was changed."""

    @property
    def for_log(self) -> str:
        return str(self)


class Keys:
    """Seals keys by AES-GCM with a secret derived from the first of SECRET_KEY, and opens them with any of these.

    What is sealed is bound to its user: it cannot be opened as somebody else's.
    """

    def __init__(self, secret_key: str = "") -> None:
        """`secret_key` as in the settings: the secret, and after commas older ones. Without it nothing is sealed."""
        self._secrets = tuple(secret for secret in secret_key.split(",") if secret)
        self._ciphers: list[AESGCM] = []

    @property
    def is_on(self) -> bool:
        return bool(self._secrets)

    @property
    def has_older(self) -> bool:
        """Whether there is more than one secret."""
        return len(self._secrets) > 1

    def seal(self, user: UUID, key: str) -> bytes:
        """What may be kept of a key. Raises UnreadableKeyError without a secret."""
        ciphers = self._opened()
        if not ciphers:
            raise UnreadableKeyError("SECRET_KEY is not set")
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + ciphers[0].encrypt(nonce, key.encode(), user.bytes)

    def open(self, user: UUID, sealed: bytes) -> str:
        """The key. Raises UnreadableKeyError."""
        from cryptography.exceptions import InvalidTag

        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        if sealed[:1] != _VERSION or len(nonce) < _NONCE_BYTES:
            raise UnreadableKeyError("it has another form")
        for cipher in self._opened():
            try:
                return cipher.decrypt(nonce, text, user.bytes).decode()
            except InvalidTag:
                continue
        raise UnreadableKeyError("no secret opens it")

    def is_current(self, user: UUID, sealed: bytes) -> bool:
        """Whether the first secret alone opens it."""
        try:
            Keys(self._secrets[0] if self._secrets else "").open(user, sealed)
        except UnreadableKeyError:
            return False
        return True

    def _opened(self) -> "list[AESGCM]":
        """Made at first use: the library takes its time to load, and most never need it."""
        if not self._ciphers:
            self._ciphers = [_cipher(secret) for secret in self._secrets]
        return self._ciphers

    def __repr__(self) -> str:
        return f"Keys({len(self._secrets)} secrets)"


def _cipher(secret: str) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(SHA256(), length=32, salt=None, info=_PURPOSE).derive(secret.encode()))
