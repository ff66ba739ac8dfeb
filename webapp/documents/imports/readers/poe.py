"""Poe: what exporters write of a chat with one of its bots."""

from collections.abc import Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, content
from webapp.documents.imports.readers.turns import Turn, in_turn, role_of
from webapp.documents.imports.reading import accepts, document, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_poe(value: Any) -> bool:
    return accepts(value, bot=str, messages=list) and any(
        accepts(one, sender=str, text=str) for one in value["messages"]
    )


def read_poe(value: Any) -> Document:
    turns = [_turn(one, value["bot"]) for one in objects(value["messages"])]
    times = [one.when for one in turns if one.when]
    return document(
        name(value.get("id")),
        value.get("title"),
        in_turn(turns, Clock(*times)),
        created_at=min(times, default=None),
        model=value["bot"],
    )


def _turn(message: Mapping[str, Any], bot: str) -> Turn:
    said, role = Said(), role_of(message.get("sender")) or "assistant"
    content(said, message.get("text"), is_answer=role == "assistant")
    for one in objects(message.get("attachments")):
        attached(said, one)
    return Turn(role, said, moment(message.get("timestamp")), text(message.get("model")) or bot)
