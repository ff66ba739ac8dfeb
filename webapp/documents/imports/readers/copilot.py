"""GitHub Copilot in VS Code: "Chat: Export Chat", requests with a response of pieces of many kinds."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.documents.document import Document
from webapp.documents.imports.readers.parts import attached, problem
from webapp.documents.imports.readers.turns import Turn, in_turn
from webapp.documents.imports.reading import accepts, document, mapping, name, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

_WORDS: Final = frozenset({"", "markdownContent", "markdownVuln"})
_TOOLS: Final = frozenset({"toolInvocation", "toolInvocationSerialized"})
_EDITS: Final = frozenset({"textEditGroup", "notebookEditGroup"})
_SILENT: Final = frozenset({
    "codeblockUri", "confirmation", "mcpServersStarting", "prepareToolInvocation", "progressMessage", "progressTask",
    "progressTaskSerialized", "undoStop", "warning",
})  # fmt: skip

Row = Mapping[str, Any]


def is_copilot(value: Any) -> bool:
    return accepts(value, requests=list) and any(
        accepts(one, message=dict) and "response" in one for one in value["requests"]
    )


def read_copilot(value: Any) -> Document:
    turns = [turn for one in objects(value["requests"]) for turn in _turns(one)]
    times = [one.when for one in turns if one.when]
    began = moment(value.get("creationDate")) or min(times, default=None)
    return document(
        name(value.get("sessionId")),
        value.get("customTitle"),
        in_turn(turns, Clock(began)),
        created_at=began,
        updated_at=moment(value.get("lastMessageDate")),
    )


def _turns(request: Row) -> Iterator[Turn]:
    asked, answer, when = Said(), Said(), moment(request.get("timestamp"))
    message = mapping(request.get("message"))
    parts = (text(one.get("text")) for one in objects(message.get("parts")))
    asked.text(text(message.get("text")) or "".join(parts))
    for one in objects(mapping(request.get("variableData")).get("variables")):
        attached(asked, one)
    _response(answer, request.get("response"))
    error = problem(mapping(request.get("result")).get("errorDetails"))
    yield Turn("user", asked, when)
    yield Turn("assistant", answer, when, text(request.get("modelId")).removeprefix("copilot/"), error)


def _response(answer: Said, pieces: Any) -> None:
    """Words come in pieces that are one text, with names of files within it; other pieces stand between."""
    words = ""
    for piece in objects(pieces):
        kind = text(piece.get("kind"))
        if kind in _WORDS:
            words += text(piece.get("value")) or text(mapping(piece.get("content")).get("value"))
        elif kind == "inlineReference":
            words += f"`{_reference(piece)}`"
        elif kind not in _SILENT:
            answer.text(words)
            words = ""
            _other(answer, kind, piece)
    answer.text(words)


def _reference(piece: Row) -> str:
    inner = mapping(piece.get("inlineReference"))
    path = text(inner.get("path")) or text(mapping(inner.get("uri")).get("path"))
    return text(piece.get("name")) or text(inner.get("name")) or path.rpartition("/")[2] or "file"


def _other(answer: Said, kind: str, piece: Row) -> None:
    if kind == "thinking":
        answer.thought(text(piece.get("value")))
    elif kind in _TOOLS:
        answer.tool(text(piece.get("toolId")) or text(mapping(piece.get("invocationMessage")).get("value")))
    elif kind in _EDITS:
        answer.missing("Part", f"edit of {text(mapping(piece.get('uri')).get('path')).rpartition('/')[2]}")
    else:
        answer.missing("Part", kind)
