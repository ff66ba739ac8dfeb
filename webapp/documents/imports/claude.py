"""Claude's export: `conversations.json`, a list of conversations with `chat_messages`.

Older ones are a list of messages, each below the one before; newer ones name the parent of each. What a message says is
a list of blocks: texts, thoughts, tools and what they returned, in their order.
"""

from collections.abc import Mapping
from typing import Any, Final

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.claude_blocks import Artifacts, artifacts_in, said_of
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
    rows = list(objects(value["chat_messages"]))
    clock = Clock(moment(value.get("created_at")) or moment(rows[0].get("created_at")) if rows else None)
    parents, read, artifacts = dict[str, str | None](), list[DocumentMessage](), artifacts_in(rows)
    before: str | None = None
    for place, one in enumerate(rows):
        key = name(one.get("uuid")) or f"message {place}"
        parents[key] = _parent(one, before)
        before = key
        if (message := _message(key, one, clock, artifacts)) is not None:
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


def _message(key: str, message: Mapping[str, Any], clock: Clock, artifacts: Artifacts) -> DocumentMessage | None:
    said = said_of(message, artifacts)
    if not said.has_words:
        return None
    role = _ROLES.get(text(message.get("sender")), "assistant")
    when = clock.at(moment(message.get("created_at")))
    return said.message(key, "user" if role == "user" else "assistant", when)
