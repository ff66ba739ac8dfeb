"""NextChat's backup of what the browser stores: sessions with their messages, each in a list."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import content, tools
from webapp.documents.imports.readers.turns import Turn, in_turn, instructions, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

_STORE: Final = "chat-next-web-store"


def is_nextchat(value: Any) -> bool:
    return accepts(value, **{_STORE: dict}) and accepts(value[_STORE], sessions=list)


def split_nextchat(value: Any) -> Iterator[Any]:
    return objects(value[_STORE]["sessions"])


def read_nextchat(value: Any) -> Document:
    mask = mapping(value.get("mask"))
    shown = [*objects(mask.get("context")), *objects(value.get("messages"))]
    system, turns = instructions([_turn(one) for one in shown])
    return document(
        name(value.get("id")),
        value.get("topic"),
        in_turn(turns, Clock(*(one.when for one in turns), moment(value.get("lastUpdate")))),
        updated_at=moment(value.get("lastUpdate")),
        model=text(mapping(mask.get("modelConfig")).get("model")),
        system_prompt=system,
    )


def _turn(message: Mapping[str, Any]) -> Turn:
    said, role = Said(), role_of(message.get("role")) or "assistant"
    when, model = moment(message.get("date")), text(message.get("model"))
    if message.get("isError") is True:
        return Turn(
            role, said, when, model, text(message.get("content")) or "No answer came.", key=text(message.get("id"))
        )
    content(said, message.get("content"), is_answer=role == "assistant")
    tools(said, message.get("tools"))
    if text(message.get("audio_url")):
        said.missing("Audio")
    return Turn(role, said, when, model, key=text(message.get("id")))
