"""big-AGI's backups: all conversations, or one, whose messages are fragments; of old, plain texts."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports import marks
from webapp.documents.imports.readers.parts import cited, content
from webapp.documents.imports.readers.turns import Turn, in_turn, instructions, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

Row = Mapping[str, Any]


def is_bigagi(value: Any) -> bool:
    return _is_chat(value) or (
        accepts(value, conversations=list) and any(_is_chat(one) for one in value["conversations"])
    )


def _is_chat(value: Any) -> bool:
    if not accepts(value, messages=list):
        return False
    said = value["messages"]
    return "systemPurposeId" in value or any(accepts(one, fragments=list, role=str) for one in said)


def split_bigagi(value: Any) -> Iterator[Any]:
    return iter([value]) if _is_chat(value) else (one for one in value["conversations"] if _is_chat(one))


def read_bigagi(value: Any) -> Document:
    began = moment(value.get("created"))
    system, turns = instructions([_turn(one) for one in objects(value["messages"])])
    return document(
        name(value.get("id")),
        value.get("userTitle") or value.get("autoTitle"),
        in_turn(turns, Clock(began)),
        created_at=began,
        updated_at=moment(value.get("updated")),
        system_prompt=system,
        archived=value.get("isArchived") is True,
    )


def _turn(message: Row) -> Turn:
    said, role = Said(), role_of(message.get("role")) or "assistant"
    content(said, message.get("text"), is_answer=role == "assistant")
    error = ""
    for fragment in objects(message.get("fragments")):
        part = mapping(fragment.get("part"))
        if part.get("pt") == "error":
            error = text(part.get("error")) or "No answer came."
        else:
            _part(said, part, text(fragment.get("title")), is_answer=role == "assistant")
    generator = mapping(message.get("generator"))
    model = text(generator.get("name")) or text(message.get("originLLM"))
    return Turn(role, said, moment(message.get("created")), model, error, key=text(message.get("id")))


def _part(said: Said, part: Row, title: str, *, is_answer: bool) -> None:
    kind = text(part.get("pt"))
    if kind == "text":
        content(said, part.get("text"), is_answer=is_answer)
    elif kind == "ma":
        said.thought(text(part.get("aText")))
    elif kind == "annotations":
        cited(said, part.get("annotations"))
    elif kind == "tool_invocation":
        call = mapping(part.get("invocation"))
        said.tool(text(call.get("name")) or text(call.get("type")))
    elif kind == "doc":
        meta = mapping(part.get("meta"))
        named = title or text(part.get("l1Title")) or text(meta.get("srcFileName"))
        said.block(
            f"File: {marks.line(named)}", text(mapping(part.get("data")).get("text")), text(meta.get("codeLanguage"))
        )
    elif kind in ("image_ref", "reference"):
        audio = part.get("assetType") == "audio"
        said.missing("Audio" if audio else "Image", text(part.get("altText")) or title)
    elif kind not in ("tool_response", "ph"):
        said.missing("Part", kind)
