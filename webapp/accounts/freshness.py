"""Changes that matter ask for a sign-in of the last minutes: a browser left open, or a stolen cookie, is no key.

A route says so in its `opt`, and the guard holds it to that:

    @post("/tokens", opt=fresh_session("make an API token", "/account"))

Who has signed in too long ago confirms that it's them, on a page of its own, and goes on with what they were doing.
"""

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from webapp.web.places import local_place
from webapp.web.refusals import RefusalError

OPTION: Final = "fresh_session"
# Fields that don't come along to the page and back: their page is shown again, and they are typed once more.
SECRET_FIELDS: Final = frozenset({"password", "current", "credential", "key"})

Fields = Iterable[tuple[str, str]]


class Sensitive(Struct, frozen=True):
    """What a route does, as in "to make an API token", and the page that has its form."""

    words: str
    place: str


class Asked(Struct, frozen=True):
    """What somebody was about to do, on its way to the page where they confirm that it's them, and back.

    `to` is where its form was sent, "" where `place` is all there is to go back to. `owner` is who sent it.
    """

    words: str
    place: str
    owner: str = ""
    to: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    def is_of(self, user_id: UUID) -> bool:
        return self.owner == str(user_id)


class OwnWays(Struct, frozen=True):
    """By what somebody can confirm who they are, from where they are. `provider` is "" if not by it."""

    password: bool = False
    passkey: bool = False
    provider: str = ""


class StaleSessionError(RefusalError):
    """Signed in, but too long ago for this."""

    status = 403
    code = "stale_session"

    def __init__(self, asked: Asked, name: str, ways: OwnWays) -> None:
        super().__init__(f"You signed in a while ago. To {asked.words}, confirm that it's you.")
        self.asked = asked
        self.name = name
        self.ways = ways


def fresh_session(words: str, place: str) -> dict[str, Any]:
    """For the `opt` of a route."""
    return {OPTION: Sensitive(words, place)}


def asked_for(sensitive: Sensitive, owner: UUID, to: str = "", fields: Fields | None = None) -> Asked:
    """`fields` are those of the form that was sent to `to`, None where it can't be kept."""
    listed = tuple(fields) if fields is not None else ()
    if fields is None or any(name in SECRET_FIELDS for name, _ in listed):
        return Asked(sensitive.words, sensitive.place, str(owner))
    return Asked(sensitive.words, sensitive.place, str(owner), to, listed)


def pack(asked: Asked) -> str:
    """The text of a hidden field."""
    return msgspec.json.encode(asked).decode()


def unpack(text: str) -> Asked | None:
    """What `pack` has packed; None for anything else, and for what would lead elsewhere."""
    try:
        asked = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=Asked)
    except (msgspec.DecodeError, UnicodeError):
        return None
    is_ours = local_place(asked.place) == asked.place and asked.to in ("", local_place(asked.to))
    return asked if is_ours else None
