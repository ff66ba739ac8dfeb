"""Passwords: what makes one, and Argon2id hashes of them."""

import asyncio
import unicodedata
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final

from webapp.web.refusals import InvalidError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 10
LONGEST: Final = 200

# Hashing takes 64 MB and all of a core for some 50 ms: a flood of sign-ins is to wait, and not to take the machine.
AT_ONCE: Final = 2

# What a password is compared with where there is none: made with today's parameters, so that it takes as long.
DECOY: Final = "$argon2id$v=19$m=65536,t=3,p=4$0FT1oLo07+nCqOR0iCHcDg$nB1gSfD3mBCeKJ8izJRoegfZ0wwurJsUdKs1yQ1EMXc"

# Whole passwords or the words that they are made of by adding digits; by NIST SP 800-63B those of breaches are refused.
_COMMON_WORDS: Final = """
password passwort passw0rd welcome qwerty qwertyuiop qwertz asdfgh asdfghjkl zxcvbnm iloveyou letmein monkey dragon
football baseball sunshine princess admin administrator changeme secret master trustno starwars superman batman
whatever freedom computer internet michael jordan charlie shadow abc abcdef abcdefgh abcdefghij openchat chat
correcthorsebatterystaple
"""
_COMMON: Final = frozenset(_COMMON_WORDS.split())


def check_password(password: str, name: str = "") -> str:
    """The password in the form in which it is hashed. Raises InvalidError with what is wrong for one that is too weak.

    By NIST SP 800-63B: a length, nothing common, not the own name, and no rules about kinds of characters.
    """
    password = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(f"A password has {SHORTEST} to {LONGEST} characters.")
    plain = password.casefold()
    core = plain.strip("0123456789!?.,;:#*+-_$%&/()= ")
    if len(set(plain)) < 5 or not core or core in _COMMON or _is_run(plain):
        raise InvalidError("That password is among the first that anybody would try. Choose another.")
    if name and (plain == name.casefold() or core == name.casefold().partition("@")[0]):
        raise InvalidError("A password is not to be the name that it protects. Choose another.")
    return password


class Passwords:
    """Hashes passwords and checks them, a few at a time, beside the event loop."""

    def __init__(self) -> None:
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def hashed(self, password: str) -> str:
        """The hash of a password that `check_password` has passed."""
        async with self._turns:
            return await asyncio.to_thread(_hasher().hash, password)

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether a hash is the password's. Without a hash, as for an unknown name, it takes as long and is not."""
        given = unicodedata.normalize("NFKC", password[: LONGEST + 1])
        async with self._turns:
            return await asyncio.to_thread(_is_right, given, kept or DECOY) and kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Whether a hash was made with weaker parameters than those of today."""
        return _hasher().check_needs_rehash(kept)


@cache
def _hasher() -> "PasswordHasher":
    from argon2 import PasswordHasher  # who never sees a password, as without accounts, does not load it

    return PasswordHasher()  # RFC 9106's second recommendation: 64 MiB, three rounds, four lanes


def _is_right(password: str, kept: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


def _is_run(text: str) -> bool:
    """Whether each character follows the one before, as in 1234567890 or zyxwvutsrq."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1}) or text == "1234567890"
