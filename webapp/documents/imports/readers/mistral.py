"""Mistral's Le Chat: `chat-….json` for each conversation, a list of messages in no order."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, cited, content, last_of
from webapp.documents.imports.readers.turns import Role, Turn, in_time, in_turn, role_of
from webapp.documents.imports.reading import accepts, document, mapping, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_mistral(value: Any) -> bool:
    return accepts(value, chatId=str, role=str, createdAt=str) and ("contentChunks" in value or "version" in value)


def split_mistral(value: Any) -> Iterator[Any]:
    """The messages of each chat, oldest first."""
    chats = dict[str, list[Any]]()
    for one in value:
        if is_mistral(one):
            chats.setdefault(one["chatId"], []).append(one)
    return (in_time(chat, "createdAt") for chat in chats.values())


def read_mistral(value: Any) -> Document:
    began = moment(value[0]["createdAt"])
    turns = in_turn((_turn(one) for one in value), Clock(began))
    return document(text(value[0]["chatId"])[:200] or None, "", turns, created_at=began)


def _turn(message: Mapping[str, Any]) -> Turn:
    said, is_asked = Said(), role_of(message["role"]) == "user"
    chunks = list(objects(message.get("contentChunks")))
    for one in chunks:
        if one.get("type") == "tool_call":
            said.tool(text(one.get("name")))
            cited(said, mapping(one.get("publicResult")).get("results"))
            cited(said, mapping(one.get("publicResult")).get("references"))
        elif one.get("type") == "thinking":
            said.thought("".join(text(part.get("text")) for part in objects(one.get("thinking"))))
    quotes = message.get("quotes")
    for quote in quotes if isinstance(quotes, list) else ():
        _quote(said, text(quote) or text(mapping(quote).get("text")) or text(mapping(quote).get("content")))
    # The text stands in the message whole, and once more cut where it refers to something.
    said_in_chunks = "".join(text(one.get("text")) for one in chunks if one.get("type") == "text")
    content(said, text(message.get("content")) or said_in_chunks, is_answer=not is_asked)
    for one in chunks:
        _beside(said, one)
    for one in objects(message.get("canvas")):
        said.block(text(one.get("title")), text(one.get("content")), "")
    for one in objects(message.get("files")):
        attached(said, one)
    role: Role = "user" if is_asked else "assistant"
    when, model = moment(message["createdAt"]), text(message.get("model"))
    return Turn(role, said, when, model, key=text(message.get("id")))


def _quote(said: Said, words: str) -> None:
    """What a question is about, out of an answer before."""
    said.text("\n".join(f"> {line}" for line in words.splitlines()))


def _beside(said: Said, chunk: Mapping[str, Any]) -> None:
    kind = text(chunk.get("type"))
    if kind == "image_url":
        said.missing("Image", last_of(text(chunk.get("imageUrl"))))
    elif kind not in ("text", "tool_call", "thinking", "reference"):
        said.missing("Part", kind)
