"""Documents made by hand."""

from datetime import UTC, datetime
from typing import Final

from msgspec.structs import replace

from webapp.documents.document import Document, DocumentMessage

NOW: Final = datetime(2026, 11, 24, 10, 30, tzinfo=UTC)


def message(number: int, parent: int | None, role: str, content: str, **fields: object) -> DocumentMessage:
    made = DocumentMessage(
        id=f"m{number}",
        parent_id=None if parent is None else f"m{parent}",
        role="user",
        content=content,
        created_at=NOW,
        model="a/model" if role == "assistant" else "",
    )
    return replace(made, role=role, **fields)


def document(*messages: DocumentMessage, title: str = "A title", **fields: object) -> Document:
    """The last message is the one at the end of what is shown."""
    made = Document(
        id="00000000-0000-0000-0000-0000abcdef01",
        title=title,
        model="a/model",
        created_at=NOW,
        updated_at=NOW,
        active_leaf_id=messages[-1].id if messages else None,
        messages=messages,
    )
    return replace(made, **fields)


ASKED: Final = message(1, None, "user", "Hi")
