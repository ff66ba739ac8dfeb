"""Msty: one conversation, and those beside it to which the same was said."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import content
from webapp.documents.imports.readers.turns import Turn, in_turn, instructions, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_msty(value: Any) -> bool:
    return accepts(value, conversation=dict, splitChats=list) and accepts(value["conversation"], messages=list)


def split_msty(value: Any) -> Iterator[Any]:
    whole = {"title": value.get("title"), "id": value.get("id")}
    yield {**whole, **value["conversation"]}
    for one in objects(value["splitChats"]):
        yield {"title": value.get("title"), **one, **mapping(one.get("conversation"))}


def read_msty(value: Any) -> Document:
    system, turns = instructions([_turn(one) for one in objects(value.get("messages"))])
    return document(
        name(value.get("id")),
        value.get("title"),
        in_turn(turns, Clock(*(one.when for one in turns))),
        model=text(value.get("model")),
        system_prompt=system,
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    said, role = Said(), role_of(message.get("role")) or "assistant"
    content(said, message.get("text") or message.get("content"), is_answer=role == "assistant")
    when = moment(message.get("createdAt")) or moment(message.get("timestamp"))
    return Turn(role, said, when, text(message.get("model")))
