"""What the templates of exports and imports are given."""

from uuid import UUID

from msgspec import Struct

from webapp.conversations.pages import ConversationList
from webapp.documents.imports.store import Import, Listed, Tally


class ExportPage(Struct, frozen=True):
    title: str
    list: ConversationList
    is_demo: bool
    conversations: int


class ImportForm(Struct, frozen=True):
    """The page on which a file is sent, of one of the `programs`. `error` is why the last one was not taken."""

    title: str
    list: ConversationList
    is_demo: bool
    megabytes: str
    programs: str
    latest: UUID | None = None
    error: str = ""


class ImportPage(Struct, frozen=True):
    """What is in a file that was sent, or what became of it. Shows itself anew while somebody works on it."""

    title: str
    list: ConversationList
    is_demo: bool
    sent: Import
    tally: Tally
    items: tuple[Listed, ...]

    @property
    def is_busy(self) -> bool:
        return self.sent.state in ("reading", "importing") and not self.sent.is_lost
