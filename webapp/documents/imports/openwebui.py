"""Open WebUI's export: a list of rows, each with a `chat` that has a `history` of messages by id.

Thoughts stand in the text there, as HTML that folds; here they stand beside it.
"""

from collections.abc import Mapping
from typing import Any

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.openwebui_parts import said_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text, without_skipped
from webapp.documents.imports.times import Clock, moment


def is_openwebui(value: Any) -> bool:
    """A row with a `chat` in it, or, as it was written before there were rows, what is in the `chat`."""
    if not isinstance(value, dict):
        return False
    chat = value.get("chat", value)
    has_tree = accepts(chat, history=dict) and accepts(chat["history"], messages=dict)
    return has_tree or (chat is not value and accepts(chat, messages=list))


def read_openwebui(value: Any) -> Document:
    chat = mapping(value.get("chat", value))
    history = mapping(chat.get("history"))
    began = moment(value.get("created_at")) or moment(chat.get("timestamp"))
    by_id = mapping(history.get("messages")) or _linear(chat)
    clock = Clock(began) if began else Clock(*(moment(mapping(one).get("timestamp")) for one in by_id.values()))
    parents = {key: name(mapping(one).get("parentId")) for key, one in by_id.items()}
    read = [_message(key, one, clock) for key, one in by_id.items() if isinstance(one, dict)]
    messages, skipped = without_skipped([one for one in read if one is not None], parents)
    return document(
        name(value.get("id")) or name(chat.get("id")),
        value.get("title") or chat.get("title"),
        messages,
        leaf=skipped.kept_at(name(history.get("currentId"))),
        created_at=began,
        updated_at=moment(value.get("updated_at")),
        model=_model(chat),
        system_prompt=text(mapping(chat.get("params")).get("system")) or text(chat.get("system")),
        archived=value.get("archived") is True,
        pinned=value.get("pinned") is True,
    )


def _linear(chat: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The messages of an old export, which are a list, each below the one before."""
    made, before = dict[str, Mapping[str, Any]](), None
    for place, one in enumerate(objects(chat.get("messages"))):
        key = name(one.get("id")) or f"message {place}"
        made[key] = {"parentId": before, **one}
        before = key
    return made


def _model(chat: Mapping[str, Any]) -> str:
    models = chat.get("models")
    return next((text(one) for one in models if text(one)), "") if isinstance(models, list) else ""


def _message(key: str, message: Mapping[str, Any], clock: Clock) -> DocumentMessage | None:
    role, node_id = message.get("role"), name(key)
    if node_id is None:
        return None
    is_answer = role not in ("user", "system")
    usage, problem = mapping(message.get("usage")), message.get("error")
    told = text(problem) or text(mapping(problem).get("content")) or text(mapping(problem).get("message"))
    error = told or ("No answer came." if problem else "")
    said = said_of(message)
    if not said.has_words and not error:
        return None
    return said.message(
        node_id,
        "user" if role == "user" else "system" if role == "system" else "assistant",
        clock.at(moment(message.get("timestamp"))),
        status="failed" if error else "complete",
        error_message=error,
        model=text(message.get("model")) if is_answer else "",
        prompt_tokens=_number(usage.get("prompt_tokens")),
        completion_tokens=_number(usage.get("completion_tokens")),
    )


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63 else None
