"""How many bytes a user may have here, and in words. Pure."""

from typing import ClassVar, Final

from msgspec import Struct

from webapp.web.refusals import RefusalError

# What is counted, in the words that people see.
KINDS: Final = {
    "conversations": "Conversations",
    "pictures": "Pictures",
    "imports": "Imports not brought in yet",
    "library": "Prompts and personas",
}

TINY: Final = 100_000  # bytes that aren't worth a word


class NoRoomError(RefusalError):
    """The user has as much here as may be."""

    status: ClassVar[int] = 413
    code: ClassVar[str] = "no_room"


class Used(Struct, frozen=True):
    """What a user has, in bytes by kind, of at most `most`; 0 for any. `deleted` is the part that can be brought back.

    That counts until it is gone for good.
    """

    by_kind: dict[str, int] = {}
    most: int = 0
    deleted: int = 0

    @property
    def total(self) -> int:
        return sum(self.by_kind.values())

    @property
    def words(self) -> str:
        return in_words(self.total, self.most)


def no_room(used: int, most: int, coming: int = 0) -> str:
    """What is used, what is allowed, and what to do."""
    takes = f", and this takes {size(coming)}" if coming > TINY else ""
    return (
        f"There's no room left for this: you use {in_words(used, most)}{takes}. Delete conversations, and then delete "
        'them for good under "Recently deleted": they count until they\'re gone. '
        "The operator can raise the limit, MAX_BYTES_PER_USER."
    )


def in_words(used: int, most: int) -> str:
    """What is used of what may be: "1.2 GB of 2 GB"."""
    return f"{size(used)} of {size(most)}" if most else size(used)


def size(count: int) -> str:
    """Bytes as people read them: "0 kB", "340 kB", "12.5 MB", "2 GB"."""
    for unit, name in ((1_000_000_000, "GB"), (1_000_000, "MB")):
        amount = max(1.0, count / unit)
        if count > unit * 0.999:  # with the smaller unit it would be a thousand of them
            return f"{amount:.3g} {name}" if amount < 999.5 else f"{amount:,.0f} {name}"
    return f"{-(-count // 1000)} kB"
