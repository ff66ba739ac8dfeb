"""Jan: `messages.jsonl` of a thread, as the Assistants API had messages."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import content, problem
from webapp.documents.imports.readers.turns import Turn, in_time, in_turn, instructions, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_jan(value: Any) -> bool:
    return accepts(value, thread_id=str, role=str, content=list) and value.get("object") == "thread.message"


def split_jan(value: Any) -> Iterator[Any]:
    """The messages of each thread, oldest first."""
    threads = dict[str, list[Any]]()
    for one in value:
        if is_jan(one):
            threads.setdefault(one["thread_id"], []).append(one)
    return (in_time(thread, "created_at") for thread in threads.values())


def read_jan(value: Any) -> Document:
    system, turns = instructions([_turn(one) for one in value])
    began = moment(value[0].get("created_at"))
    return document(
        name(value[0]["thread_id"]), "", in_turn(turns, Clock(began)), created_at=began, system_prompt=system
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    said, role, about = Said(), role_of(message["role"]) or "assistant", mapping(message.get("metadata"))
    content(said, message["content"], is_answer=role == "assistant")
    model = text(about.get("model")) or text(about.get("modelId"))
    when, error = moment(message.get("created_at")), problem(about.get("error"))
    return Turn(role, said, when, model, error, key=text(message.get("id")))
