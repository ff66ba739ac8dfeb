"""Open Chat's own documents: read strictly, as nobody else writes them."""

from typing import Any

import msgspec

from webapp.documents.document import VERSION, Document
from webapp.documents.imports.reading import ConversationError, accepts


def is_openchat(value: Any) -> bool:
    return accepts(value, format=str) and value["format"] == "open-chat"


def read_openchat(value: Any) -> Document:
    version = value.get("version")
    if isinstance(version, int) and version > VERSION:
        raise ConversationError("It was written by a newer Open Chat. Update this one, then import it again.")
    try:
        return msgspec.convert(value, Document)
    except msgspec.ValidationError as error:
        raise ConversationError(f"It is not as an Open Chat writes it: {error}.") from None
