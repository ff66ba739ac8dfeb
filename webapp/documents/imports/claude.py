"""Claude's export: `conversations.json`, a list of conversations with `chat_messages`.

Older ones are a list of messages, each below the one before; newer ones name the parent of each.
"""

from collections.abc import Mapping
from typing import Any, Final

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.reading import accepts, document, name, objects, text, without_skipped
from webapp.documents.imports.times import Clock, moment

_ROOT: Final = "00000000-0000-4000-8000-000000000000"
_ROLES: Final = {"human": "user", "user": "user", "assistant": "assistant"}


def is_claude(value: Any) -> bool:
    if not accepts(value, chat_messages=list):
        return False
    messages = list(objects(value["chat_messages"]))
    return not messages or any(accepts(one, sender=str) for one in messages)


def read_claude(value: Any) -> Document:
    clock = Clock(moment(value.get("created_at")))
    parents, read = dict[str, str | None](), list[DocumentMessage]()
    before: str | None = None
    for place, one in enumerate(objects(value["chat_messages"])):
        key = name(one.get("uuid")) or f"message {place}"
        parents[key] = _parent(one, before)
        before = key
        if (message := _message(key, one, clock)) is not None:
            read.append(message)
    messages, skipped = without_skipped(read, parents)
    return document(
        name(value.get("uuid")),
        value.get("name"),
        messages,
        leaf=skipped.kept_at(name(value.get("current_leaf_message_uuid")) or before),
        created_at=moment(value.get("created_at")),
        updated_at=moment(value.get("updated_at")),
        model=text(value.get("model")),
        pinned=value.get("is_starred") is True,
    )


def _parent(message: Mapping[str, Any], before: str | None) -> str | None:
    if "parent_message_uuid" not in message:
        return before
    named = name(message["parent_message_uuid"])
    return None if named == _ROOT else named


def _message(key: str, message: Mapping[str, Any], clock: Clock) -> DocumentMessage | None:
    role = _ROLES.get(text(message.get("sender")))
    blocks = list(objects(message.get("content")))
    said = [text(one.get("text")) for one in blocks if one.get("type") == "text"]
    thought = [text(one.get("thinking")) for one in blocks if one.get("type") == "thinking"]
    content = "\n\n".join(part for part in [*(said or [text(message.get("text"))]), *_files(message)] if part.strip())
    if role is None or not (content or any(thought)):
        return None
    return DocumentMessage(
        id=key,
        role="user" if role == "user" else "assistant",
        content=content,
        reasoning="\n\n".join(filter(None, thought)),
        created_at=clock.at(moment(message.get("created_at"))),
    )


def _files(message: Mapping[str, Any]) -> list[str]:
    """What was sent along: its text where there is one, or else its name."""
    shown = []
    for one in objects(message.get("attachments")):
        title, body = text(one.get("file_name")) or "A file", text(one.get("extracted_content"))
        shown.append(f"**{title}**\n\n{body}" if body else f"*[{title}, which is not part of the import]*")
    shown += [
        f"*[{text(one.get('file_name')) or 'A file'}, which is not part of the import]*"
        for one in objects(message.get("files"))
    ]
    return shown
