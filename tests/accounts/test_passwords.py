"""Passwords: which ones do, and that hashes are Argon2id's."""

import asyncio
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webapp.accounts.passwords import AT_ONCE, LONGEST, SHORTEST, Passwords, check_password
from webapp.web.refusals import InvalidError


@pytest.mark.parametrize(
    "password",
    ["a quiet afternoon", "correct horse staple", "Grüße aus Wien", "日本語のとても長いパスワード", "x9$kQ!z7Lm"],
)
def test_what_is_long_and_not_common_does(password: str) -> None:
    assert check_password(password, "alice@example.org") == unicodedata.normalize("NFKC", password)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("short", "10 to 200"),
        ("", "10 to 200"),
        ("x1y2z3" * 40, "10 to 200"),
        ("password123!", "first that anybody"),
        ("Password2026", "first that anybody"),
        ("1234567890", "first that anybody"),
        ("abcdefghij", "first that anybody"),
        ("zyxwvutsrq", "first that anybody"),
        ("aaaaaaaaaaaa", "first that anybody"),
        ("abababababab", "first that anybody"),
        ("0000000000!!", "first that anybody"),
        ("alice@example.org", "the name"),
        ("wonderland1865", "the name"),
    ],
)
def test_what_is_weak_is_refused_with_a_reason(password: str, why: str) -> None:
    name = "wonderland@example.org" if password.startswith("wonder") else "alice@example.org"
    with pytest.raises(InvalidError, match=why):
        check_password(password, name)


@settings(deadline=None, derandomize=True)
@given(st.text(max_size=LONGEST + 20), st.text(max_size=40))
def test_whatever_somebody_types_is_taken_or_refused(password: str, name: str) -> None:
    try:
        taken = check_password(password, name)
    except InvalidError:
        return
    assert SHORTEST <= len(taken) <= LONGEST
    assert check_password(taken, name) == taken


async def test_a_hash_is_its_password_s_alone() -> None:
    passwords = Passwords()
    kept = await passwords.hashed("a quiet afternoon")
    assert kept.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert await passwords.is_right("a quiet afternoon", kept)
    assert not await passwords.is_right("a quiet afternoon ", kept)
    assert not await passwords.is_right("a quiet afternoon", None)
    assert not await passwords.is_right("a quiet afternoon", "no hash at all")
    assert not passwords.is_outdated(kept)
    assert passwords.is_outdated("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$" + "A" * 43)


async def test_letters_that_look_alike_are_alike() -> None:
    """A browser may send an accent in one piece or in two."""
    passwords = Passwords()
    kept = await passwords.hashed(check_password("Grüße aus Wien"))
    assert await passwords.is_right(unicodedata.normalize("NFD", "Grüße aus Wien"), kept)


async def test_a_flood_waits_its_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    now, most = 0, 0
    hold = asyncio.Event()

    async def in_thread(*_: object) -> bool:
        nonlocal now, most
        now, most = now + 1, max(most, now + 1)
        await hold.wait()
        now -= 1
        return False

    monkeypatch.setattr(asyncio, "to_thread", in_thread)
    passwords = Passwords()
    flood = asyncio.gather(*(passwords.is_right("a quiet afternoon", None) for _ in range(10)))
    for _ in range(20):
        await asyncio.sleep(0)
    assert now == AT_ONCE
    hold.set()
    assert not any(await flood)
    assert most == AT_ONCE
