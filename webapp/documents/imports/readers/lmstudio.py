"""LM Studio's `….conversation.json`: one conversation, every message of it in all its versions.

An answer is made of steps: blocks of text, or of thoughts, and what tools were asked and gave.
"""

from collections.abc import Mapping
from typing import Any, Final

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, content, tool_name
from webapp.documents.imports.readers.turns import Turn, Versions, laid, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

_PROMPT: Final = "llm.prediction.systemPrompt"


def is_lmstudio(value: Any) -> bool:
    return accepts(value, messages=list) and any(accepts(one, versions=list) for one in value["messages"])


def read_lmstudio(value: Any) -> Document:
    began = moment(value.get("createdAt"))
    found = laid((_place(one) for one in objects(value["messages"])), Clock(began))
    return document(
        name(value.get("createdAt")) if began else None,  # the file is called by it
        value.get("name"),
        found.messages,
        leaf=found.leaf,
        created_at=began,
        updated_at=moment(value.get("assistantLastMessagedAt")) or moment(value.get("userLastMessagedAt")),
        model=text(mapping(value.get("lastUsedModel")).get("identifier")),
        system_prompt=text(value.get("systemPrompt")) or _configured(value),
        pinned=value.get("pinned") is True,
    )


def _configured(value: Mapping[str, Any]) -> str:
    fields = objects(mapping(value.get("perChatPredictionConfig")).get("fields"))
    return next((text(one.get("value")) for one in fields if one.get("key") == _PROMPT), "")


def _place(message: Mapping[str, Any]) -> Versions:
    turns = [_turn(one) for one in objects(message.get("versions"))]
    selected = message.get("currentlySelected")
    return Versions(turns, selected if isinstance(selected, int) else 0)


def _turn(version: Mapping[str, Any]) -> Turn:
    said, role = Said(), role_of(version.get("role")) or "assistant"
    _content(said, version.get("content"), is_answer=role == "assistant")
    model = text(mapping(version.get("senderInfo")).get("senderName"))
    for step in objects(version.get("steps")):
        if step.get("type") == "citationBlock":
            said.missing("File", text(step.get("fileName")))
        if step.get("type") != "contentBlock":
            continue
        if mapping(step.get("style")).get("type") == "thinking":
            said.thought(
                "".join(text(one.get("text")) for one in objects(step.get("content")) if not one.get("isStructural"))
            )
        else:
            _content(said, step.get("content"), is_answer=True)
        model = model or text(mapping(step.get("genInfo")).get("identifier"))
    return Turn(role, said, moment(version.get("createdAt")), model)


def _content(said: Said, parts: Any, *, is_answer: bool) -> None:
    """The texts of a block are one text; between them may stand files and tools."""
    words = ""
    for part in objects(parts):
        if part.get("type") == "text":
            words += text(part.get("text"))
            continue
        content(said, words, is_answer=is_answer)
        words = ""
        if part.get("type") == "file":
            attached(said, part)
        elif part.get("type") == "toolCallRequest":
            said.tool(tool_name(part))
        elif part.get("type") != "toolCallResult":
            said.missing("Part", text(part.get("type")))
    content(said, words, is_answer=is_answer)
