"""T3 Chat's export: threads and messages in two tables."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, content, problem
from webapp.documents.imports.readers.turns import Turn, in_time, in_turn, instructions, role_of
from webapp.documents.imports.reading import accepts, document, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_t3chat(value: Any) -> bool:
    return accepts(value, threads=list, messages=list) and all(
        accepts(one, threadId=str) for one in value["messages"][:1]
    )


def split_t3chat(value: Any) -> Iterator[Any]:
    """The threads, each with its messages; those whose thread isn't there are one by themselves."""
    threads = {text(one.get("threadId")) or text(one.get("id")): one for one in objects(value["threads"])}
    said = dict[str, list[Mapping[str, Any]]]()
    for one in objects(value["messages"]):
        said.setdefault(text(one.get("threadId")), []).append(one)
    return (
        {"key": key, "thread": threads.get(key, {}), "messages": said.get(key, [])}
        for key in dict.fromkeys([*threads, *said])
    )


def read_t3chat(value: Any) -> Document:
    thread = value["thread"]
    began = moment(thread.get("created_at")) or moment(thread.get("createdAt"))
    rows = in_time(value["messages"], "created_at", "createdAt")
    system, turns = instructions([_turn(one) for one in rows])
    return document(
        name(value["key"]),
        thread.get("title"),
        in_turn(turns, Clock(began)),
        created_at=began,
        updated_at=moment(thread.get("updated_at")),
        model=text(thread.get("model")),
        system_prompt=system,
        pinned=thread.get("pinned") is True,
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    said, role = Said(), role_of(message.get("role")) or "assistant"
    said.thought(text(message.get("reasoning")))
    content(said, message.get("content"), is_answer=role == "assistant")
    for one in objects(message.get("attachments")):
        attached(said, one)
    failed = message.get("status") == "error"
    error = problem(message.get("serverError")) or ("No answer came." if failed else "")
    when = moment(message.get("created_at")) or moment(message.get("createdAt"))
    return Turn(
        role,
        said,
        when,
        text(message.get("model")),
        error,
        key=text(message.get("id")) or text(message.get("messageId")),
    )
