"""Passwords: what makes one, and Argon2id hashes of them."""

import asyncio
import re
import unicodedata
from collections.abc import Collection, Iterable
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NewType
from urllib.parse import urlsplit

from webapp.accounts.leaked import has_leaked, plain
from webapp.accounts.users import Role
from webapp.accounts.ways_in import Way, WaysIn
from webapp.config import Settings
from webapp.web.refusals import InvalidError

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST: Final = 10
LONGEST: Final = 200

# Hashing takes 64 MB and all of a core for some 50 ms: a flood of sign-ins is to wait, and not to take the machine.
AT_ONCE: Final = 2

# What a password is compared with where there is none: made with today's parameters, so that it takes as long.
DECOY: Final = "$argon2id$v=19$m=65536,t=3,p=4$0FT1oLo07+nCqOR0iCHcDg$nB1gSfD3mBCeKJ8izJRoegfZ0wwurJsUdKs1yQ1EMXc"

# Beside the list of those that have leaked: words of ours, and what is long only by being said more than once.
_COMMON: Final = frozenset(
    map(plain, ("openchat", "chat", "abc", "abcd", "abcde", "abcdef", "correcthorsebatterystaple"))
)
_AROUND: Final = "0123456789!?.,;:#*+-_$%&/()= "  # what is put before or behind a word to make a password of it
_MOST_BEHIND: Final = 4  # characters of those behind a password that has leaked, as a year
_NO_LETTER: Final = re.compile(r"[\W\d_]+")
_SHORTEST_WORD: Final = 3


def check_password(password: str, *, own: Collection[str] = (), site: Collection[str] = ()) -> str:
    """The password in the form in which it is hashed. Raises InvalidError with what is wrong for one that is too weak.

    By NIST SP 800-63B: a length, nothing that has leaked, not made of the `own` names of its owner or of those of the
    `site`, and no rules about kinds of characters.
    """
    password = unicodedata.normalize("NFKC", password)
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidError(f"A password has {SHORTEST} to {LONGEST} characters.")
    if _is_made_of(own, password):
        raise InvalidError("That password is made of your name or address, which anybody would try. Choose another.")
    if _is_made_of([*own, *site], password):
        raise InvalidError("That password is made of the name of this site, which anybody would try. Choose another.")
    if _is_common(password):
        raise InvalidError(
            "That password has leaked elsewhere, or is among the first that anybody would try. Choose another."
        )
    return password


def words_of(*names: str) -> frozenset[str]:
    """What a password shouldn't be made of, out of names, addresses and hosts: each whole, and its words."""
    found: set[str] = set()
    for name in names:
        called, _, host = name.casefold().partition("@")
        words = _NO_LETTER.split(called) + _NO_LETTER.split(host.rpartition(".")[0])
        found |= {name.casefold(), called, host, _NO_LETTER.sub("", called), *words}
    return frozenset(word for word in found if len(word) >= _SHORTEST_WORD)


CheckedPassword = NewType("CheckedPassword", str)  # what `Passwords.check` has passed


class Passwords:
    """Hashes passwords and checks them, a few at a time, beside the event loop."""

    def __init__(self, settings: Settings, ways_in: WaysIn) -> None:
        self._ways_in = ways_in
        self._site = words_of(settings.app_title, f"@{urlsplit(settings.public_url).hostname}")
        self._turns = asyncio.Semaphore(AT_ONCE)

    def check(self, password: str, role: Role, *names: str) -> CheckedPassword:
        """A password that somebody of that role and with those `names` chooses, to be hashed.

        Raises ForbiddenError where the role has none, and InvalidError as `check_password` does.
        """
        self._ways_in.check(Way.PASSWORD, role)
        return CheckedPassword(check_password(password, own=words_of(*names), site=self._site))

    async def chosen(self, password: str, role: Role, *names: str) -> str:
        """The hash of a password, once `check` has passed it."""
        return await self.hashed(self.check(password, role, *names))

    async def hashed(self, password: CheckedPassword) -> str:
        """The hash of a password that `check` has passed, and no other."""
        async with self._turns:
            return await asyncio.to_thread(_hasher().hash, password)

    async def hashed_again(self, password: str) -> str:
        """Another hash of a password that was just found to be right: an old one may be refused today."""
        return await self.hashed(CheckedPassword(unicodedata.normalize("NFKC", password)))

    async def is_right(self, password: str, kept: str | None) -> bool:
        """Whether a hash is the password's. Without a hash, as for an unknown name, it takes as long and is not.

        What can be nobody's password is refused at once: a hash takes 64 MB.
        """
        given = unicodedata.normalize("NFKC", password)[: LONGEST + 1]  # in this order, as it was measured when chosen
        if not 0 < len(given) <= LONGEST:
            return False
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


def _is_common(password: str) -> bool:
    text = password.casefold()
    core = text.strip(_AROUND)
    if len(set(text)) < 5 or not core or plain(core) in _COMMON or _is_run(text):
        return True
    return has_leaked(
        core, text, *(text[:-cut] for cut in range(1, 1 + _MOST_BEHIND) if not text[-cut:].strip(_AROUND))
    )


def _is_made_of(words: Collection[str], password: str) -> bool:
    """Whether little is left without the words, also where signs stand for letters in them."""
    text = password.casefold()
    in_letters = [plain(word) for word in words]
    return _is_little_left(text, words) or any(
        _is_little_left(plain(one), in_letters) for one in (text, text.strip(_AROUND))
    )


def _is_little_left(text: str, words: Iterable[str]) -> bool:
    left = text
    for word in sorted(words, key=len, reverse=True):
        left = left.replace(word, "")
    letters = len(_NO_LETTER.sub("", left))
    return left != text and letters < _SHORTEST_WORD and (len(left) < SHORTEST or _is_common(left))


def _is_run(text: str) -> bool:
    """Whether each character follows the one before, as in 1234567890 or zyxwvutsrq."""
    steps = {ord(after) - ord(before) for before, after in pairwise(text)}
    return steps in ({1}, {-1}) or text == "1234567890"
