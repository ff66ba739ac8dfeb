"""Secrets that we hand out: cookies, tokens, links. The database has their hashes alone.

They hold 256 random bits, so that a plain hash keeps them: there is nothing to guess (unlike a password).
"""

import hashlib
import secrets


def new_secret() -> str:
    """43 letters, digits, - and _."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """The 32 bytes by which a secret is looked up."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()
