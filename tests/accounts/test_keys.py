"""Keys at rest: what is sealed opens again for its user and with its secret, and for nobody else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webapp.accounts.keys import Keys, UnreadableKeyError
from webapp.db.types import new_id

SECRET, OTHER = "a secret of thirty-two characters", "another one of as many characters"
KEY = "sk-or-v1-0123456789abcdef"


@given(key=st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=300))
def test_what_is_sealed_opens_again(key: str) -> None:
    user = new_id()
    sealed = Keys(SECRET).seal(user, key)
    assert Keys(SECRET).open(user, sealed) == key


def test_two_seals_of_one_key_do_not_show_that_it_is_one() -> None:
    user = new_id()
    one, two = (Keys(SECRET).seal(user, KEY) for _ in range(2))
    assert one != two
    assert KEY.encode() not in one


def test_it_is_its_users_alone() -> None:
    sealed = Keys(SECRET).seal(new_id(), KEY)
    with pytest.raises(UnreadableKeyError):
        Keys(SECRET).open(new_id(), sealed)


@pytest.mark.parametrize("secret", [OTHER, ""])
def test_another_secret_does_not_open_it(secret: str) -> None:
    user = new_id()
    with pytest.raises(UnreadableKeyError):
        Keys(secret).open(user, Keys(SECRET).seal(user, KEY))


@given(place=st.integers(0, 50), flipped=st.integers(1, 255), cut=st.booleans())
def test_what_was_changed_does_not_open(place: int, flipped: int, cut: bool) -> None:
    user = new_id()
    sealed = bytearray(Keys(SECRET).seal(user, KEY))
    if cut:
        del sealed[place:]
    else:
        sealed[place] ^= flipped
    with pytest.raises(UnreadableKeyError):
        Keys(SECRET).open(user, bytes(sealed))


def test_an_older_secret_still_opens_and_the_first_one_seals() -> None:
    user, both = new_id(), Keys(f"{OTHER},{SECRET}")
    old = Keys(SECRET).seal(user, KEY)
    assert both.has_older
    assert both.open(user, old) == KEY
    assert not both.is_current(user, old)
    new = both.seal(user, KEY)
    assert both.is_current(user, new)
    assert Keys(OTHER).open(user, new) == KEY


def test_without_a_secret_nothing_is_sealed() -> None:
    assert not Keys("").is_on
    with pytest.raises(UnreadableKeyError):
        Keys("").seal(new_id(), KEY)


def test_secrets_are_not_shown() -> None:
    assert SECRET not in repr(Keys(SECRET))
