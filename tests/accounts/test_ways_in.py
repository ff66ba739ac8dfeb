"""By what ways people may sign in, and when something is enough."""

from typing import Any

import pytest

from webapp.accounts.passkeys import RelyingParty
from webapp.accounts.passkeys_store import Left
from webapp.accounts.users import Role
from webapp.accounts.ways_in import Ways, WaysIn
from webapp.config import Settings


def ways_in(**settings: Any) -> WaysIn:
    made = Settings(app_url="https://chat.example.org", **settings)
    return WaysIn(made, RelyingParty.of(made))


def test_what_is_offered_depends_on_the_settings_and_the_name_of_the_server() -> None:
    assert ways_in().at("chat.example.org") == Ways(passwords=True, passkeys=True)
    assert ways_in().at("CHAT.example.org:8443") == Ways(passwords=True, passkeys=True)
    assert ways_in().at("other.example.org") == Ways(passwords=True)
    provider = {"oidc_issuer": "https://accounts.example.org", "oidc_name": "Provider"}
    assert ways_in(**provider, password_sign_in="off").at("other.example.org") == Ways(False, False, "Provider")


def test_administrators_keep_their_passwords() -> None:
    closed = ways_in(password_sign_in="off")
    assert closed.takes_password_of(Role.ADMINISTRATOR)
    assert not closed.takes_password_of(Role.MEMBER)
    assert ways_in().takes_password_of(Role.MEMBER)


@pytest.mark.parametrize(
    ("left", "settings", "is_enough"),
    [
        (Left(Role.MEMBER, False, False, 0), {}, False),
        (Left(Role.MEMBER, True, False, 0), {}, True),
        (Left(Role.MEMBER, True, False, 0), {"password_sign_in": "off"}, False),
        (Left(Role.ADMINISTRATOR, True, False, 0), {"password_sign_in": "off"}, True),
        (Left(Role.MEMBER, False, True, 0), {}, False),
        (Left(Role.MEMBER, False, True, 0), {"oidc_issuer": "https://accounts.example.org"}, True),
        (Left(Role.MEMBER, False, False, 1), {}, True),
    ],
)
def test_what_is_left_is_enough_if_it_opens_the_door_today(
    left: Left, settings: dict[str, str], is_enough: bool
) -> None:
    assert ways_in(**settings).is_enough(left) is is_enough
