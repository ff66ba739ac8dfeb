"""What the templates of shares are given."""

from uuid import UUID

from msgspec import Struct

from webapp.conversations.pages import ConversationList, Turn
from webapp.documents.shares.store import Share


class ShareList(Struct, frozen=True):
    """A page of one's shares. `public_url` stands before their addresses, `older_url` leads to the next, if any."""

    title: str
    list: ConversationList
    is_demo: bool
    shares: tuple[Share, ...]
    public_url: str
    older_url: str = ""


class SharedPage(Struct, frozen=True):
    """What a reader sees. `place` is the address of the share, without what stands before it.

    `is_cut` if the last answer grows and is not shared before it has ended.
    """

    title: str
    place: str
    turns: tuple[Turn, ...]
    earlier: UUID | None = None
    is_below: bool = False
    is_cut: bool = False


class SharedTurn(Struct, frozen=True):
    """An answer that has ended, for a page that watched it grow."""

    place: str
    turn: Turn
