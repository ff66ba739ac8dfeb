"""TypingMind's export: all chats in one object. In one place of a chat several models can have answered."""

from collections.abc import Iterator, Mapping
from typing import Any

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import cited, content, problem, tools
from webapp.documents.imports.readers.turns import Turn, Versions, laid, only_tools, role_of
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment


def is_typingmind(value: Any) -> bool:
    if _is_chat(value):
        return True
    return accepts(value, data=dict) and "schemaHash" not in value and accepts(value["data"], chats=list)


def _is_chat(value: Any) -> bool:
    return accepts(value, messages=list) and (accepts(value, chatID=str) or accepts(value, chatTitle=str))


def split_typingmind(value: Any) -> Iterator[Any]:
    return iter([value]) if _is_chat(value) else objects(value["data"]["chats"])


def read_typingmind(value: Any) -> Document:
    began, model = moment(value.get("createdAt")), text(value.get("model"))
    found = laid((_place(one, model) for one in objects(value.get("messages"))), Clock(began))
    return document(
        name(value.get("chatID")) or name(value.get("id")),
        value.get("chatTitle"),
        found.messages,
        leaf=found.leaf,
        created_at=began,
        updated_at=moment(value.get("updatedAt")),
        model=model,
        system_prompt=text(mapping(value.get("chatParams")).get("systemMessage")),
    )


def _place(message: Mapping[str, Any], model: str) -> Versions:
    """What stands in one place: a message, or the answers of several models, each with messages of its own."""
    answers = list(objects(message.get("responses")))
    if not answers:
        return Versions([_turn(message, model)])
    chosen = [one.get("model") for one in answers].index(main) if (main := _main(message, answers)) else 0
    return Versions([_answer(one, model, text(message.get("uuid"))) for one in answers], chosen)


def _main(message: Mapping[str, Any], answers: list[Mapping[str, Any]]) -> str:
    """The model whose answer is gone on with, if it is among those that have answered."""
    main = text(message.get("mainResponseModel"))
    return main if any(one.get("model") == main for one in answers) else ""


def _answer(response: Mapping[str, Any], model: str, key: str) -> Turn:
    turns = [_turn(one, text(response.get("model")) or model) for one in objects(response.get("messages"))]
    said = Said()
    for one in turns:
        said.add(one.said)
    error = next((one.error for one in turns if one.error), "")
    when = next((one.when for one in turns), None)
    return Turn("assistant", said, when, text(response.get("model")) or model, error, key=key)


def _turn(message: Mapping[str, Any], model: str) -> Turn:
    said, role = Said(), role_of(message.get("role"))
    when, model = moment(message.get("createdAt")), text(message.get("model")) or model
    if role is None:  # what a tool returned: the call has been named
        return Turn("assistant", said, when)
    said.thought(text(message.get("reasoning_content")))
    content(said, message.get("content"), is_answer=role == "assistant")
    cited(said, message.get("annotations"))
    tools(said, message.get("tool_calls"))
    error, key = problem(message.get("error")), text(message.get("uuid"))
    return Turn(role, said, when, model, error, goes_on=only_tools(said), key=key)
