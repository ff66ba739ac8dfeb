"""Hugging Face's chat-ui: `conversations.json` of its export, or a conversation as its API gives it.

Each message names all that are above it; in those of before there is a plain list. The export names all files of a
conversation at each of its messages.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.readers.parts import attached, cited, picture_bytes
from webapp.documents.imports.readers.thoughts import spoken
from webapp.documents.imports.readers.turns import Turn, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text, without_skipped
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_chatui(value: Any) -> bool:
    if not accepts(value, title=str, messages=list):
        return False
    said = list(objects(value["messages"]))
    return ("_id" in value and not said) or any(accepts(one, content=str, id=str) and "from" in one for one in said)


def read_chatui(value: Any) -> Document:
    began = moment(value.get("createdAt"))
    clock, read, parents, files = Clock(began), list[DocumentMessage](), dict[str, str | None](), set[str]()
    before: str | None = None
    system = text(value.get("preprompt")) or _instruction(value["messages"])
    for place, one in enumerate(objects(value["messages"])):
        key = name(one.get("id")) or f"message {place}"
        parents[key] = _parent(one, before)
        before = key
        turn = _turn(one, files)
        if not turn.is_empty and (turn.role != "system" or turn.said.content != system):
            read.append(turn.message(key, clock))
    messages, skipped = without_skipped(read, parents)
    key = value.get("_id", value.get("id"))
    return document(
        name(mapping(key).get("$oid")) or name(key),
        value.get("title"),
        messages,
        leaf=skipped.kept_at(before),
        created_at=began,
        updated_at=moment(value.get("updatedAt")),
        model=text(value.get("model")) or text(value.get("modelId")),
        system_prompt=system,
    )


def _parent(message: Mapping[str, Any], before: str | None) -> str | None:
    ancestors = message.get("ancestors")
    if not isinstance(ancestors, list):
        return before
    return name(ancestors[-1]) if ancestors else None


def _instruction(messages: Any) -> str:
    return next((text(one.get("content")) for one in objects(messages) if one.get("from") == "system"), "")


def _turn(message: Mapping[str, Any], files: set[str]) -> Turn:
    said, role = Said(), role_of(message.get("from")) or "assistant"
    updates = list(objects(message.get("updates")))
    if role == "assistant":
        said.thought(text(message.get("reasoning")) or _streamed(updates))
        spoken(said, text(message.get("content")) or _last(updates))
    else:
        said.text(text(message.get("content")))
    search = mapping(message.get("webSearch"))
    cited(said, search.get("contextSources") or search.get("results"))
    _did(said, updates)
    if role != "system":
        for one in _texts(message.get("files")):
            if one not in files:
                files.add(one)
                attached(said, {"name": one})
    for file in objects(message.get("files")):
        _file(said, file)
    return Turn(role, said, moment(message.get("createdAt")), text(mapping(message.get("routerMetadata")).get("model")))


def _streamed(updates: list[Mapping[str, Any]]) -> str:
    """Thoughts as they came."""
    return "".join(text(one.get("token")) for one in updates if one.get("type") == "reasoning")


def _last(updates: list[Mapping[str, Any]]) -> str:
    return next((text(one.get("text")) for one in reversed(updates) if one.get("type") == "finalAnswer"), "")


def _did(said: Said, updates: list[Mapping[str, Any]]) -> None:
    """What came beside the words: tools, pages that were found, files that were made."""
    failed = {text(one.get("uuid")): text(one.get("message")) for one in updates if one.get("subtype") == "error"}
    for one in updates:
        kind = one.get("type")
        if kind == "tool" and one.get("subtype") == "call":
            said.tool(text(mapping(one.get("call")).get("name")), failed.get(text(one.get("uuid")), ""))
        elif kind == "webSearch":
            cited(said, one.get("sources"))
        elif kind == "file":
            attached(said, one)


def _file(said: Said, file: Mapping[str, Any]) -> None:
    if text(file.get("mime")).startswith("image/") and file.get("type") == "base64":
        picture_bytes(said, file.get("value"), text(file.get("name")))
    else:
        attached(said, file)


def _texts(value: Any) -> Iterator[str]:
    return (one for one in value if isinstance(one, str)) if isinstance(value, list) else iter(())
