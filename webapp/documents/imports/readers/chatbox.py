"""Chatbox's backup: sessions under keys of their own, or of old in one list.

Threads that a session has put behind it are conversations by themselves. Where it was forked, the other ways are kept
by the message from which they go.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.readers.parts import attached, cited, content, problem
from webapp.documents.imports.readers.turns import Turn, role_of
from webapp.documents.imports.reading import accepts, document, made_id, mapping, name, objects, text, without_skipped
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

_SESSION: Final = "session:"
Row = Mapping[str, Any]


def is_chatbox(value: Any) -> bool:
    return _is_session(value) or accepts(value, __exported_items=list) or accepts(value, **{"chat-sessions-list": list})


def _is_session(value: Any) -> bool:
    return accepts(value, messages=list) and any(accepts(one, contentParts=list) for one in value["messages"])


def split_chatbox(value: Any) -> Iterator[Any]:
    """Each session, and before it the threads that it has ended."""
    if _is_session(value):
        value = {_SESSION: value}
    own = [one for key, one in value.items() if key.startswith(_SESSION) and isinstance(one, dict)]
    for session in [*own, *objects(value.get("chat-sessions"))]:
        yield session
        for thread in objects(session.get("threads")):
            forks = session.get("messageForksHash")
            yield {**thread, "messageForksHash": forks, "starred": session.get("starred")}


def read_chatbox(value: Any) -> Document:
    rows, parents = _rows(value)
    system = next((key for key, row in rows.items() if row.get("role") == "system"), None)
    clock = Clock(moment(value.get("createdAt")), *(moment(row.get("timestamp")) for row in rows.values()))
    read = list[DocumentMessage]()
    for key, row in rows.items():
        turn = _turn(row)
        if key != system and not turn.is_empty:
            read.append(turn.message(key, clock))
    messages, skipped = without_skipped(read, parents)
    last = name((list(objects(value.get("messages"))) or [{}])[-1].get("id"))
    return document(
        name(value.get("id")),
        value.get("name"),
        messages,
        leaf=skipped.kept_at(last),
        system_prompt=_turn(rows[system]).said.content if system else "",
        pinned=value.get("starred") is True,
    )


def _rows(session: Row) -> tuple[dict[str, Row], dict[str, str | None]]:
    """All messages by their ids, and the one above each: those that are shown, then those of other ways."""
    rows, parents, keys = dict[str, Row](), dict[str, str | None](), list[str]()

    def add(messages: Any, above: str | None) -> None:
        for one in objects(messages):
            key = name(one.get("id")) or made_id(above, one.get("role"), len(rows))
            if key not in rows:
                rows[key], parents[key] = one, above
                keys.append(key)
            above = key

    add(session.get("messages"), None)
    forks, place = mapping(session.get("messageForksHash")), 0
    while place < len(keys):  # which grows: there are forks in forks
        for way in objects(mapping(forks.get(keys[place])).get("lists")):
            add(way.get("messages"), keys[place])
        place += 1
    return rows, parents


def _turn(message: Row) -> Turn:
    said, role = Said(), role_of(message.get("role")) or "assistant"
    said.thought(text(message.get("reasoningContent")))
    found = mapping(message.get("webBrowsing"))
    if found:
        said.tool("web_search")
        cited(said, found.get("links"))
    parts = list(objects(message.get("contentParts")))
    for part in parts:
        _part(said, part, is_answer=role == "assistant")
    if not any(text(part.get("text")) for part in parts):
        content(said, message.get("content"), is_answer=role == "assistant")
    for one in objects(message.get("pictures")):
        said.missing("Image", text(one.get("url")))
    for one in objects(message.get("files")):
        attached(said, one)
    for one in objects(message.get("links")):
        said.text(text(one.get("url")))
    return Turn(role, said, moment(message.get("timestamp")), text(message.get("model")), problem(message.get("error")))


def _part(said: Said, part: Row, *, is_answer: bool) -> None:
    kind = part.get("type")
    if kind == "tool-call":
        failed = problem(part.get("result")) or "It failed." if part.get("state") == "error" else ""
        said.tool(text(part.get("toolName")), failed)
        cited(said, mapping(part.get("result")).get("searchResults"))
    elif kind == "image":
        said.missing("Image")
    elif kind == "info":
        said.text(text(part.get("text")))
    else:
        content(said, [part], is_answer=is_answer)
