"""ShareGPT: `conversations` of turns that have a `from` and a `value`, as data sets are passed around."""

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from webapp.documents.document import Document
from webapp.documents.imports.readers.openai import is_message, turns_of
from webapp.documents.imports.readers.parts import content, tool_name
from webapp.documents.imports.readers.turns import Turn, in_turn, instructions, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import BETWEEN, Said
from webapp.documents.imports.times import Clock


def is_sharegpt(value: Any) -> bool:
    if not accepts(value, conversations=list) or not value["conversations"]:
        return False
    first = value["conversations"][0]
    return (accepts(first, value=str) and "from" in first) or is_message(first)


def read_sharegpt(value: Any) -> Document:
    turns = list(objects(value["conversations"]))
    if is_message(turns[0]):
        system, said = turns_of(turns)
    else:
        system, said = instructions(list(_turns(turns)))
    return document(
        name(value.get("id")),
        value.get("title"),
        in_turn(said, Clock()),
        model=text(value.get("model")),
        system_prompt=BETWEEN.join(filter(None, [text(value.get("system")), system])),
    )


def _turns(turns: list[Mapping[str, Any]]) -> Iterator[Turn]:
    for one in turns:
        said, origin, words = Said(), text(one.get("from")), one.get("value") or one.get("text") or one.get("content")
        role = role_of(origin)
        if origin == "function_call":
            said.tool(_called(text(words)))
            yield Turn("assistant", said, goes_on=True)
        elif origin not in ("observation", "tool", "function_response"):
            if role is None:
                said.missing("Part", origin)
            content(said, words, is_answer=role != "user")
            yield Turn(role or "assistant", said)


def _called(words: str) -> str:
    try:
        return tool_name(mapping(msgspec.json.decode(words)))
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return ""
