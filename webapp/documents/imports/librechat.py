"""LibreChat's export: one conversation a file, its messages as a list or, where that was asked for, as a tree."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document, DocumentMessage
from webapp.documents.imports.librechat_parts import said_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text, without_skipped
from webapp.documents.imports.times import Clock, moment

_ROOT: Final = "00000000-0000-0000-0000-000000000000"


def is_librechat(value: Any) -> bool:
    """Others write a `conversationId` and `messages` as well, without ids like these and without saying who began."""
    if not accepts(value, conversationId=str):
        return False
    messages = list(objects(value.get("messagesTree") or value.get("messages")))
    if not messages:
        return accepts(value, endpoint=str) and ("messages" in value or "messagesTree" in value)
    return any(
        accepts(one, messageId=str) and (accepts(one, isCreatedByUser=bool) or accepts(one, parentMessageId=str))
        for one in messages
    )


def read_librechat(value: Any) -> Document:
    options = mapping(value.get("options"))
    rows = list(_flat(value.get("messagesTree") or value.get("messages")))
    parents, read = dict[str, str | None](), list[DocumentMessage]()
    clock = Clock(*(moment(one.get("createdAt")) for _, one in rows))
    for place, (above, one) in enumerate(rows):
        key = name(one.get("messageId")) or f"message {place}"
        parents[key] = above or _parent(one)
        if (message := _message(key, one, clock)) is not None:
            read.append(message)
    messages, _ = without_skipped(read, parents)
    return document(
        name(value.get("conversationId")),
        value.get("title"),
        messages,
        model=text(options.get("model")),
        system_prompt=text(options.get("promptPrefix")) or text(options.get("system")),
    )


def _flat(messages: Any) -> Iterator[tuple[str | None, Mapping[str, Any]]]:
    """All messages, parents before their children, each with the id of the one around it."""
    waiting: list[tuple[str | None, Mapping[str, Any]]] = [(None, one) for one in objects(messages)]
    waiting.reverse()
    while waiting:
        above, one = waiting.pop()
        yield above, one
        children = list(objects(one.get("children")))
        waiting += [(name(one.get("messageId")), child) for child in reversed(children)]


def _parent(message: Mapping[str, Any]) -> str | None:
    named = name(message.get("parentMessageId"))
    return None if named == _ROOT else named


def _message(key: str, message: Mapping[str, Any], clock: Clock) -> DocumentMessage | None:
    is_user = message.get("isCreatedByUser") is True or text(message.get("sender")).lower() == "user"
    said, error = said_of(message)
    if not said.has_words and not error:
        return None
    is_cut = message.get("unfinished") is True or (error and said.has_words)
    return said.message(
        key,
        "user" if is_user else "assistant",
        clock.at(moment(message.get("createdAt"))),
        status="interrupted" if is_cut else "failed" if error else "complete",
        error_message=error,
        model="" if is_user else text(message.get("model")),
    )
