"""ChatGPT's export: `conversations.json`, a list of conversations, each a `mapping` of nodes with parents.

Nodes without a message, what tools were told and said, and what is hidden there are left out. What a model thought
becomes part of the answer below.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from msgspec.structs import replace

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.reading import (
    accepts,
    document,
    mapping,
    name,
    objects,
    text,
    without_skipped,
)
from webapp.documents.imports.times import Clock, moment

_NO_TEXT: Final = frozenset({"thoughts", "reasoning_recap", "user_editable_context", "model_editable_context"})
_STEPS: Final = 200  # of tools and thoughts, from a question to its answer
_CITED: Final = re.compile("\ue200[^\ue201]*\ue201")  # marks of sources that the file does not tell
_PICTURE: Final = "*[A picture, which is not part of the import]*"


def is_chatgpt(value: Any) -> bool:
    """Others write a `mapping` as well, whose messages have no author."""
    if not accepts(value, mapping=dict):
        return False
    messages = [mapping(node).get("message") for node in value["mapping"].values()]
    written = [one for one in messages if isinstance(one, dict)]
    return not written or any(accepts(one, author=dict) for one in written)


def read_chatgpt(value: Any) -> Document:
    nodes = {key: node for key, node in value["mapping"].items() if isinstance(node, dict)}
    parents = {key: name(node.get("parent")) for key, node in nodes.items()}
    clock = Clock(moment(value.get("create_time")))
    read = [_message(key, node, clock) for key, node in nodes.items()]
    messages, skipped = without_skipped([one for one in read if one is not None], parents)
    thoughts = {key: thought for key, node in nodes.items() if (thought := _thought(node))}
    return document(
        name(value.get("conversation_id")) or name(value.get("id")),
        value.get("title"),
        [_with_thoughts(one, parents, thoughts) for one in messages],
        leaf=skipped.kept_at(name(value.get("current_node"))),
        created_at=moment(value.get("create_time")),
        updated_at=moment(value.get("update_time")),
        model=text(value.get("default_model_slug")),
        archived=value.get("is_archived") is True,
    )


def _message(key: str, node: Mapping[str, Any], clock: Clock) -> DocumentMessage | None:
    """The message of a node, without its place in the tree; None if there is none to show."""
    message, node_id = mapping(node.get("message")), name(key)
    role = mapping(message.get("author")).get("role")
    details = mapping(message.get("metadata"))
    if role not in ("user", "assistant") or text(message.get("recipient") or "all") != "all":
        return None
    content = _content(mapping(message.get("content")))
    if not content or node_id is None or details.get("is_visually_hidden_from_conversation") is True:
        return None
    return DocumentMessage(
        id=node_id,
        role="user" if role == "user" else "assistant",
        content=content,
        created_at=clock.at(moment(message.get("create_time"))),
        model=text(details.get("model_slug")) if role == "assistant" else "",
    )


def _content(content: Mapping[str, Any]) -> str:
    kind = content.get("content_type")
    if kind in _NO_TEXT:
        return ""
    if kind == "code":
        return f"```{text(content.get('language')).replace('unknown', '')}\n{text(content.get('text'))}\n```"
    parts = content.get("parts")
    shown = [_part(part) for part in parts] if isinstance(parts, list) else [text(content.get("text"))]
    return _CITED.sub("", "\n\n".join(part for part in shown if part.strip()))


def _part(part: Any) -> str:
    if isinstance(part, dict):
        kind = text(part.get("content_type"))
        return _PICTURE if kind == "image_asset_pointer" else text(part.get("text"))
    return text(part)


def _thought(node: Mapping[str, Any]) -> str:
    content = mapping(mapping(node.get("message")).get("content"))
    if content.get("content_type") != "thoughts":
        return ""
    lines = (
        f"{text(one.get('summary'))}\n{text(one.get('content'))}".strip() for one in objects(content.get("thoughts"))
    )
    return "\n\n".join(line for line in lines if line)


def _with_thoughts(
    message: DocumentMessage, parents: Mapping[str, str | None], thoughts: Mapping[str, str]
) -> DocumentMessage:
    """What was thought between an answer and what it answers."""
    if message.role != "assistant":
        return message
    found, above = list[str](), parents.get(message.id)
    for _ in range(_STEPS):
        if above is None or above == message.parent_id:
            break
        found += [thoughts[above]] if above in thoughts else []
        above = parents.get(above)
    return replace(message, reasoning="\n\n".join(reversed(found)))
