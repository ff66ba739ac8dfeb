"""Google AI Studio's files in Google Drive: one for each conversation, whose turns are cut into chunks."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from webapp.conversations.messages import title_from
from webapp.documents.document import Document
from webapp.documents.imports import marks
from webapp.documents.imports.marks import Kind
from webapp.documents.imports.readers.parts import cited, picture_bytes
from webapp.documents.imports.readers.turns import Turn, in_turn
from webapp.documents.imports.reading import accepts, document, mapping, objects, text
from webapp.documents.imports.said import Said
from webapp.documents.imports.times import Clock, moment

_IN_DRIVE: Final[dict[str, Kind]] = {
    "driveImage": "Image", "driveDocument": "File", "driveAudio": "Audio", "driveVideo": "Video"
}  # fmt: skip
_MEDIA: Final[dict[str, Kind]] = {"image": "Image", "audio": "Audio", "video": "Video", "file": "File"}
_ABOUT: Final = frozenset({"grounding", "branchParent", "functionResponse", "youtubeVideo", "citationMetadata"})
_INLINE: Final = ("inlineImage", "inlineFile", "inlineData")
_BESIDE: Final = ("executableCode", "codeExecutionResult", "functionCall", *_INLINE)


def is_aistudio(value: Any) -> bool:
    return accepts(value, chunkedPrompt=dict) and isinstance(value["chunkedPrompt"].get("chunks"), list)


def read_aistudio(value: Any) -> Document:
    chunks = list(objects(value["chunkedPrompt"]["chunks"]))
    times = [when for one in chunks if (when := moment(one.get("createTime")))]
    model = text(mapping(value.get("runSettings")).get("model")).removeprefix("models/")
    return document(
        None,
        title_from(_first_words(chunks)),
        in_turn(_turns(chunks, model), Clock(*times)),
        created_at=min(times, default=None),
        model=model,
        system_prompt=_instruction(value.get("systemInstruction")),
    )


def _turns(chunks: list[Mapping[str, Any]], model: str) -> Iterator[Turn]:
    """An answer is all chunks up to the next question. A question is a text with all that is sent before it."""
    begun: Turn | None = None
    for chunk in chunks:
        turn = _turn(chunk, model)
        if begun is not None and begun.role == turn.role:
            begun.said.add(turn.said)
            turn = turn._replace(said=begun.said, when=turn.when or begun.when, error=turn.error or begun.error)
        elif begun is not None:
            yield begun
        begun = turn
        if turn.role == "user" and (chunk.get("text") or chunk.get("parts")):
            yield begun
            begun = None
    if begun is not None:
        yield begun


def _turn(chunk: Mapping[str, Any], model: str) -> Turn:
    said, is_asked = Said(), chunk.get("role") == "user"
    _words(said, chunk)
    for key, kind in _IN_DRIVE.items():
        if key in chunk:
            said.missing(kind)
    if video := text(mapping(chunk.get("youtubeVideo")).get("id")):
        said.text(f"https://www.youtube.com/watch?v={video}")
    if said.is_empty:
        _unknown(said, chunk)
    cited(said, mapping(chunk.get("grounding")).get("groundingSources"))
    when, error = moment(chunk.get("createTime")), text(chunk.get("errorMessage"))
    return Turn("user" if is_asked else "assistant", said, when, model, error)


def _unknown(said: Said, chunk: Mapping[str, Any]) -> None:
    """Names what a chunk has in place of words."""
    for key, value in chunk.items():
        if isinstance(value, dict) and key not in _ABOUT:
            kind = next((one for word, one in _MEDIA.items() if word in key.lower()), None)
            said.missing(kind) if kind else said.missing("Part", key)


def _words(said: Said, chunk: Mapping[str, Any]) -> None:
    """The text of a chunk, which can be in its parts alone, and what is beside it."""
    words, parts = text(chunk.get("text")), list(objects(chunk.get("parts")))
    if words:
        said.thought(words) if chunk.get("isThought") is True else said.text(words)
    else:
        said.thought(_joined(chunk, is_thought=True))
        said.text(_joined(chunk, is_thought=False))
    for one in [chunk] if any(key in chunk for key in _BESIDE) else parts:
        _made(said, one)


def _joined(chunk: Mapping[str, Any], *, is_thought: bool) -> str:
    parts = (one for one in objects(chunk.get("parts")) if (one.get("thought") is True) == is_thought)
    return "".join(text(one.get("text")) for one in parts)


def _made(said: Said, part: Mapping[str, Any]) -> None:
    """Code that was run, what it gave, and files that are in the file itself."""
    if call := mapping(part.get("functionCall")):
        said.tool(text(call.get("name")))
    code, result = mapping(part.get("executableCode")), mapping(part.get("codeExecutionResult"))
    if code:
        said.text(marks.fenced(text(code.get("code")), text(code.get("language")).lower()))
    if result:
        said.text(marks.fenced(text(result.get("output")) or text(result.get("outcome"))))
    for key in _INLINE:
        inline = mapping(part.get(key))
        kind = text(inline.get("mimeType"))
        if kind.startswith("image/"):
            picture_bytes(said, inline.get("data"))
        elif inline:
            said.missing("File", kind)


def _first_words(chunks: list[Mapping[str, Any]]) -> str:
    """What is asked first: prompts have no title but the name of their file."""
    asked = (one for one in chunks if one.get("role") == "user")
    return next((words for one in asked if (words := text(one.get("text")) or _joined(one, is_thought=False))), "")


def _instruction(value: Any) -> str:
    about = mapping(value)
    return text(about.get("text")) or "\n\n".join(text(one.get("text")) for one in objects(about.get("parts")))
