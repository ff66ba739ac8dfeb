"""What the templates of a temporary chat are given."""

from msgspec import Struct

from webapp.conversations.pages import Composer, ConversationList, Turn


class TemporaryPage(Struct, frozen=True):
    """A temporary chat with all that was said in it, which its composer takes along.

    Where it `is_growing` the last answer's text is sent on its own, in the place that is left for it.
    """

    title: str
    list: ConversationList
    composer: Composer
    is_demo: bool
    turns: tuple[Turn, ...] = ()
    spent: str = ""
    is_growing: bool = False


class NewTurns(Struct, frozen=True):
    """A question and its answer, which grows."""

    turns: tuple[Turn, ...]


class EndedTurn(Struct, frozen=True):
    """An answer that has ended, what was `said` by that, and what the month has cost."""

    turn: Turn
    said: tuple[str, ...]
    composer: Composer
    spent: str
