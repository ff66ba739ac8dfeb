"""Which program a conversation comes from, told by what it has, and the reader for it."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

import msgspec

from webapp.documents.document import Document
from webapp.documents.imports.chatgpt import is_chatgpt, read_chatgpt
from webapp.documents.imports.claude import is_claude, read_claude
from webapp.documents.imports.librechat import is_librechat, read_librechat
from webapp.documents.imports.openchat import is_openchat, read_openchat
from webapp.documents.imports.openwebui import is_openwebui, read_openwebui
from webapp.documents.imports.reading import ConversationError
from webapp.documents.imports.soundness import sound


class Format(NamedTuple):
    """`key` goes into the ids of what is imported, and never changes."""

    key: str
    name: str
    is_it: Callable[[Any], bool]
    read: Callable[[Any], Document]


FORMATS: Final = (
    Format("openchat", "Open Chat", is_openchat, read_openchat),
    Format("chatgpt", "ChatGPT", is_chatgpt, read_chatgpt),
    Format("claude", "Claude", is_claude, read_claude),
    Format("openwebui", "Open WebUI", is_openwebui, read_openwebui),
    Format("librechat", "LibreChat", is_librechat, read_librechat),
)
KNOWN: Final = "Open Chat, ChatGPT, Claude, Open WebUI and LibreChat"


class Found(NamedTuple):
    """A conversation in a file: what program it comes from, and what it is, sound."""

    format: Format
    document: Document


def read_conversation(data: bytes) -> Found:
    """A conversation out of its JSON. ConversationError, and nothing else, for what is none."""
    try:
        value = msgspec.json.decode(data)
        found = next((one for one in FORMATS if isinstance(value, dict) and one.is_it(value)), None)
        if found is None:
            raise ConversationError(f"It is no conversation as {KNOWN} write it.")
        return Found(found, sound(found.read(value)))
    except msgspec.DecodeError as error:
        raise ConversationError(f"It is not valid JSON: {error}.") from None
    except UnicodeDecodeError:
        raise ConversationError("It is not valid UTF-8.") from None
    except RecursionError:
        raise ConversationError("It is nested too deeply. Export it as a list, without its tree.") from None
