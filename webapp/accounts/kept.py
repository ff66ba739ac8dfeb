"""What somebody sent without being signed in any more, on its way through the page to sign in: a question, or an edit.

With scripts the page keeps it (composer.js). Without, the form to sign in carries it along, as one hidden field.
"""

from collections.abc import Mapping
from uuid import UUID

import msgspec
from msgspec import Struct

from webapp.web.places import local_place


class Kept(Struct, frozen=True):
    """`to` is where it was sent, `owner` the user whose page it was sent from; an edit has the `run` of its message."""

    to: str
    message: str = ""
    model: str = ""
    client_id: str = ""
    owner: str = ""
    persona: str = ""
    run: str = ""

    def is_of(self, user_id: UUID) -> bool:
        return self.owner == str(user_id)


def pack(to: str, form: Mapping[str, str]) -> str:
    """The text of the hidden field; fields that are not a question's are left out."""
    return msgspec.json.encode(msgspec.convert({**form, "to": to}, Kept)).decode()


def unpack(text: str) -> Kept | None:
    """What `pack` has packed; None for anything else."""
    try:
        kept = msgspec.json.decode(text.encode("utf-8", "surrogatepass"), type=Kept)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return kept if local_place(kept.to) == kept.to else None
