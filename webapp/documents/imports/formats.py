"""Which program a conversation comes from, told by what it has, and the reader for it.

To add a format: a module with `is_it` and `read`, and a row in FORMATS. Where a file is not simply one conversation an
object or a list of them, `split` or `gathers` say how it is cut. docs/formats.md and the tests of the law come with it.
"""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from webapp.documents.document import Document
from webapp.documents.imports.chatgpt import is_chatgpt, read_chatgpt
from webapp.documents.imports.claude import is_claude, read_claude
from webapp.documents.imports.librechat import is_librechat, read_librechat
from webapp.documents.imports.openchat import is_openchat, read_openchat
from webapp.documents.imports.openwebui import is_openwebui, read_openwebui


def _itself(value: Any) -> Iterable[Any]:
    return (value,)


class Format(NamedTuple):
    """How one program writes conversations.

    A file is cut into records: the elements of the list that it is, or the values that stand in it one after the other,
    as in JSONL. Most have one conversation in each.

    - `key` goes into the ids of what is imported, and never changes. `name` is the program's, for people.
    - `is_it` tells a record of this format by its keys and their types (see reading.accepts), so that no other
      program's is taken for it. It gets any JSON value, and never raises.
    - `split` makes of a record the values of its conversations, for one that holds several: lists within an object, or
      tables of chats and of messages. It raises nothing but ConversationError.
    - With `gathers`, a conversation is several records: all of a file from the first one that `is_it` are given to
      `split` as one list. A record of another format ends it.
    - `read` makes a document of what `split` gave, or raises ConversationError, and nothing else.
    """

    key: str
    name: str
    is_it: Callable[[Any], bool]
    read: Callable[[Any], Document]
    split: Callable[[Any], Iterable[Any]] = _itself
    gathers: bool = False


# The first one that knows a record reads it.
FORMATS: Final = (
    Format("openchat", "Open Chat", is_openchat, read_openchat),
    Format("chatgpt", "ChatGPT", is_chatgpt, read_chatgpt),
    Format("claude", "Claude", is_claude, read_claude),
    Format("openwebui", "Open WebUI", is_openwebui, read_openwebui),
    Format("librechat", "LibreChat", is_librechat, read_librechat),
)

_NAMES: Final = list(dict.fromkeys(one.name for one in FORMATS))
KNOWN: Final = f"{', '.join(_NAMES[:-1])} and {_NAMES[-1]}"


def format_of(value: Any) -> Format | None:
    """The format of a record; None if no program that is known writes such."""
    return next((one for one in FORMATS if one.is_it(value)), None)
